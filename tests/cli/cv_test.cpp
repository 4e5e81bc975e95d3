// Laws of `cv` and of the options of the split: the same bytes for any number of threads, sums that agree with the
// folds, refusals by name.
#include <gtest/gtest.h>

#include <cmath>
#include <csignal>
#include <nlohmann/json.hpp>

#include "cli/command.hpp"

namespace deltarule::test {
namespace {

using nlohmann::json;
using Names = std::vector<std::string>;

/// two_classes with a column of sites and one of parts.
std::string with_columns(std::size_t rows) {
  std::string text = two_classes(rows), out;
  std::size_t line = 0;
  for (std::size_t from = 0, to = 0; (to = text.find('\n', from)) != std::string::npos; from = to + 1, ++line) {
    const std::string part = line % 5 == 0 ? "test" : (line % 5 == 1 ? "validation" : "train");
    out +=
        text.substr(from, to - from) + (line == 0 ? ",site,part" : ",s" + std::to_string(line % 9) + "," + part) + "\n";
  }
  return out;
}

/// The account without its line breaks.
std::string unbroken(std::string text) {
  for (std::size_t at = 0; (at = text.find("\n            ", at)) != std::string::npos;) text.replace(at, 13, " ");
  return text;
}

const Names kShort = {"--target", "kind", "--ignore", "id", "--epochs", "8", "--hidden", "4"};

Outcome cv(const Folder& folder, const Names& options) {
  Names arguments = {"cv", "data.csv"};
  arguments.insert(arguments.end(), kShort.begin(), kShort.end());
  arguments.insert(arguments.end(), options.begin(), options.end());
  return run(folder, arguments);
}

TEST(CrossValidate, JsonIsTheSameForAnyNumberOfThreadsAndItsMeansAreThoseOfTheFolds) {
  const Folder folder;
  folder.write("data.csv", two_classes(90));
  const Outcome one = cv(folder, {"--folds", "3", "--repeats", "2", "--json", "--threads", "1"});
  ASSERT_EQ(one.code, 0) << one.err;
  EXPECT_EQ(cv(folder, {"--folds", "3", "--repeats", "2", "--json", "--threads", "2"}).out, one.out);
  EXPECT_EQ(cv(folder, {"--folds", "3", "--repeats", "2", "--json"}).out, one.out);
  const json object = json::parse(one.out);
  EXPECT_EQ(object["schema"], "deltarule-cv-1");
  ASSERT_EQ(object["results"].size(), 6U);
  std::size_t tested = 0;
  double sum = 0, squares = 0;
  for (const json& fold : object["results"]) {
    tested += fold["test"].get<std::size_t>();
    sum += fold["metrics"]["log_loss"].get<double>();
    EXPECT_EQ(fold["weights_digest"].get<std::string>().size(), 32U);
  }
  for (const json& fold : object["results"])
    squares += std::pow(fold["metrics"]["log_loss"].get<double>() - sum / 6, 2);
  EXPECT_EQ(tested, 180U);
  EXPECT_NEAR(object["mean"]["log_loss"].get<double>(), sum / 6, 1e-14);
  EXPECT_NEAR(object["sd"]["log_loss"].get<double>(), std::sqrt(squares / 5), 1e-14);
  EXPECT_EQ(object["folds_with_value"]["auc"], 6);
  EXPECT_TRUE(object["baseline"]["linear"]["accuracy"].is_number());
  EXPECT_EQ(object["interrupted"], false);
  EXPECT_EQ(folder.names(), Names{"data.csv"}) << "no model is written";
}

TEST(CrossValidate, TheTableHasALinePerFoldAndSaysWhichDeviationItIs) {
  const Folder folder;
  folder.write("data.csv", with_columns(90));
  const Outcome outcome = cv(folder, {"--folds", "3", "--group-by", "site"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  for (const char* word : {"3 folds", "no group of site in two folds", "mean", "sd: sample standard deviation",
                           "(n - 1)", "trivial", "linear", "balanced_accuracy", "auc"})
    EXPECT_NE(outcome.out.find(word), std::string::npos) << word << " in\n" << outcome.out;
  std::size_t folds = 0;
  for (const std::string& line : outcome.lines())
    folds += line.size() > 4 && line.substr(1, 3) == "   " && line[0] != ' ' ? 1 : 0;
  EXPECT_EQ(folds, 3U) << outcome.out;
  EXPECT_NE(outcome.err.find("3 of 3"), std::string::npos) << outcome.err;
  EXPECT_EQ(cv(folder, {"--folds", "3", "--quiet"}).err, "");
}

TEST(CrossValidate, WhatMakesNoSenseIsRefusedByName) {
  const Folder folder;
  folder.write("data.csv", with_columns(60));
  expect_error(cv(folder, {"--folds", "61"}), 2, {"--folds", "61", "60"});
  expect_error(cv(folder, {"--folds", "1"}), 2, {"--folds", "from 2"});
  expect_error(cv(folder, {"--folds", "10", "--group-by", "site"}), 2, {"--folds", "9", "groups"});
  expect_error(cv(folder, {"--repeats", "0"}), 2, {"--repeats"});
  expect_error(cv(folder, {"--test", "0.2"}), 2, {"--test is an option of train"});
  expect_error(cv(folder, {"--time-limit", "1s"}), 2, {"--time-limit is an option of train"});
  expect_error(cv(folder, {"--group-by", "sites"}), 3, {"\"sites\"", "\"site\""});
  folder.write("single.csv", two_classes(40) + "99,0,0,red,c\n");
  expect_error(run(folder, {"cv", "single.csv", "--target", "kind"}), 3, {"class \"c\" has 1 row"});
}

TEST(CrossValidate, ASignalKeepsTheFoldsThatEnded) {
  const Folder folder;
  folder.write("data.csv", two_classes(400));
  Process process(folder, {"cv", "data.csv", "--target", "kind", "--folds", "200", "--epochs", "400", "--patience", "0",
                           "--json", "--threads", "1"});
  ASSERT_TRUE(process.wait_for_error_text("2 of 200", 60));
  process.signal(SIGINT);
  const Outcome outcome = process.wait();
  EXPECT_EQ(outcome.code, 130);
  const json object = json::parse(outcome.out);
  EXPECT_EQ(object["interrupted"], true);
  EXPECT_GE(object["results"].size(), 2U);
  EXPECT_LT(object["results"].size(), 200U);
}

TEST(SplitOptions, GroupsTimesAndColumnsAreInTheEventsAndTheAccount) {
  const Folder folder;
  folder.write("data.csv", with_columns(100));
  const auto train = [&](const Names& options) {
    Names arguments = {"train", "data.csv", "--force", "-o", "m.safetensors"};
    arguments.insert(arguments.end(), kShort.begin(), kShort.end());
    arguments.insert(arguments.end(), options.begin(), options.end());
    return run(folder, arguments);
  };
  const auto split_of = [](const Outcome& outcome) { return json::parse(outcome.lines().front())["split"]; };
  const Outcome grouped = train({"--group-by", "site", "--json"});
  ASSERT_EQ(grouped.code, 0) << grouped.err;
  EXPECT_EQ(split_of(grouped)["by"], "group");
  EXPECT_EQ(split_of(grouped)["column"], "site");
  EXPECT_NE(unbroken(grouped.err).find("no group of site in two parts"), std::string::npos) << grouped.err;
  const Outcome timed = train({"--split-by-time", "x", "--json"});
  ASSERT_EQ(timed.code, 0) << timed.err;
  EXPECT_EQ(split_of(timed)["by"], "time");
  const Outcome named = train({"--split-column", "part", "--json"});
  ASSERT_EQ(named.code, 0) << named.err;
  EXPECT_EQ(split_of(named)["by"], "column");
  EXPECT_EQ(split_of(named)["test"], 20);
  EXPECT_NE(unbroken(named.err).find("as part says"), std::string::npos) << named.err;
  EXPECT_EQ(split_of(train({"--json"}))["by"], "random");
  expect_error(train({"--split-column", "part", "--test", "0.2"}), 2, {"--test", "--split-column"});
  expect_error(train({"--split-column", "part", "--group-by", "site"}), 2, {"--group-by", "--split-column"});
  expect_error(train({"--split-column", "site"}), 3, {"data.csv:2", "\"s1\"", "train, validation or test"});
  expect_error(train({"--group-by", "kind"}), 2, {"--group-by", "target"});
}

}  // namespace
}  // namespace deltarule::test
