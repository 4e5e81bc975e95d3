// Laws of the options that decide how far weights move: schedules of the rate.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cli/command.hpp"

namespace deltarule::test {
namespace {

using nlohmann::json;
using Names = std::vector<std::string>;

TEST(Schedule, IsInTheEventsTheAccountAndTheModel) {
  const Folder folder;
  folder.write("data.csv", two_classes(100));
  const Outcome outcome =
      run(folder, {"train", "data.csv", "--target", "kind", "--schedule", "step(every=2,factor=0.5)", "--epochs", "5",
                   "--json", "-o", "model.safetensors"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const Names lines = outcome.lines();
  const double expected[] = {1, 1, 0.5, 0.5, 0.25};
  for (std::size_t e = 0; e < 5; ++e) EXPECT_EQ(json::parse(lines[e + 1])["rate_factor"], expected[e]) << lines[e + 1];
  EXPECT_NE(outcome.err.find("every=2"), std::string::npos) << outcome.err;
  const Outcome inspected = run(folder, {"inspect", "model.safetensors", "--json"});
  EXPECT_EQ(json::parse(inspected.lines().back())["provenance"]["schedule"], "step(every=2, factor=0.5)");
}

TEST(Schedule, OfARuleWithoutARateIsAUsageError) {
  const Folder folder;
  folder.write("data.csv", two_classes(60));
  expect_error(run(folder, {"train", "data.csv", "--target", "kind", "--optimizer", "irprop+", "--schedule", "cosine"}),
               2,
               {"schedule cosine: the optimizer irprop+; needed an optimizer that has a learning rate",
                "irprop+ finds the size of its steps itself"});
  expect_error(run(folder, {"cv", "data.csv", "--target", "kind", "--schedule", "plateau(patience=0)"}), 2,
               {"schedule plateau: patience 0", "a whole number from 1"});
}

}  // namespace
}  // namespace deltarule::test
