// Laws of explain and gradcheck: pages on standard output, proofs by exit code, errors that say what there is instead.
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/command.hpp"

namespace deltarule::test {
namespace {

using nlohmann::json;
using Words = std::vector<std::string>;

/// Wherever the page breaks its lines.
bool has(const Outcome& outcome, const std::string& text) {
  std::string page;
  for (const char c : outcome.out) {
    const char one = c == '\n' ? ' ' : c;
    if (one != ' ' || !page.ends_with(' ')) page += one;
  }
  return page.find(text) != std::string::npos;
}

/// A model of two classes with names, trained once.
class Explain : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new Folder;
    folder_->write("data.csv", two_classes(120));
    folder_->write("gap.csv", "x,y,colour,kind\n1,2,red,a\n2,1,blue,\n");
    for (const char* normalise : {"none", "batch", "layer"}) {
      Words words = {"train",
                     "data.csv",
                     "--target",
                     "kind",
                     "--ignore",
                     "id",
                     "--epochs",
                     "5",
                     "-q",
                     "--hidden",
                     "4",
                     "-o",
                     std::string(normalise) + ".safetensors"};
      if (normalise != std::string("none")) words.insert(words.end(), {"--normalise", normalise});
      const Outcome outcome = run(*folder_, words);
      ASSERT_EQ(outcome.code, 0) << outcome.err;
    }
  }
  static void TearDownTestSuite() {
    delete folder_;
    folder_ = nullptr;
  }
  static Outcome explain(Words options, const std::string& model = "none.safetensors") {
    Words arguments = {"explain", model, "data.csv"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    return run(*folder_, arguments);
  }
  static Folder& folder() { return *folder_; }

 private:
  static inline Folder* folder_ = nullptr;
};

Outcome demo(Words options) {
  const Folder folder;
  Words arguments = {"explain", "--demo"};
  arguments.insert(arguments.end(), options.begin(), options.end());
  return run(folder, arguments);
}

TEST(ExplainDemo, OfMazurShowsBothErrorsToFifteenDigitsAndProvesEveryLine) {
  const Outcome outcome = demo({"mazur", "--step", "--check"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_TRUE(has(outcome, "E before = 0.298371108760003")) << outcome.out;
  EXPECT_TRUE(has(outcome, "E after = 0.291027773693599"));
  EXPECT_TRUE(has(outcome, "every equation holds"));
  EXPECT_EQ(outcome.err, "");
}

TEST(ExplainDemo, WithUpdatedWeightsGivesThePrintedErrorAndNamesEquationTwelve) {
  const Outcome outcome = demo({"mazur", "--break", "updated-weights", "--step"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_TRUE(has(outcome, "E after = 0.291027923905")) << outcome.out;
  EXPECT_TRUE(has(outcome, "first equation that does not hold is (12)"));
}

TEST(ExplainDemo, CheckAllLooksAtMoreThanCheck) {
  const auto compared = [](const Outcome& outcome) {
    return json::parse(outcome.out)["proof"]["compared"].get<std::size_t>();
  };
  const Outcome lines = demo({"encoder", "--check", "--format", "json"});
  const Outcome all = demo({"encoder", "--check", "all", "--format", "json"});
  EXPECT_EQ(all.code, 0);
  EXPECT_GT(compared(all), 2 * compared(lines));
  EXPECT_EQ(compared(all), compared(demo({"encoder", "--check-all", "--format", "json"})));
}

TEST_F(Explain, ShowsTheUsersNamesAndThePatternsLine) {
  const Outcome outcome = explain({"--pattern", "3"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_TRUE(has(outcome, "pattern 3 (data.csv:4)")) << outcome.out;
  EXPECT_TRUE(has(outcome, "(colour="));
  EXPECT_TRUE(has(outcome, "in f32"));
}

TEST_F(Explain, ProvesEveryUnitAndWeightOfAModelNormalisedOrNot) {
  for (const char* model : {"none.safetensors", "batch.safetensors", "layer.safetensors"}) {
    const Outcome outcome = explain({"--check", "all", "--step", "--pattern", "7"}, model);
    EXPECT_EQ(outcome.code, 0) << outcome.err << outcome.out;
    EXPECT_TRUE(has(outcome, "every equation holds"));
    EXPECT_EQ(outcome.err.find("folded") != std::string::npos, model == std::string("batch.safetensors"));
  }
}

TEST_F(Explain, MakesTheStepOfAnyRule) {
  for (const char* rule : {"delta-rule", "adam", "lion", "irprop+", "quickprop"}) {
    const Outcome outcome = explain({"--step", "--optimizer", rule, "--after", "3"});
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_TRUE(has(outcome, std::string("with the rule ") + rule)) << outcome.out;
  }
  EXPECT_TRUE(has(explain({"--step", "--optimizer", "lbfgs"}), "moves all weights together"));
}

TEST_F(Explain, RefusesWhatThereIsNot) {
  expect_error(explain({"--pattern", "121"}), 3, {"--pattern", "1 to 120"});
  expect_error(explain({"--unit", "h1.9"}), 2, {"unit", "h1.1 … h1.4", "did you mean"});
  expect_error(explain({"--weight", "x1:h9.1"}), 2, {"x1:h9.1", "sender:receiver"});
  expect_error(explain({"--unit", "h1.1", "--weight", "x1:h1.1"}), 2, {"--unit with --weight"});
  expect_error(explain({"--digits", "18"}), 2, {"--digits", "3 to 17"});
  expect_error(explain({"--digits", "2"}), 2, {"--digits", "3 to 17"});
  expect_error(explain({"--notation", "nielson"}), 2, {"--notation", "nielsen"});
  expect_error(explain({"--break", "signs"}), 2, {"--break", "did you mean --break sign?"});
  expect_error(explain({"--break", "missing-half"}), 2, {"missing-half", "has no ½"});
  expect_error(explain({"--demo", "xor"}), 2, {"--demo with MODEL"});
  expect_error(run(folder(), {"explain", "--demo", "xro"}), 2, {"--demo", "did you mean \"xor\"?"});
  expect_error(run(folder(), {"explain", "none.safetensors", "gap.csv", "--pattern", "2"}), 3, {"no target"});
  expect_error(run(folder(), {"explain"}), 2, {"MODEL"});
}

TEST_F(Explain, WritesJsonThatHoldsTheSameNumbersWhateverTheDigits) {
  const Outcome three = explain({"--format", "json", "--digits", "3"}), hex = explain({"--format", "json", "--hex"});
  EXPECT_EQ(three.out, hex.out);
  EXPECT_EQ(json::parse(three.out)["schema"], "deltarule-explanation-1");
}

TEST(Homework, IsASheetAKeyAndAMarking) {
  const Folder folder;
  const Outcome sheet = run(folder, {"explain", "--homework", "7"}),
                key = run(folder, {"explain", "--homework", "7", "--key"});
  ASSERT_EQ(sheet.code, 0) << sheet.err;
  EXPECT_TRUE(has(sheet, "| delta(y1) | (10) | |")) << sheet.out;
  EXPECT_NE(sheet.out, run(folder, {"explain", "--homework", "8"}).out);
  // The key's own numbers as answers: names and numbers of its table.
  std::string answers;
  for (const std::string& line : key.lines()) {
    const std::size_t first = line.find("| I("), last = line.rfind(" | ");
    if (first != 0 || line.size() - last < 8) continue;
    answers += line.substr(2, line.find(" |", 2) - 2) + " = " + line.substr(last + 3, line.size() - last - 5) + "\n";
  }
  folder.write("answers.txt", answers + "a(h1.1) = 0.123\n");
  const Outcome marked = run(folder, {"explain", "--homework", "7", "--answers", "answers.txt"});
  ASSERT_EQ(marked.code, 0) << marked.err << answers;
  EXPECT_TRUE(has(marked, "The first that is wrong is a(h1.1), by a = f(I).")) << marked.out;
  const Outcome object = run(folder, {"explain", "--homework", "7", "--answers", "answers.txt", "--format", "json"});
  EXPECT_EQ(json::parse(object.out)["schema"], "deltarule-marking-1");
  EXPECT_EQ(json::parse(object.out)["wrong"], 1);
  folder.write("few.txt", "I(h1.1) = 0.3\n");
  expect_error(run(folder, {"explain", "--homework", "7", "--answers", "few.txt"}), 3,
               {"few.txt:1", "three significant"});
  expect_error(run(folder, {"explain", "--homework", "7", "--answers", "none.txt"}), 5, {"none.txt"});
  expect_error(run(folder, {"explain", "--homework", "x"}), 2, {"--homework"});
  expect_error(run(folder, {"explain", "--homework", "1", "--demo", "xor"}), 2, {"--demo with --homework"});
  expect_error(run(folder, {"explain", "--demo", "xor", "--key"}), 2, {"--key"});
  expect_error(run(folder, {"explain", "--homework", "1", "--format", "json"}), 2, {"markdown or latex"});
}

TEST(Homework, MarksAnswersToADemo) {
  const Folder folder;
  folder.write("mazur.txt", "I(h1.1) = 0.3775\ndelta(h1.1) = -0.00729\n");
  const Outcome marked = run(folder, {"explain", "--demo", "mazur", "--answers", "mazur.txt"});
  EXPECT_TRUE(has(marked, "The mistake updated-weights gives this number")) << marked.out << marked.err;
}

TEST_F(Explain, GradcheckFindsAllSlopesRightAndCountsThem) {
  const Outcome outcome = run(folder(), {"gradcheck", "none.safetensors", "data.csv", "--json", "--patterns", "5"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const json object = json::parse(outcome.out);
  EXPECT_EQ(object["schema"], "deltarule-gradcheck-1");
  EXPECT_EQ(object["patterns"], 5);
  EXPECT_EQ(object["checked"], object["parameters"]);
  EXPECT_EQ(object["complex_steps"], 5 * object["parameters"].get<std::size_t>());
  EXPECT_EQ(object["engine_slopes"], object["complex_steps"]);
  EXPECT_EQ(object["failed"], 0);
  const Outcome text = run(folder(), {"gradcheck", "layer.safetensors", "data.csv"});
  EXPECT_EQ(text.code, 0) << text.out;
  EXPECT_TRUE(has(text, "All slopes are right.")) << text.out;
  EXPECT_TRUE(has(text, "Every parameter was checked for every pattern."));
}

}  // namespace
}  // namespace deltarule::test
