// Laws of `train`: what goes where, what is written, when it stops.
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/command.hpp"
#include "training/updates/registry.hpp"

namespace deltarule::test {
namespace {

using nlohmann::json;
using Names = std::vector<std::string>;

json last_event(const Outcome& outcome) {
  const Names lines = outcome.lines();
  if (lines.empty()) return {};
  return json::parse(lines.back(), nullptr, false);
}

std::string example(const std::string& name) {
  std::ifstream file(std::string(DELTARULE_SOURCE_DIR) + "/examples/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string case_file(const std::string& name) { return std::string(DELTARULE_SOURCE_DIR) + "/tests/cases/" + name; }

TEST(Train, OneOptionIsEnoughAndSaysWhatItPicked) {
  const Folder folder;
  folder.write("penguins.csv", example("penguins.csv"));
  const Outcome outcome = run(folder, {"train", "penguins.csv", "--target", "species"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "") << "standard output is for results";
  for (const char* word : {"344 rows", "8 columns", "19 missing cells", "multiclass", "Adelie", "--task", "--hidden",
                           "--learning-rate", "weights", "accuracy", "trivial", "linear", "verdict",
                           "penguins.safetensors", "digest", "deltarule predict penguins.safetensors penguins.csv"}) {
    EXPECT_NE(outcome.err.find(word), std::string::npos) << word << " in\n" << outcome.err;
  }
  EXPECT_EQ(folder.names(), (Names{"penguins.csv", "penguins.safetensors"}));
}

TEST(Train, JsonEventsBeginWithStartAndEndWithDone) {
  const Folder folder;
  folder.write("data.csv", two_classes(100));
  const Outcome outcome = run(folder, {"train", "data.csv", "--target", "kind", "--json", "--epochs", "20"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  std::size_t epochs = 0;
  const Names lines = outcome.lines();
  ASSERT_GE(lines.size(), 3U);
  for (const std::string& line : lines) {
    const json event = json::parse(line, nullptr, false);
    ASSERT_TRUE(event.is_object()) << line;
    epochs += event["event"] == "epoch" ? 1 : 0;
  }
  EXPECT_GE(epochs, 1U);
  const json start = json::parse(lines.front());
  EXPECT_EQ(start["event"], "start");
  EXPECT_EQ(start["schema"], "deltarule-events-1");
  EXPECT_EQ(start["rows"], 100);
  EXPECT_EQ(start["classes"], (json{"a", "b"}));
  EXPECT_EQ(start["split"]["test"], 20);
  const json done = last_event(outcome);
  EXPECT_EQ(done["event"], "done");
  EXPECT_EQ(done["test"]["rows"], 20);
  EXPECT_GE(done["test"]["metrics"]["accuracy"].get<double>(), 0.9);
  EXPECT_EQ(done["test"]["intervals"]["accuracy"].size(), 2U);
  EXPECT_TRUE(done["baseline"]["trivial"]["metrics"]["accuracy"].is_number()) << done.dump();
  EXPECT_TRUE(done["baseline"]["linear"]["metrics"]["accuracy"].is_number()) << done.dump();
  EXPECT_EQ(done["weights_digest"].get<std::string>().size(), 32U);
  EXPECT_EQ(done["model"], "data.safetensors");
}

TEST(Train, EqualRunsPrintEqualEventsAndWriteEqualFiles) {
  const Folder one, two;
  for (const Folder* folder : {&one, &two}) folder->write("data.csv", two_classes(100));
  const Names arguments = {"train", "data.csv", "--target", "kind", "--json", "--epochs", "10", "--seed", "7"};
  const Outcome first = run(one, arguments), second = run(two, arguments);
  ASSERT_EQ(first.code, 0) << first.err;
  EXPECT_EQ(first.out, second.out);
  EXPECT_EQ(one.read("data.safetensors"), two.read("data.safetensors"));
  EXPECT_GT(one.read("data.safetensors").size(), 100U);
}

TEST(Train, WithoutHeldOutRowsTheMeasureIsNotCalledTest) {
  const Folder folder;
  folder.write("xor.csv", xor_table());
  const Outcome outcome = run(folder, {"train", "xor.csv", "--target", "y", "--textbook", "--epochs", "5", "--json"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const json done = last_event(outcome);
  EXPECT_TRUE(done["test"].is_null()) << done.dump();
  EXPECT_EQ(done["measured_on"], "training");
  EXPECT_TRUE(done["training"]["metrics"].is_object()) << done.dump();
  EXPECT_NE(outcome.err.find("nothing is held out"), std::string::npos) << outcome.err;
}

TEST(Train, QuietSaysNothing) {
  const Folder folder;
  folder.write("data.csv", two_classes(60));
  const Outcome outcome = run(folder, {"train", "data.csv", "--target", "kind", "--epochs", "3", "--quiet"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.out + outcome.err, "");
  EXPECT_TRUE(folder.has("data.safetensors"));
}

TEST(Train, ProgressOffATerminalIsSparseLines) {
  const Folder folder;
  folder.write("data.csv", two_classes(60));
  const Names base = {"train", "data.csv", "--target", "kind", "--epochs", "200", "--patience", "0"};
  const Outcome outcome = run(folder, base);
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  std::size_t lines = 0;
  for (std::size_t at = outcome.err.find("  epoch "); at != std::string::npos;
       at = outcome.err.find("  epoch ", at + 1))
    ++lines;
  EXPECT_GE(lines, 10U);
  EXPECT_LE(lines, 20U) << outcome.err;
  EXPECT_EQ(outcome.err.find('\r'), std::string::npos);
  Names none = base;
  none.insert(none.end(), {"--progress", "none"});
  EXPECT_EQ(run(folder, none).err.find("  epoch "), std::string::npos);
}

TEST(Train, WithoutAnOutputNameTheNextFreeOneIsTaken) {
  const Folder folder;
  folder.write("data.csv", two_classes(60));
  const Names arguments = {"train", "data.csv", "--target", "kind", "--epochs", "2", "-q"};
  for (int i = 0; i < 3; ++i) EXPECT_EQ(run(folder, arguments).code, 0);
  EXPECT_EQ(folder.names(), (Names{"data-2.safetensors", "data-3.safetensors", "data.csv", "data.safetensors"}));
}

TEST(Train, ANamedFileIsNotOverwrittenWithoutForce) {
  const Folder folder;
  folder.write("data.csv", two_classes(60));
  folder.write("mine", "precious");
  Names arguments = {"train", "data.csv", "--target", "kind", "--epochs", "2", "-o", "mine"};
  const Outcome refused = run(folder, arguments);
  expect_error(refused, 5, {"mine", "exists", "--force"});
  EXPECT_EQ(refused.err.find("epoch"), std::string::npos) << "the place is checked before training";
  EXPECT_EQ(folder.read("mine"), "precious");
  arguments.emplace_back("--force");
  EXPECT_EQ(run(folder, arguments).code, 0);
  EXPECT_EQ(run(folder, {"inspect", "mine"}).code, 0);
}

TEST(Train, TheDataIsNeverTheOutput) {
  const Folder folder;
  folder.write("data.csv", two_classes(60));
  expect_error(run(folder, {"train", "data.csv", "--target", "kind", "-o", "data.csv", "--force"}), 2, {"data itself"});
  EXPECT_EQ(folder.read("data.csv"), two_classes(60));
}

TEST(Train, AnUnwritableOutputIsFoundBeforeTraining) {
  const Folder folder;
  folder.write("data.csv", two_classes(60));
  folder.write("file", "");
  for (const char* place : {"nowhere/m.safetensors", ".", "file/m.safetensors", "/proc/m.safetensors", "/dev/null"}) {
    const Outcome outcome = run(folder, {"train", "data.csv", "--target", "kind", "-o", place, "--force"});
    expect_error(outcome, 5, {place});
    EXPECT_EQ(outcome.err.find("epoch"), std::string::npos) << outcome.err;
  }
}

TEST(Train, DataFromStandardInputGivesAModelOfThatName) {
  const Folder folder;
  const Outcome outcome = run(folder, {"train", "-", "--target", "kind", "--epochs", "2"}, {.input = two_classes(60)});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(folder.names(), Names{"model.safetensors"});
}

TEST(Train, WhereTheDatasFolderCannotBeWrittenToTheCurrentOneTakesTheModel) {
  const Folder folder;
  const Outcome outcome =
      run(folder, {"train", "/proc/self/fd/0", "--target", "kind", "--epochs", "2"}, {.input = two_classes(60)});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_NE(outcome.err.find("the model goes to"), std::string::npos) << outcome.err;
  EXPECT_EQ(folder.names(), Names{"0.safetensors"});
}

TEST(Train, OddFileNamesWork) {
  const Folder folder;
  const std::string name = "it's a \"täble\" $HOME.csv";
  folder.write(name, two_classes(60));
  const Outcome outcome = run(folder, {"train", name, "--target", "kind", "--epochs", "2"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_TRUE(folder.has("it's a \"täble\" $HOME.safetensors"));
  EXPECT_NE(outcome.err.find("'it'\\''s a \"täble\" $HOME.csv'"), std::string::npos) << outcome.err;
}

TEST(Train, SeveralTargetsComeRepeatedOrInAList) {
  const Folder folder;
  std::string text = "a,b,s,d\n";
  for (int i = 0; i < 80; ++i) {
    const double a = 0.1 * (i % 9), b = 0.1 * (i % 7);
    text +=
        std::to_string(a) + "," + std::to_string(b) + "," + std::to_string(a + b) + "," + std::to_string(a - b) + "\n";
  }
  folder.write("data.csv", text);
  const Outcome list = run(folder, {"train", "data.csv", "--target", "s,d", "--epochs", "5", "-o", "list"});
  const Outcome repeated =
      run(folder, {"train", "data.csv", "--target", "s", "--target", "d", "--epochs", "5", "-o", "repeated"});
  ASSERT_EQ(list.code, 0) << list.err;
  ASSERT_EQ(repeated.code, 0) << repeated.err;
  EXPECT_EQ(folder.read("list"), folder.read("repeated"));
  const Outcome predicted = run(folder, {"predict", "list", "data.csv"});
  ASSERT_EQ(predicted.code, 0) << predicted.err;
  EXPECT_EQ(predicted.lines().front(), "prediction(s),prediction(d)");
  EXPECT_EQ(predicted.lines().size(), 81U);
}

TEST(Train, KnowsEveryRuleOfTheRegistry) {
  const Folder folder;
  folder.write("data.csv", straight_line(60));
  const std::string help = run(folder, {"train", "--help"}).out;
  std::size_t rules = 0;
  for (const auto& entry : training::update_rules()) {
    const std::string name(entry.name), model = "rule" + std::to_string(rules++);
    const Outcome outcome = run(
        folder, {"train", "data.csv", "--target", "y", "--epochs", "2", "--optimizer", name, "-o", model, "--json"});
    EXPECT_EQ(outcome.code, 0) << name << ": " << outcome.err;
    EXPECT_NE(help.find(name), std::string::npos) << name;
    std::istringstream account(outcome.err);
    for (std::string line; std::getline(account, line);) EXPECT_LE(line.size(), 80U) << line;
    const json inspected = json::parse(run(folder, {"inspect", model, "--json"}).out, nullptr, false);
    EXPECT_EQ(inspected["provenance"]["optimizer"], name) << inspected;
    for (const auto& setting : entry.settings) {
      const std::string known = inspected.dump();
      EXPECT_NE(known.find(std::string(setting.name)), std::string::npos) << name << ", " << setting.name;
    }
  }
  EXPECT_EQ(rules, std::variant_size_v<Optimizer>);
}

TEST(Train, QuickpropStaysFiniteOnClassesThatCanBeToldApart) {
  const Folder folder;
  folder.write("penguins.csv", example("penguins.csv"));
  const Outcome outcome = run(folder, {"train", "penguins.csv", "--target", "species", "--optimizer", "quickprop",
                                       "--epochs", "300", "--json"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_GE(last_event(outcome)["test"]["metrics"]["accuracy"], 0.9);
}

TEST(Train, AnExplodingRateEndsWithPlaceAndWithoutAModel) {
  const Folder folder;
  folder.write("data.csv", straight_line(100));
  const Outcome outcome = run(folder, {"train", "data.csv", "--target", "y", "--task", "regression", "--optimizer",
                                       "sgd", "--learning-rate", "1e30", "--progress", "none"});
  expect_error(outcome, 6, {"epoch", "batch", "layer", "--learning-rate"});
  EXPECT_EQ(folder.names(), Names{"data.csv"});
}

TEST(Train, ADivergedRunEndsItsEventsWithAnError) {
  const Folder folder;
  folder.write("data.csv", straight_line(100));
  const Outcome outcome = run(folder, {"train", "data.csv", "--target", "y", "--task", "regression", "--optimizer",
                                       "sgd", "--learning-rate", "1e30", "--json"});
  EXPECT_EQ(outcome.code, 6) << outcome.err;
  const json event = last_event(outcome);
  EXPECT_EQ(event["event"], "error") << outcome.out;
  EXPECT_EQ(event["code"], "diverged");
  EXPECT_EQ(event["exit_code"], 6);
  const json& diagnosis = event["diagnosis"];
  EXPECT_EQ(diagnosis["cause"], "learning_rate") << outcome.out;
  EXPECT_EQ(diagnosis["value"], 1e30);
  EXPECT_GT(diagnosis["epoch"], 0);
  EXPECT_GT(diagnosis["unit"], 0);
  EXPECT_EQ(diagnosis["column"], nullptr);
  EXPECT_FALSE(folder.has("data.safetensors"));
}

TEST(Train, ADivergedRunNamesTheColumnAndTheCellThatDidIt) {
  const Folder folder;
  folder.write("data.csv", straight_line(100) + "1e200,1,1\n");
  const Names unscaled = {"train", "data.csv", "--target", "y", "--scale", "none", "--test", "0", "--validation", "0"};
  expect_error(run(folder, unscaled), 6, {"data.csv:102", "column \"x\" is 1e+200", "correct the cell", "input layer"});
  Names json_too = unscaled;
  json_too.emplace_back("--json");
  const json diagnosis = last_event(run(folder, json_too))["diagnosis"];
  EXPECT_EQ(diagnosis["cause"], "absurd_input");
  EXPECT_EQ(diagnosis["column"], "x");
  EXPECT_EQ(diagnosis["cell_line"], 102);
  EXPECT_EQ(diagnosis["line"], 102);
  EXPECT_EQ(diagnosis["layer"], 0);
  EXPECT_EQ(folder.names(), Names{"data.csv"});
}

TEST(Train, TheHealthIsInTheEventsAndInTheAccountWhenThereIsSomethingToSay) {
  const Folder folder;
  folder.write("fine.csv", straight_line(100));
  std::string text = "x,kind\n";
  for (int i = 0; i < 60; ++i)
    text += std::to_string(i % 10) + (i % 10 == 3 && i > 30 ? ",a\n" : (i % 2 == 0 ? ",a\n" : ",b\n"));
  folder.write("odd.csv", text);
  const Outcome fine = run(folder, {"train", "fine.csv", "--target", "y", "--json"});
  ASSERT_EQ(fine.code, 0) << fine.err;
  const json health = last_event(fine)["health"];
  EXPECT_EQ(health["findings"], json::array()) << health.dump();
  EXPECT_EQ(health["layers"].size(), 2U);
  EXPECT_EQ(health["contradictions"]["rmse_floor"], 0.0);
  EXPECT_EQ(fine.err.find("health"), std::string::npos) << fine.err;
  const Outcome odd = run(folder, {"train", "odd.csv", "--target", "kind", "--epochs", "5", "--json"});
  ASSERT_EQ(odd.code, 0) << odd.err;
  EXPECT_EQ(last_event(odd)["health"]["contradictions"]["groups"], 1);
  EXPECT_NE(odd.err.find("health"), std::string::npos) << odd.err;
  EXPECT_NE(odd.err.find("no model can be right"), std::string::npos) << odd.err;
}

TEST(Train, ANetworkThatTheMachineCannotHoldIsRefusedBeforeItsFirstByte) {
  const Folder folder;
  folder.write("data.csv", straight_line(100));
  const Outcome outcome = run(folder, {"train", "data.csv", "--target", "y", "--hidden", "1000000,1000000"});
  EXPECT_EQ(outcome.code, 2) << outcome.err;
  EXPECT_NE(outcome.err.find("GiB to train; needed at most"), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find("--hidden"), std::string::npos) << outcome.err;
}

TEST(Train, TheTextbookLearnsXor) {
  const Folder folder;
  folder.write("xor.csv", xor_table());
  const Outcome outcome = run(
      folder, {"train", "xor.csv", "--target", "y", "--hidden", "2", "--textbook", "--until", "tss<0.04", "--json"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(last_event(outcome)["stop"], "error_below");
  const Outcome predicted = run(folder, {"predict", "xor.safetensors", "xor.csv"});
  EXPECT_EQ(predicted.out, "prediction\n0\n1\n1\n0\n") << predicted.err;
}

TEST(Train, TheBookWithTheXorNetworkStopsAfter297Epochs) {
  const Folder folder;
  folder.write("xor.csv", xor_table());
  const Outcome outcome = run(folder, {"train", "xor.csv", "--target", "y", "--textbook", "--optimizer", "momentum",
                                       "--momentum", "0.9", "--learning-rate", "0.5", "--start-from",
                                       case_file("pdp-xor-pattern.json"), "--until", "tss<0.04", "--json"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const json done = last_event(outcome);
  EXPECT_EQ(done["stop"], "error_below");
  EXPECT_EQ(done["epochs"], 297);
  EXPECT_LT(done["training_tss"].get<double>(), 0.04);
  EXPECT_NE(outcome.err.find("epoch 297"), std::string::npos) << outcome.err;
}

TEST(Train, AGoalThatIsNotReachedIsSaid) {
  const Folder folder;
  folder.write("xor.csv", xor_table());
  const Outcome outcome =
      run(folder, {"train", "xor.csv", "--target", "y", "--textbook", "--until", "tss<0.04", "--epochs", "3"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_NE(outcome.err.find("not below 0.04"), std::string::npos) << outcome.err;
}

TEST(Train, ANetworkFileGivesTheWiringAndInspectItsWeightsAgain) {
  const Folder folder;
  folder.write("xor.csv", xor_table());
  const Names base = {"train", "xor.csv", "--target", "y", "--textbook", "--epochs", "3", "-q"};
  Names first = base;
  first.insert(first.end(), {"--network", case_file("shortcut-all.json")});
  const Outcome other = run(folder, first);  // its inputs or outputs may not fit: then that is said
  EXPECT_TRUE(other.code == 0 || other.code == 2 || other.code == 3) << other.err;
  Names second = base;
  second.insert(second.end(), {"--network", case_file("pdp-xor-pattern.json"), "-o", "a.safetensors"});
  ASSERT_EQ(run(folder, second).code, 0);
  const Outcome weights = run(folder, {"inspect", "a.safetensors", "--weights"});
  ASSERT_EQ(weights.code, 0) << weights.err;
  folder.write("a.json", weights.out);
  Names from_model = base, from_json = base;
  from_model.insert(from_model.end(), {"--start-from", "a.safetensors", "-o", "m1"});
  from_json.insert(from_json.end(), {"--start-from", "a.json", "-o", "m2"});
  ASSERT_EQ(run(folder, from_model).code, 0);
  ASSERT_EQ(run(folder, from_json).code, 0);
  EXPECT_EQ(folder.read("m1"), folder.read("m2")) << "the JSON form is exact";
}

TEST(Train, AStartWithoutWeightsIsRefused) {
  const Folder folder;
  folder.write("xor.csv", xor_table());
  ASSERT_EQ(run(folder, {"train", "xor.csv", "--target", "y", "--textbook", "--epochs", "1", "-o", "m", "-q"}).code, 0);
  const json weights = json::parse(run(folder, {"inspect", "m", "--weights"}).out);
  const json inspected = json::parse(run(folder, {"inspect", "m", "--json"}).out);
  folder.write("wiring.json", inspected["network"].dump());
  expect_error(run(folder, {"train", "xor.csv", "--target", "y", "--start-from", "wiring.json"}), 4,
               {"wiring.json", "without weights", "--network"});
}

TEST(Train, AnInterruptKeepsTheBestSoFar) {
  const Folder folder;
  folder.write("data.csv", two_classes(400));
  Process process(folder, {"train", "data.csv", "--target", "kind", "--epochs", "10000000", "--patience", "0"});
  ASSERT_TRUE(process.wait_for_error_text("  epoch ", 60)) << process.wait(0).err;
  process.signal(SIGINT);
  const Outcome outcome = process.wait();
  EXPECT_EQ(outcome.code, 130) << outcome.err;
  EXPECT_NE(outcome.err.find("interrupted"), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find("data.safetensors"), std::string::npos) << outcome.err;
  EXPECT_EQ(run(folder, {"evaluate", "data.safetensors", "data.csv"}).code, 0);
}

TEST(Train, ATerminationDoesTheSame) {
  const Folder folder;
  folder.write("data.csv", two_classes(400));
  Process process(folder, {"train", "data.csv", "--target", "kind", "--epochs", "10000000", "--patience", "0"});
  ASSERT_TRUE(process.wait_for_error_text("  epoch ", 60));
  process.signal(SIGTERM);
  EXPECT_EQ(process.wait().code, 130);
  EXPECT_TRUE(folder.has("data.safetensors"));
}

TEST(Train, TwoInterruptsEndAtOnceWithoutAPartialFile) {
  const Folder folder;
  std::string text = two_classes(20000);
  folder.write("data.csv", text);
  Process process(folder, {"train", "data.csv", "--target", "kind", "--ignore", "id", "--hidden", "400,400", "--epochs",
                           "1000", "--no-refit"});
  ASSERT_TRUE(process.wait_for_error_text("at most 1000", 60));
  process.signal(SIGINT);
  ASSERT_TRUE(process.wait_for_error_text("stopping after this epoch", 60));
  process.signal(SIGINT);
  const Outcome outcome = process.wait(60);
  EXPECT_EQ(outcome.code, 130) << outcome.err;
  for (const std::string& name : folder.names()) {
    EXPECT_TRUE(name == "data.csv" || name == "data.safetensors") << name;
  }
}

}  // namespace
}  // namespace deltarule::test
