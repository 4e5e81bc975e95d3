// Laws of `tune`: the command that it prints trains the winner again to the byte, JSON depends on no thread, a signal
// tells what was best.
#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "cli/command.hpp"

namespace deltarule::test {
namespace {

using nlohmann::json;
using Names = std::vector<std::string>;

Outcome tune(const Folder& folder, const Names& options) {
  Names arguments = {"tune"};
  arguments.insert(arguments.end(), options.begin(), options.end());
  return run(folder, arguments);
}

/// The last paragraph of standard output: the command, which a shell runs as it stands.
std::string printed_command(const Outcome& outcome) {
  const std::size_t at = outcome.out.rfind("\ndeltarule train ");
  return at == std::string::npos ? std::string() : outcome.out.substr(at + 1, outcome.out.size() - at - 2);
}

/// Exit code of a line in a shell, in the folder, with the built command on the path.
int shell(const Folder& folder, const std::string& line) {
  const std::string whole = "cd '" + folder.root() + "' && PATH='" + DELTARULE_BIN_DIR + "':$PATH && " + line;
  return std::system(whole.c_str());
}

/// two_classes with a column of sites, one of parts, one of weights, and names that a shell would trip over.
std::string table() {
  std::string text = two_classes(110), out;
  std::size_t line = 0;
  for (std::size_t from = 0, to = 0; (to = text.find('\n', from)) != std::string::npos; from = to + 1, ++line) {
    const std::string part = line % 5 == 0 ? "test" : (line % 5 == 1 ? "validation" : "train");
    out += text.substr(from, to - from) +
           (line == 0 ? ",the site's,part,n"
                      : ",s" + std::to_string(line % 9) + "," + part + "," + std::to_string(1 + line % 3)) +
           "\n";
  }
  return out;
}

TEST(Tune, ThePrintedCommandTrainsTheWinnerAgainToTheByte) {
  const Folder folder;
  folder.write("data.csv", table());
  folder.write("held.csv", table());
  folder.write("line.csv", straight_line(90));
  folder.write("net.json", R"({"format": "deltarule-network-1", "inputs": 2,
    "layers": [{"units": 3, "activation": "tanh"}, {"units": 1, "activation": "identity"}],
    "loss": "half_squared_error"})");
  const Names kind = {"data.csv", "--target", "kind", "--ignore", "id,the site's,part,n"};
  const Names site = {"data.csv", "--target", "kind", "--ignore", "id"};
  const Names line = {"line.csv", "--target", "y"};
  struct Case {
    Names table, options;
  };
  const std::vector<Case> cases = {
      {kind, {"--trials", "5"}},
      {kind, {"--trials", "4", "--stop-on", "accuracy", "--min-improvement", "0.001", "--patience", "3"}},
      {kind, {"--trials", "4", "--class-weight", "a=3,b=1", "--label-smoothing", "0.1", "--no-refit", "--no-shuffle"}},
      {kind, {"--trials", "4", "--validation", "held.csv", "--test", "0.3", "--seed", "7"}},
      {kind,
       {"--trials", "3", "--hidden", "none", "--scale", "minmax", "--precision", "f64", "--init", "uniform(0.5)"}},
      {kind, {"--only", "rules"}},
      {kind, {"--time-limit", "0.4s"}},
      {kind, {"--trials", "3", "--optimizer", "adam(beta1=0.8)", "--reduction", "sum"}},
      {kind, {"--trials", "3", "--until", "tss<3"}},
      {kind, {"--trials", "6", "--dropout", "h1=0.3,inputs=0.1", "--optimizer", "adam"}},
      {kind, {"--trials", "9", "--schedule", "cosine(warmup=0.1)"}},
      {site, {"--trials", "3", "--group-by", "the site's", "--weight", "n"}},
      {site, {"--trials", "3", "--split-column", "part"}},
      {site, {"--trials", "3", "--split-by-time", "x", "--features", "x", "--features", "y"}},
      {line, {"--trials", "6"}},
      {line, {"--trials", "3", "--loss", "huber(1)"}},
      {line, {"--trials", "4", "--network", "net.json", "--stop-on", "mae"}},
      {line, {"--trials", "3", "--loss", "pinball(0.9)"}},
  };
  std::size_t compared = 0;
  for (const Case& one : cases) {
    Names arguments = one.table;
    arguments.insert(arguments.end(), one.options.begin(), one.options.end());
    arguments.insert(arguments.end(), {"--epochs", "6", "-o", "winner.safetensors", "--force"});
    const Outcome outcome = tune(folder, arguments);
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    const std::string command = printed_command(outcome);
    ASSERT_FALSE(command.empty()) << outcome.out;
    EXPECT_EQ(command.find("--time-limit"), std::string::npos);
    EXPECT_NE(command.find("--epochs"), std::string::npos);
    ASSERT_EQ(shell(folder, command + " --quiet --force -o again.safetensors"), 0) << command;
    EXPECT_EQ(shell(folder, "cmp winner.safetensors again.safetensors"), 0) << command;
    ++compared;
  }
  EXPECT_EQ(compared, cases.size());
}

TEST(Tune, JsonIsTheSameForAnyNumberOfThreads) {
  const Folder folder;
  folder.write("data.csv", two_classes(90));
  const Names search = {"data.csv", "--target", "kind", "--ignore", "id", "--epochs", "9", "--trials", "10", "--json"};
  const auto with_threads = [&](const char* threads) {
    Names arguments = search;
    arguments.insert(arguments.end(), {"--threads", threads});
    return tune(folder, arguments);
  };
  const Outcome one = with_threads("1");
  ASSERT_EQ(one.code, 0) << one.err;
  EXPECT_EQ(with_threads("2").out, one.out);
  EXPECT_EQ(with_threads("auto").out, one.out);
  const json object = json::parse(one.out);
  EXPECT_EQ(object["schema"], "deltarule-tune-1");
  ASSERT_EQ(object["trials"].size(), 10U);
  EXPECT_EQ(object["metric"], "loss");
  EXPECT_EQ(object["model"], nullptr);
  EXPECT_EQ(object["rules"], nullptr);
  EXPECT_EQ(object["winner"]["weights_digest"].get<std::string>().size(), 32U);
  EXPECT_EQ(object["winner"]["measured_on"], "test");
  EXPECT_NE(object["command"].get<std::string>().find("--weight-decay"), std::string::npos);
  for (const json& trial : object["trials"]) EXPECT_EQ(trial["weights_digest"].get<std::string>().size(), 32U);
  EXPECT_EQ(folder.names(), Names{"data.csv"}) << "no model is written";
}

TEST(Tune, TablesSayWhatWasTried) {
  const Folder folder;
  folder.write("data.csv", two_classes(90));
  const Outcome search = tune(folder, {"data.csv", "--target", "kind", "--epochs", "6", "--trials", "14"});
  ASSERT_EQ(search.code, 0) << search.err;
  for (const char* word : {"14 trials", "trial", "hidden", "optimizer", "rate", "decay", "batch", "and 4 more",
                           "rows that no trial saw", "linear"})
    EXPECT_NE(search.out.find(word), std::string::npos) << word << " in\n" << search.out;
  EXPECT_NE(search.err.find("trainings ended"), std::string::npos) << search.err;
  const Outcome rules = tune(folder, {"data.csv", "--target", "kind", "--epochs", "6", "--only", "rules"});
  ASSERT_EQ(rules.code, 0) << rules.err;
  for (const char* word :
       {"rule", "loss by default", "to level", "irprop+", "quickprop", "to level: epochs of the best rate"})
    EXPECT_NE(rules.out.find(word), std::string::npos) << word << " in\n" << rules.out;
  EXPECT_EQ(rules.out.find("seconds"), std::string::npos);
  const Outcome timed =
      tune(folder, {"data.csv", "--target", "kind", "--epochs", "6", "--only", "rules", "--time-limit", "2s", "-q"});
  EXPECT_NE(timed.out.find("seconds"), std::string::npos) << timed.out;
  EXPECT_EQ(timed.err, "");
}

TEST(Tune, WhatMakesNoSenseIsRefusedByName) {
  const Folder folder;
  folder.write("data.csv", two_classes(60));
  folder.write("few.csv", two_classes(30));
  const auto with = [&](const Names& options) {
    Names arguments = {"data.csv", "--target", "kind", "--epochs", "3"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    return tune(folder, arguments);
  };
  expect_error(with({"--trials", "0"}), 2, {"--trials", "from 1"});
  expect_error(with({"--trials", "5", "--time-limit", "5s"}), 2, {"--trials", "--time-limit"});
  expect_error(with({"--only", "rule"}), 2, {"--only", "rules"});
  expect_error(with({"--only", "rules", "--trials", "5"}), 2, {"--trials", "--only"});
  expect_error(with({"--only", "rules", "--optimizer", "adam"}), 2, {"--optimizer", "every rule"});
  expect_error(with({"--steps", "100"}), 2, {"--steps", "--epochs"});
  expect_error(with({"--textbook"}), 2, {"--textbook"});
  expect_error(with({"-o", "data.csv"}), 2, {"data.csv"});
  expect_error(with({"-o", "nowhere/m.safetensors"}), 5, {"nowhere"});
  expect_error(tune(folder, {"few.csv", "--target", "kind"}), 2, {"--validation", "fewer than 50 rows"});
  expect_error(with({"--optimizer", "delta-rule", "--activation", "relu", "--learning-rate", "1e30", "--trials", "3"}),
               6, {"each of 3 trials failed"});
  EXPECT_EQ(folder.names(), (Names{"data.csv", "few.csv"}));
}

TEST(Tune, ASignalTellsWhatWasBest) {
  const Folder folder;
  folder.write("data.csv", two_classes(300));
  Process process(folder, {"tune", "data.csv", "--target", "kind", "--trials", "5000", "--epochs", "300", "--json",
                           "-o", "m.safetensors"});
  ASSERT_TRUE(process.wait_for_error_text("3 trainings ended", 60));
  process.signal(SIGINT);
  const Outcome outcome = process.wait();
  EXPECT_EQ(outcome.code, 130);
  const json object = json::parse(outcome.out);
  EXPECT_EQ(object["interrupted"], true);
  EXPECT_GE(object["trials"].size(), 3U);
  EXPECT_EQ(object["winner"], nullptr);
  EXPECT_NE(object["command"].get<std::string>().find("--epochs"), std::string::npos);
  EXPECT_FALSE(folder.has("m.safetensors"));
  EXPECT_NE(outcome.err.find("no model was written"), std::string::npos) << outcome.err;
}

}  // namespace
}  // namespace deltarule::test
