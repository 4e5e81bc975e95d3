// Laws of going on with a model, and of what no output may replace.
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/command.hpp"

namespace deltarule::test {
namespace {

using nlohmann::json;
using Arguments = std::vector<std::string>;

/// A folder with data.csv and the model m of it.
void train_first(const Folder& folder) {
  folder.write("data.csv", two_classes(100));
  const Outcome outcome =
      run(folder, {"train", "data.csv", "--target", "kind", "--epochs", "3", "--no-refit", "-o", "m"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
}

/// Goes on without moving any weight.
Arguments still(const std::string& from, const std::string& to, const std::string& seed) {
  return {"train", "data.csv", "--target", "kind",       "--start-from",   from, "--optimizer", "delta-rule", "--lr",
          "1e-30", "--epochs", "1",        "--no-refit", "--weight-decay", "0",  "--seed",      seed,         "-o",
          to,      "--json"};
}

TEST(Continue, InputsArePreparedAsInTheModel) {
  const Folder folder;
  train_first(folder);
  const Outcome again = run(folder, still("m", "again", "5"));
  ASSERT_EQ(again.code, 0) << again.err;
  EXPECT_NE(again.err.find("inputs are prepared as in the model"), std::string::npos) << again.err;
  const Outcome before = run(folder, {"predict", "m", "data.csv", "--proba"});
  const Outcome after = run(folder, {"predict", "again", "data.csv", "--proba"});
  ASSERT_EQ(before.lines().size(), 101U);
  EXPECT_EQ(before.out, after.out) << "another split would scale the inputs otherwise";
}

TEST(Continue, SaysWhenTheStartingWeightsMayHaveSeenTheMeasuredRows) {
  const Folder folder;
  train_first(folder);
  const json same = json::parse(run(folder, still("m", "a", "0")).lines().back());
  const Outcome outcome = run(folder, still("m", "b", "5"));
  const json other = json::parse(outcome.lines().back());
  EXPECT_EQ(same["start_may_have_seen"], false);
  EXPECT_EQ(other["start_may_have_seen"], true);
  EXPECT_NE(other["notices"].dump().find("starting weights may have been fitted"), std::string::npos) << other.dump();
  EXPECT_EQ(outcome.err.find("rows that training never saw"), std::string::npos) << outcome.err;
}

TEST(Continue, AModelOfOtherColumnsOrClassesIsRefused) {
  const Folder folder;
  train_first(folder);
  expect_error(run(folder, {"train", "data.csv", "-t", "kind", "--start-from", "m", "--ignore", "x"}), 3,
               {"--start-from", "\"x\"", "--features"});
  expect_error(run(folder, {"train", "data.csv", "-t", "x", "--start-from", "m"}), 3, {"--start-from", "binary"});
  std::string renamed = two_classes(100);
  for (std::size_t at = 0; (at = renamed.find(",a\n", at)) != std::string::npos;) renamed[at + 1] = 'q';
  folder.write("renamed.csv", renamed);
  expect_error(run(folder, {"train", "renamed.csv", "-t", "kind", "--start-from", "m"}), 3,
               {"--start-from", "classes", "\"a\"", "\"q\""});
  expect_error(run(folder, {"train", "data.csv", "-t", "kind", "--start-from", "m", "--scale", "minmax"}), 2,
               {"--scale", "--start-from"});
}

TEST(Continue, NamedInputsOfAJsonNetworkMustBeTheTables) {
  const Folder folder;
  train_first(folder);
  json network = json::parse(run(folder, {"inspect", "m", "--weights"}).out);
  ASSERT_TRUE(network["inputs"].is_array()) << network.dump();
  std::swap(network["inputs"][0], network["inputs"][1]);
  folder.write("swapped.json", network.dump());
  expect_error(run(folder, {"train", "data.csv", "-t", "kind", "--start-from", "swapped.json"}), 2,
               {"network", "inputs called", "order"});
}

TEST(Outputs, NoOutputReplacesAnInputHoweverItIsNamed) {
  const Folder folder;
  train_first(folder);
  std::filesystem::create_symlink(folder.path("data.csv"), folder.path("link.csv"));
  const std::string data = folder.read("data.csv"), model = folder.read("m");
  for (const char* output : {"data.csv", "./data.csv", "link.csv"}) {
    expect_error(run(folder, {"predict", "m", "data.csv", "-o", output, "--force"}), 2, {"-o", "the data itself"});
    expect_error(run(folder, {"train", "data.csv", "-t", "kind", "-o", output, "--force"}), 2,
                 {"-o", "the data itself"});
  }
  expect_error(run(folder, {"predict", "m", "data.csv", "-o", "./m", "--force"}), 2, {"-o", "the model itself"});
  EXPECT_EQ(folder.read("data.csv"), data);
  EXPECT_EQ(folder.read("m"), model);
}

TEST(Names, AnUnknownNameIsAnsweredWithItsOptionAndTheNearest) {
  const Folder folder;
  folder.write("data.csv", two_classes(60));
  const auto with = [&](const Arguments& more) {
    Arguments all = {"train", "data.csv", "-t", "kind"};
    all.insert(all.end(), more.begin(), more.end());
    return run(folder, all);
  };
  expect_error(with({"--activation", "tnh"}), 2, {"--activation", "sigmoid", "did you mean tanh"});
  expect_error(with({"--output-activation", "zzzzzz"}), 2, {"--output-activation", "softmax"});
  expect_error(with({"--loss", "crossentropy"}), 2, {"--loss", "did you mean cross-entropy"});
  expect_error(with({"--init", "xavier"}), 2, {"--init", "did you mean glorot_uniform"});
  expect_error(with({"--init", "uniform"}), 2, {"--init", "uniform(0.5)"});
}

TEST(Account, SaysWhatWasGivenAndWhatThatLeadsTo) {
  const Folder folder;
  folder.write("data.csv", two_classes(100));
  const Outcome outcome = run(folder, {"train", "data.csv", "-t", "kind", "--epochs", "2", "--patience", "3", "--test",
                                       "0.001", "--momentum", "0.5", "--hidden", "none", "--activation", "relu"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  for (const char* text :
       {"given", "--momentum 0.5", "--patience 3", "because of --momentum", "has no effect", "less than one row"}) {
    EXPECT_NE(outcome.err.find(text), std::string::npos) << text << " in\n" << outcome.err;
  }
}

TEST(Inspect, JsonIsOneLine) {
  const Folder folder;
  train_first(folder);
  const Outcome outcome = run(folder, {"inspect", "m", "--json"});
  ASSERT_EQ(outcome.lines().size(), 1U) << outcome.out;
  EXPECT_TRUE(json::parse(outcome.out)["network"]["layers"].is_array());
}

}  // namespace
}  // namespace deltarule::test
