// --weight and --class-weight of the command line, from a table to measures.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

#include "cli/command.hpp"

namespace deltarule::test {
namespace {

using nlohmann::json;

/// One row in ten is rare and overlaps with the others; w counts odd rows twice.
std::string imbalanced(std::size_t rows, std::uint64_t seed) {
  std::mt19937_64 dice(seed);
  const auto uniform = [&] { return static_cast<double>(dice() >> 11U) * 0x1p-53; };
  std::string text = "x,w,kind\n";
  for (std::size_t i = 0; i < rows; ++i) {
    const bool rare = i % 10 == 0;
    const double x = uniform() + uniform() + uniform() + (rare ? 0.7 : 0.0);
    text += std::to_string(x) + (i % 2 == 1 ? ",2," : ",1,") + (rare ? "rare\n" : "usual\n");
  }
  return text;
}

double recall_of_rare(const Folder& folder, const std::string& model) {
  const Outcome evaluated = run(folder, {"evaluate", model, "fresh.csv", "--json", "--quiet"});
  EXPECT_EQ(evaluated.code, 0) << evaluated.err;
  const json counts = json::parse(evaluated.out)["confusion"];
  return counts[0][0].get<double>() / (counts[0][0].get<double>() + counts[0][1].get<double>());
}

TEST(ClassWeight, BalancedRaisesTheRecallOfTheRareClass) {
  const Folder folder;
  folder.write("data.csv", imbalanced(600, 1));
  folder.write("fresh.csv", imbalanced(1000, 2));
  const std::vector<std::string> train = {"train", "data.csv", "--target", "kind", "--ignore", "w", "--epochs", "40"};
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.begin(), train.begin(), train.end());
    return run(folder, more);
  };
  EXPECT_EQ(with({"-o", "plain.st"}).code, 0);
  const Outcome balanced = with({"-o", "balanced.st", "--class-weight", "balanced"});
  EXPECT_EQ(balanced.code, 0) << balanced.err;
  EXPECT_NE(balanced.err.find("--class-weight balanced"), std::string::npos) << balanced.err;
  EXPECT_EQ(with({"-o", "given.st", "--class-weight", "rare=9,usual=1"}).code, 0);
  const double plain = recall_of_rare(folder, "plain.st");
  EXPECT_GT(recall_of_rare(folder, "balanced.st"), plain + 0.2);
  EXPECT_GT(recall_of_rare(folder, "given.st"), plain + 0.2);
  const Outcome inspected = run(folder, {"inspect", "balanced.st", "--json"});
  EXPECT_EQ(json::parse(inspected.out)["provenance"]["class_weight"], "balanced");
  EXPECT_NE(inspected.out.find("\"class_weights\":\"rare="), std::string::npos);
}

TEST(Weight, IsHonouredFromTrainingToMeasures) {
  const Folder folder;
  folder.write("data.csv", imbalanced(200, 1));
  const std::vector<std::string> train = {"train", "data.csv", "-t", "kind", "--epochs", "10", "--json", "-o"};
  const auto with = [&](const std::string& model, std::vector<std::string> more) {
    std::vector<std::string> arguments = train;
    arguments.push_back(model);
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Outcome outcome = run(folder, arguments);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    return json::parse(outcome.lines().back());
  };
  const json weighted = with("w.st", {"--weight", "w"}), plain = with("p.st", {"--ignore", "w"});
  EXPECT_NE(weighted["weights_digest"], plain["weights_digest"]);
  const Outcome measured = run(folder, {"evaluate", "w.st", "data.csv", "--json", "--weight", "w"});
  const Outcome otherwise = run(folder, {"evaluate", "w.st", "data.csv", "--json"});
  ASSERT_EQ(measured.code, 0) << measured.err;
  EXPECT_NE(json::parse(measured.out)["metrics"]["log_loss"], json::parse(otherwise.out)["metrics"]["log_loss"]);
  EXPECT_NE(otherwise.err.find("trained with weights of rows"), std::string::npos) << otherwise.err;
  EXPECT_EQ(measured.err, "");
}

TEST(Weight, ThatIsNoneEndsTheRunWithLineAndColumn) {
  const Folder folder;
  folder.write("bad.csv", "x,w,y\n1,1,a\n2,-3,b\n3,1,a\n4,1,b\n");
  expect_error(run(folder, {"train", "bad.csv", "-t", "y", "--weight", "w"}), 3,
               {"bad.csv:3", "column \"w\"", "the weight \"-3\"", "0 leaves the row out"});
  expect_error(run(folder, {"train", "bad.csv", "-t", "y", "--weight", "v"}), 3, {"\"v\""});
}

TEST(ClassWeight, ThatMakesNoSenseIsRefused) {
  const Folder folder;
  folder.write("data.csv", imbalanced(60, 1));
  const auto expect = [&](const std::string& value, const std::vector<std::string>& words) {
    expect_error(run(folder, {"train", "data.csv", "-t", "kind", "--class-weight", value}), 2, words);
  };
  expect("balance", {"--class-weight", "\"balance\"", "balanced, or CLASS=WEIGHT"});
  expect("rare=-1,usual=1", {"--class-weight", "\"rare=-1\"", "a number from 0"});
  expect("rare=two", {"--class-weight", "\"rare=two\""});
  expect("rara=2,usual=1", {"--class-weight", "\"rara\"", "did you mean"});
  expect("", {"--class-weight"});
  expect_error(run(folder, {"train", "data.csv", "-t", "x", "--class-weight", "balanced"}), 2,
               {"--class-weight", "regression"});
}

TEST(ClassWeight, NamesMayHoldCommasAndEqualSigns) {
  const Folder folder;
  std::string text = "x,kind\n";
  for (int i = 0; i < 40; ++i) text += std::to_string(i % 9) + (i % 3 == 0 ? ",\"a,b\"\n" : ",c=d\n");
  folder.write("data.csv", text);
  const Outcome outcome =
      run(folder, {"train", "data.csv", "-t", "kind", "--epochs", "2", "--class-weight", "a,b=2,c=d=1", "-o", "m.st"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_NE(run(folder, {"inspect", "m.st", "--json"}).out.find("a,b=2,c=d=1"), std::string::npos);
}

}  // namespace
}  // namespace deltarule::test
