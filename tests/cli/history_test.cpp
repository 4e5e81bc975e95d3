// Laws of the history: --history, and what inspect shows of it.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cli/command.hpp"

namespace deltarule::test {
namespace {

using nlohmann::json;
using Names = std::vector<std::string>;

Names train(const Names& more = {}) {
  Names arguments = {"train", "data.csv", "-t", "kind", "--epochs", "7", "--no-refit", "-o", "m"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

TEST(History, IsWrittenAsCsvAndShownByInspectWithTheSameNumbers) {
  const Folder folder;
  folder.write("data.csv", two_classes(100));
  const Outcome outcome = run(folder, train({"--history", "h.csv", "--json"}));
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_NE(outcome.err.find("h.csv"), std::string::npos) << outcome.err;
  const json shown = json::parse(run(folder, {"inspect", "m", "--json"}).out)["history"];
  ASSERT_EQ(shown["epoch"].size(), 7U);
  std::istringstream csv(folder.read("h.csv"));
  std::string line;
  std::getline(csv, line);
  EXPECT_EQ(line.substr(0, 34), "epoch,steps,training_loss,validati");
  const Names events = outcome.lines();
  for (std::size_t e = 0; e < 7; ++e) {
    ASSERT_TRUE(std::getline(csv, line));
    const json event = json::parse(events[e + 1]);
    EXPECT_EQ(line.substr(0, line.find(',')), std::to_string(e + 1));
    for (const char* name : {"epoch", "steps", "training_loss", "validation_loss"})
      EXPECT_EQ(shown[name][e], event[name]) << name;
    EXPECT_NE(line.find("," + event["training_loss"].dump() + ","), std::string::npos) << line;
  }
  EXPECT_FALSE(std::getline(csv, line));
  const std::string text = run(folder, {"inspect", "m"}).out;
  EXPECT_NE(text.find("7 epochs, "), std::string::npos) << text;
  EXPECT_NE(text.find("at best"), std::string::npos) << text;
}

TEST(History, ReplacesNoFileThatItShouldNot) {
  const Folder folder;
  folder.write("data.csv", two_classes(100));
  folder.write("taken.csv", "mine");
  for (const char* name : {"data.csv", "m"}) expect_error(run(folder, train({"--history", name})), 2, {"--history"});
  expect_error(run(folder, train({"--history", "taken.csv"})), 5, {"taken.csv", "exists"});
  expect_error(run(folder, train({"--history", "no/such.csv"})), 5, {"no/such.csv"});
  EXPECT_FALSE(folder.has("m")) << "found before training";
  EXPECT_EQ(folder.read("taken.csv"), "mine");
  ASSERT_EQ(run(folder, train({"--history", "taken.csv", "--force"})).code, 0);
  EXPECT_NE(folder.read("taken.csv"), "mine");
}

TEST(History, OfTwoEqualRunsIsTheSameWhateverTheThreads) {
  const Folder folder;
  folder.write("data.csv", two_classes(100));
  ASSERT_EQ(run(folder, train({"--history", "one.csv"})).code, 0);
  ASSERT_EQ(run(folder, train({"--history", "three.csv", "--force", "--threads", "3"})).code, 0);
  EXPECT_EQ(folder.read("one.csv"), folder.read("three.csv"));
}

}  // namespace
}  // namespace deltarule::test
