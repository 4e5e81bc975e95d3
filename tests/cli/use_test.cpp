// Laws of predict, evaluate and inspect: one line per row, the same bytes whatever the order of the columns, errors
// that say which file is what.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/command.hpp"

namespace deltarule::test {
namespace {

using nlohmann::json;
using Names = std::vector<std::string>;

/// A model of two classes for all tests of this file, trained once.
class Use : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new Folder;
    folder_->write("data.csv", two_classes(120));
    const Outcome outcome = run(
        *folder_, {"train", "data.csv", "--target", "kind", "--ignore", "id", "--epochs", "60", "-o", "m.safetensors"});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    folder_->write("line.csv", straight_line(120));
    ASSERT_EQ(
        run(*folder_, {"train", "line.csv", "--target", "y", "--task", "regression", "--epochs", "40", "-q"}).code, 0);
  }
  static void TearDownTestSuite() {
    delete folder_;
    folder_ = nullptr;
  }
  static Folder& folder() { return *folder_; }
  static Outcome predict(const Names& options, const Setting& setting = {}) {
    Names arguments = {"predict", "m.safetensors"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    return run(*folder_, arguments, setting);
  }

 private:
  static inline Folder* folder_ = nullptr;
};

/// Columns of a table in another order, with an extra one.
std::string reordered(const std::string& text, const std::vector<std::size_t>& order, bool extra) {
  std::istringstream lines(text);
  std::string out;
  bool head = true;
  for (std::string line; std::getline(lines, line); head = false) {
    Names cells;
    std::istringstream row(line);
    for (std::string cell; std::getline(row, cell, ',');) cells.push_back(cell);
    for (std::size_t i = 0; i < order.size(); ++i) out += (i > 0 ? "," : "") + cells[order[i]];
    out += extra ? (head ? ",extra\n" : ",42\n") : "\n";
  }
  return out;
}

TEST_F(Use, PredictWritesOneLinePerRowInOrder) {
  const Outcome outcome = predict({"data.csv"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const Names lines = outcome.lines();
  ASSERT_EQ(lines.size(), 121U);
  EXPECT_EQ(lines[0], "prediction");
  std::size_t right = 0;
  for (std::size_t row = 0; row < 120; ++row) right += lines[row + 1] == (row % 2 == 0 ? "a" : "b") ? 1 : 0;
  EXPECT_GE(right, 115U);
}

TEST_F(Use, OrderOfColumnsExtraColumnsAndAPresentTargetDoNotMatter) {
  const Outcome plain = predict({"data.csv", "--proba"});
  ASSERT_EQ(plain.code, 0) << plain.err;
  const std::string text = two_classes(120);
  std::size_t compared = 0;
  for (const auto& order :
       std::vector<std::vector<std::size_t>>{{4, 3, 2, 1, 0}, {3, 1, 2}, {2, 0, 3, 1}, {1, 2, 3, 4}}) {
    for (const bool extra : {false, true}) {
      folder().write("other.csv", reordered(text, order, extra));
      const Outcome other = predict({"other.csv", "--proba"});
      ASSERT_EQ(other.code, 0) << other.err;
      EXPECT_EQ(other.out, plain.out);
      ++compared;
    }
  }
  EXPECT_EQ(compared, 8U);
}

TEST_F(Use, ProbabilitiesAreOneColumnPerClassAndSumToOne) {
  const Outcome outcome = predict({"data.csv", "--proba", "--json"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  std::size_t checked = 0;
  for (const std::string& line : outcome.lines()) {
    const json row = json::parse(line);
    EXPECT_NEAR(row["p(a)"].get<double>() + row["p(b)"].get<double>(), 1.0, 1e-6);
    EXPECT_EQ(row["prediction"], row["p(a)"].get<double>() > row["p(b)"].get<double>() ? "a" : "b");
    ++checked;
  }
  EXPECT_EQ(checked, 120U);
  EXPECT_EQ(predict({"data.csv", "--proba"}).lines().front(), "prediction,p(a),p(b)");
}

TEST_F(Use, KeptColumnsAreCopiedLetterByLetter) {
  folder().write("odd.csv",
                 "id,x,y,colour,note\n007,1.0,3.00,red,\"a, \"\"b\"\"\"\n 1e3 ,1.10,3,green,\n\"x\ny\",1,3,NA,NA\n\" z "
                 "\",1,3,NA,NA\n");
  const Outcome outcome = predict({"odd.csv", "--keep", "id,note", "--keep", "x"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out,
            "prediction,id,note,x\na,007,\"a, \"\"b\"\"\",1.0\na,1e3,,1.10\na,\"x\ny\",NA,1\na,\" z \",NA,1\n");
}

TEST_F(Use, KeepingAColumnDoesNotChangeThePredictions) {
  const Outcome plain = predict({"data.csv", "--proba"}), kept = predict({"data.csv", "--proba", "--keep", "x,colour"});
  ASSERT_EQ(kept.code, 0) << kept.err;
  const Names a = plain.lines(), b = kept.lines();
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_TRUE(b[i].starts_with(a[i] + ",")) << b[i];
}

TEST_F(Use, AnUnknownKeptColumnGetsTheNearestSpelling) {
  expect_error(predict({"data.csv", "--keep", "colr"}), 3, {"--keep", "colr", "did you mean colour?"});
}

TEST_F(Use, StandardInputIsAFileToo) {
  const Outcome file = predict({"data.csv", "--keep", "id"});
  const Outcome input = predict({"-", "--keep", "id"}, {.input = two_classes(120)});
  EXPECT_EQ(input.code, 0) << input.err;
  EXPECT_EQ(input.out, file.out);
  const Outcome evaluated = run(folder(), {"evaluate", "m.safetensors", "-", "--json"}, {.input = two_classes(120)});
  EXPECT_EQ(evaluated.code, 0) << evaluated.err;
}

TEST_F(Use, AnOutputFileHoldsWhatStandardOutputWouldAndIsNotOverwritten) {
  const Outcome printed = predict({"data.csv"});
  const Outcome written = predict({"data.csv", "-o", "p.csv"});
  EXPECT_EQ(written.code, 0) << written.err;
  EXPECT_EQ(written.out, "");
  EXPECT_EQ(folder().read("p.csv"), printed.out);
  expect_error(predict({"data.csv", "-o", "p.csv"}), 5, {"p.csv", "exists", "--force"});
  EXPECT_EQ(predict({"data.csv", "-o", "p.csv", "--force"}).code, 0);
}

TEST_F(Use, MissingFeatureColumnsAreNamed) {
  folder().write("less.csv", "x,colour\n1,red\n2,green\n");
  expect_error(predict({"less.csv"}), 3, {"less.csv", "\"y\""});
}

TEST_F(Use, AnUnseenCategoryCountsAsMissingOrIsRefused) {
  folder().write("blue.csv", "x,y,colour\n1,3,blue\n1,3,red\n");
  const Outcome taken = predict({"blue.csv"});
  EXPECT_EQ(taken.code, 0) << taken.err;
  EXPECT_EQ(taken.lines().size(), 3U);
  EXPECT_NE(taken.err.find("blue"), std::string::npos) << taken.err;
  EXPECT_EQ(predict({"blue.csv", "--quiet"}).err, "");
  expect_error(predict({"blue.csv", "--unseen", "error"}), 3, {"blue.csv:2", "blue"});
}

TEST_F(Use, FilesInEachOthersPlaceAreNoticed) {
  expect_error(run(folder(), {"predict", "data.csv", "m.safetensors"}), 4, {"data.csv", "the model comes first"});
  expect_error(run(folder(), {"predict", "data.csv", "line.csv"}), 4, {"data.csv", "model"});
  expect_error(predict({"m.safetensors"}), 3, {"m.safetensors", "model"});
  expect_error(run(folder(), {"inspect", "data.csv"}), 4, {"data.csv"});
}

TEST_F(Use, ProbabilitiesOfNumbersAreRefused) {
  expect_error(run(folder(), {"predict", "line.safetensors", "line.csv", "--proba"}), 2, {"--proba", "regression"});
}

TEST_F(Use, PredictedNumbersAreNumbersInJson) {
  const Outcome outcome = run(folder(), {"predict", "line.safetensors", "line.csv", "--json"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  std::size_t numbers = 0;
  for (const std::string& line : outcome.lines()) numbers += json::parse(line)["prediction"].is_number() ? 1 : 0;
  EXPECT_EQ(numbers, 120U);
}

TEST_F(Use, EvaluateGivesATableOrOneObject) {
  const Outcome text = run(folder(), {"evaluate", "m.safetensors", "data.csv"});
  ASSERT_EQ(text.code, 0) << text.err;
  for (const char* word : {"120 rows", "accuracy", "95 % interval", " to ", "log_loss"}) {
    EXPECT_NE(text.out.find(word), std::string::npos) << word << " in\n" << text.out;
  }
  const Outcome outcome = run(folder(), {"evaluate", "m.safetensors", "data.csv", "--json"});
  ASSERT_EQ(outcome.lines().size(), 1U);
  const json object = json::parse(outcome.out);
  EXPECT_EQ(object["rows"], 120);
  EXPECT_GE(object["metrics"]["accuracy"].get<double>(), 0.95);
  for (const char* name : {"balanced_accuracy", "f1", "log_loss", "auc"})
    EXPECT_TRUE(object["metrics"][name].is_number()) << name;
  EXPECT_EQ(object["intervals"]["accuracy"].size(), 2U);
  std::size_t rows = 0, on_diagonal = 0;
  for (std::size_t i = 0; i < 2; ++i) {
    for (std::size_t j = 0; j < 2; ++j) rows += object["confusion"][i][j].get<std::size_t>();
    on_diagonal += object["confusion"][i][i].get<std::size_t>();
  }
  EXPECT_EQ(rows, 120U);
  EXPECT_DOUBLE_EQ(object["metrics"]["accuracy"].get<double>(), static_cast<double>(on_diagonal) / 120.0);
}

TEST_F(Use, EvaluateOfNumbersNamesTheUsualMeasures) {
  const json object = json::parse(run(folder(), {"evaluate", "line.safetensors", "line.csv", "--json"}).out);
  for (const char* name : {"rmse", "mae", "median_absolute_error", "r2"})
    EXPECT_TRUE(object["metrics"][name].is_number()) << name;
}

TEST_F(Use, EvaluateWithoutTheTargetColumnSaysSo) {
  folder().write("bare.csv", "x,y,colour\n1,3,red\n2,3,red\n");
  expect_error(run(folder(), {"evaluate", "m.safetensors", "bare.csv"}), 3, {"bare.csv", "kind"});
}

TEST_F(Use, InspectSaysWhatTheFileIs) {
  const Outcome text = run(folder(), {"inspect", "m.safetensors"});
  ASSERT_EQ(text.code, 0) << text.err;
  for (const char* word : {"m.safetensors: a deltarule model", "colour", "kind", "weights", "digest", "seed"}) {
    EXPECT_NE(text.out.find(word), std::string::npos) << word << " in\n" << text.out;
  }
  const json object = json::parse(run(folder(), {"inspect", "m.safetensors", "--json"}).out);
  EXPECT_EQ(object["kind"], "model");
  EXPECT_EQ(object["targets"], json{"kind"});
  EXPECT_EQ(object["classes"], (json{"a", "b"}));
  EXPECT_GT(object["weights"].get<int>(), 0);
  EXPECT_TRUE(object["provenance"].is_object());
}

TEST_F(Use, InspectWeightsIsJsonThatIsANetwork) {
  const Outcome weights = run(folder(), {"inspect", "m.safetensors", "--weights"});
  ASSERT_TRUE(json::parse(weights.out, nullptr, false).is_object()) << weights.err;
  folder().write("net.json", weights.out);
  const Outcome outcome = run(folder(), {"inspect", "net.json"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("with weights"), std::string::npos) << outcome.out;
}

TEST_F(Use, ADamagedModelIsRefusedWithItsReason) {
  const std::string whole = folder().read("m.safetensors");
  std::string flipped = whole;
  flipped[flipped.size() / 2] = static_cast<char>(flipped[flipped.size() / 2] ^ 1);
  folder().write("flipped", flipped);
  folder().write("short", whole.substr(0, whole.size() - 9));
  folder().write("long", whole + "x");
  folder().write("nothing", "");
  for (const char* name : {"flipped", "short", "long", "nothing"}) {
    expect_error(run(folder(), {"inspect", name}), 4, {name});
    expect_error(run(folder(), {"predict", name, "data.csv"}), 4, {name});
  }
  expect_error(run(folder(), {"inspect", "nowhere"}), 5, {"nowhere", "No such file"});
}

TEST_F(Use, AFullDiskIsAnErrorAndAReaderThatLeftIsNot) {
  const Outcome full = predict({"data.csv"}, {.output_to = "/dev/full"});
  expect_error(full, 5, {"standard output", "No space left"});
  expect_error(run(folder(), {"evaluate", "m.safetensors", "data.csv"}, {.output_to = "/dev/full"}), 5,
               {"No space left"});
  expect_error(run(folder(), {"train", "--help"}, {.output_to = "/dev/full"}), 5, {"No space left"});
  const Outcome train =
      run(folder(), {"train", "data.csv", "--target", "kind", "--json", "-o", "never"}, {.output_to = "/dev/full"});
  expect_error(train, 5, {"No space left"});
  EXPECT_FALSE(folder().has("never")) << "found before training";
}

TEST_F(Use, ThreadsChangeNoByte) {
  const Outcome one = predict({"data.csv", "--proba"}), three = predict({"data.csv", "--proba", "--threads", "3"});
  ASSERT_EQ(three.code, 0) << three.err;
  EXPECT_EQ(one.out, three.out);
}

}  // namespace
}  // namespace deltarule::test
