// Laws of the options that end a run: --stop-on, --min-improvement, --steps, --time-limit, --validation FILE.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cli/command.hpp"

namespace deltarule::test {
namespace {

using nlohmann::json;
using Names = std::vector<std::string>;

TEST(Stop, ATimeLimitSaysAfterWhichStepAndStepsRepeatTheFile) {
  const Folder folder;
  folder.write("data.csv", two_classes(100));
  Names arguments = {"train",   "data.csv", "--target",     "kind",  "--epochs", "1000000",          "--patience",
                     "1000000", "--json",   "--time-limit", "0.05s", "-o",       "timed.safetensors"};
  const Outcome timed = run(folder, arguments);
  ASSERT_EQ(timed.code, 0) << timed.err;
  const json done = json::parse(timed.lines().back());
  EXPECT_EQ(done["stop"], "time_limit");
  const std::string steps = std::to_string(done["steps"].get<std::size_t>());
  EXPECT_NE(timed.err.find("after step " + steps), std::string::npos) << timed.err;
  arguments[9] = "--steps";
  arguments[10] = steps;
  arguments[12] = "again.safetensors";
  const Outcome again = run(folder, arguments);
  ASSERT_EQ(again.code, 0) << again.err;
  EXPECT_EQ(json::parse(again.lines().back())["stop"], "steps");
  EXPECT_EQ(folder.read("timed.safetensors"), folder.read("again.safetensors"));
}

TEST(Stop, AMetricToStopOnIsInTheEventsAndTheAccount) {
  const Folder folder;
  folder.write("data.csv", two_classes(100));
  const Outcome outcome = run(folder, {"train", "data.csv", "--target", "kind", "--stop-on", "auc", "--min-improvement",
                                       "0.001", "--epochs", "300", "--json"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_NE(outcome.err.find("--stop-on auc"), std::string::npos) << outcome.err;
  const Names lines = outcome.lines();
  EXPECT_TRUE(json::parse(lines[1])["validation_score"].is_number()) << lines[1];
  const json done = json::parse(lines.back());
  EXPECT_EQ(done["stop_on"], "auc");
  EXPECT_EQ(done["stop"], "patience");
  EXPECT_NE(outcome.err.find("no better validation auc since epoch"), std::string::npos) << outcome.err;
}

TEST(Stop, AValidationFileIsNamedAndNotTrainedOn) {
  const Folder folder;
  folder.write("data.csv", two_classes(100));
  folder.write("held.csv", two_classes(40));
  const Outcome outcome = run(folder, {"train", "data.csv", "--target", "kind", "--validation", "held.csv", "--test",
                                       "0", "--epochs", "30", "--json"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const json start = json::parse(outcome.lines().front());
  EXPECT_EQ(start["split"]["training"], 100);
  EXPECT_EQ(start["split"]["validation"], 40);
  EXPECT_EQ(start["split"]["validation_from"], "held.csv");
  EXPECT_NE(outcome.err.find("40 to stop by (from held.csv)"), std::string::npos) << outcome.err;
  const Outcome none = run(folder, {"train", "data.csv", "--target", "kind", "--validation", "no.csv"});
  expect_error(none, 5, {"no.csv"});
}

TEST(Stop, ValuesThatMakeNoSenseAreRefused) {
  const Folder folder;
  folder.write("data.csv", two_classes(60));
  std::size_t refused = 0;
  for (const auto& [option, value] : std::vector<std::pair<std::string, std::string>>{{"--time-limit", "soon"},
                                                                                      {"--time-limit", "-3s"},
                                                                                      {"--time-limit", "0"},
                                                                                      {"--time-limit", "1d"},
                                                                                      {"--steps", "0"},
                                                                                      {"--steps", "1.5"},
                                                                                      {"--min-improvement", "-1"},
                                                                                      {"--min-improvement", "x"},
                                                                                      {"--validation", "1.5"},
                                                                                      {"--validation", ""},
                                                                                      {"--stop-on", "rmse"},
                                                                                      {"--stop-on", "accurcy"}}) {
    expect_error(run(folder, {"train", "data.csv", "--target", "kind", option, value}), 2, {option});
    ++refused;
  }
  EXPECT_EQ(refused, 12U);
  EXPECT_EQ(folder.names(), Names{"data.csv"});
}

}  // namespace
}  // namespace deltarule::test
