// Laws of `deltarule bench`. How quick the machine is, is no law: the numbers are looked at for being numbers.
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <nlohmann/json.hpp>

#include "cli/command.hpp"

namespace deltarule::test {
namespace {

std::size_t columns_of(const std::string& line) {
  return static_cast<std::size_t>(
      std::ranges::count_if(line, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

TEST(Bench, PrintsATableThatFitsAHundredColumns) {
  const Folder folder;
  const Outcome outcome = run(folder, {"bench", "--quick", "--only", "online 2-2-1"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_NE(outcome.err.find("measuring 1 work"), std::string::npos) << outcome.err;
  for (const char* word : {"GFLOP/s f32", "L1", "memory", "Per pattern (online)", "2-2-1", "of limit"}) {
    EXPECT_NE(outcome.out.find(word), std::string::npos) << word << "\n" << outcome.out;
  }
  EXPECT_GT(outcome.lines().size(), 10U);
  for (const std::string& line : outcome.lines()) EXPECT_LE(columns_of(line), 100U) << line;
}

TEST(Bench, WritesTheSameNumbersAsJson) {
  const Folder folder;
  const Outcome outcome = run(folder, {"bench", "--quick", "-q", "--only", "64-32-10 b32", "--json", "bench.json"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.err, "");
  const auto json = nlohmann::json::parse(folder.read("bench.json"));
  EXPECT_EQ(json.at("schema"), "deltarule-bench-1");
  EXPECT_GT(json.at("machine").at("gigaflops_f32").get<double>(), 0.0);
  EXPECT_EQ(json.at("machine").at("levels").size(), 4U);
  ASSERT_GE(json.at("works").size(), 1U);
  for (const auto& work : json.at("works")) {
    EXPECT_EQ(work.at("net"), "64-32-10");
    EXPECT_GT(work.at("patterns_per_second").get<double>(), 0.0);
    EXPECT_GE(work.at("patterns_per_second").get<double>(), work.at("median_patterns_per_second").get<double>());
    EXPECT_GT(work.at("share_of_limit").get<double>(), 0.0);
    EXPECT_GT(work.at("windows").get<std::size_t>(), 0U);
  }
  EXPECT_EQ(run(folder, {"bench", "--quick", "--only", "online 2-2-1", "--json", "bench.json"}).code,
            5);  // it is there
}

TEST(Bench, OneThreadLeavesOutTheWorksOfSeveral) {
  const Folder folder;
  const Outcome outcome =
      run(folder, {"bench", "--quick", "-q", "--only", "64-32-10 b32", "--threads", "1", "--json", "-"});
  EXPECT_EQ(outcome.code, 0);
  const auto json = nlohmann::json::parse(outcome.out);
  ASSERT_EQ(json.at("works").size(), 1U);
  EXPECT_EQ(json.at("works").at(0).at("threads"), 1);
}

TEST(Bench, InDoublePrecisionEveryWorkIs) {
  const Folder folder;
  const Outcome outcome = run(folder, {"bench", "--quick", "-q", "--f64", "--only", "online 2-2-1", "--json", "-"});
  const auto json = nlohmann::json::parse(outcome.out);
  ASSERT_EQ(json.at("works").size(), 1U);
  EXPECT_EQ(json.at("works").at(0).at("numbers"), "f64");
}

TEST(Bench, WhatNamesNoWorkIsRefused) {
  const Folder folder;
  expect_error(run(folder, {"bench", "--only", "transformer"}), 2, {"--only", "transformer", "784-100-10"});
  expect_error(run(folder, {"bench", "table.csv"}), 2, {"one argument too many"});
  expect_error(run(folder, {"bench", "--threads", "0"}), 2, {"--threads"});
}

TEST(Bench, AnInterruptShowsWhatWasMeasured) {
  const Folder folder;
  Process process(folder, {"bench", "--only", "64-32-10", "--json", "bench.json"});
  ASSERT_TRUE(process.wait_for_error_text("measuring", 20));
  process.signal(SIGINT);
  const Outcome outcome = process.wait();
  EXPECT_EQ(outcome.code, 130);
  EXPECT_NE(outcome.err.find("interrupted"), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.out.find("of limit"), std::string::npos) << outcome.out;
  EXPECT_FALSE(folder.has("bench.json"));
}

}  // namespace
}  // namespace deltarule::test
