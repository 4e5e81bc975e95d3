// Laws of the optimizers that move all weights together: all rows per step, what they refuse, and that the account says
// what they take.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cli/command.hpp"

namespace deltarule::test {
namespace {

using nlohmann::json;
using Names = std::vector<std::string>;

Names train_with(const Names& more) {
  Names all = {"train", "data.csv", "--target", "y", "--epochs", "20", "-o", "model.safetensors", "--force"};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

TEST(RulesThatMoveAllTogether, GetAllRowsPerStepAndSayTheirMemory) {
  const Folder folder;
  folder.write("data.csv", straight_line(80));
  for (const std::string optimizer : {"scg", "lbfgs(history=5)", "lm", "lm(mu=0.01,bayesian=1,memory_mb=64)"}) {
    const Outcome outcome = run(folder, train_with({"--optimizer", optimizer, "--hidden", "4", "--json"}));
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    std::string batch, memory, rule;
    const json start = json::parse(outcome.lines().front());
    for (const json& choice : start["choices"]) {
      if (choice["what"] == "batch size") batch = choice["value"];
      if (choice["what"] == "rule memory") memory = choice["value"];
      if (choice["what"] == "rule settings") rule = choice["value"];
    }
    EXPECT_EQ(batch, "all") << optimizer;
    EXPECT_NE(memory.find(" MB for 17 weights"), std::string::npos) << memory;
    EXPECT_FALSE(rule.empty()) << optimizer;
    EXPECT_NE(outcome.err.find("rule memory"), std::string::npos) << outcome.err;
    const Outcome inspected = run(folder, {"inspect", "model.safetensors", "--json"});
    const json provenance = json::parse(inspected.lines().back())["provenance"];
    EXPECT_EQ(provenance["optimizer"], optimizer.substr(0, optimizer.find('(')));
    if (optimizer.find("bayesian=1") != std::string::npos) {
      EXPECT_EQ(provenance["rule_settings"],
                "mu=0.01, mu_increase=4, mu_decrease=0.5, mu_max=1e+10, bayesian=1, memory_mb=64");
    }
  }
}

TEST(RulesThatMoveAllTogether, RefuseMiniBatches) {
  const Folder folder;
  folder.write("data.csv", straight_line(80));
  for (const std::string optimizer : {"scg", "lbfgs", "lm"}) {
    expect_error(
        run(folder, train_with({"--optimizer", optimizer, "--batch-size", "16"})), 2,
        {"--batch-size: 16 with the optimizer " + optimizer, "needed all: it goes by the slopes of all rows together",
         "leave out --batch-size, or use an optimizer for mini-batches such as adamw"});
    EXPECT_EQ(run(folder, train_with({"--optimizer", optimizer, "--batch-size", "all"})).code, 0) << optimizer;
  }
}

TEST(RulesThatMoveAllTogether, RefuseARate) {
  const Folder folder;
  folder.write("data.csv", straight_line(80));
  expect_error(run(folder, train_with({"--optimizer", "lm", "--learning-rate", "0.1"})), 2,
               {"--learning-rate: 0.1 with the optimizer lm", "lm finds the size of its steps itself"});
}

TEST(LevenbergMarquardt, RefusesClassesUnlessTheyAreLearntBySquares) {
  const Folder folder;
  folder.write("data.csv", two_classes(80));
  expect_error(run(folder, {"train", "data.csv", "--target", "kind", "--optimizer", "lm"}), 2,
               {"optimizer lm: a loss that is no sum of squares; needed the loss half_squared_error",
                "use that loss, or the optimizer lbfgs or scg, which take any"});
  for (const Names& more : {Names{"--optimizer", "lm", "--loss", "half_squared_error"}, Names{"--optimizer", "lbfgs"},
                            Names{"--optimizer", "scg"}}) {
    Names all = {"train",    "data.csv", "--target", "kind",          "--epochs", "10",
                 "--hidden", "3",        "-o",       "m.safetensors", "--force"};
    all.insert(all.end(), more.begin(), more.end());
    EXPECT_EQ(run(folder, all).code, 0);
  }
}

TEST(LevenbergMarquardt, RefusesMoreMemoryThanItMayTakeBeforeTheFirstEpoch) {
  const Folder folder;
  folder.write("data.csv", straight_line(80));
  expect_error(run(folder, train_with({"--optimizer", "lm(memory_mb=10)", "--hidden", "300"})), 2,
               {"optimizer lm: 1201 weights, which take 14 MB; needed at most memory_mb, 10 MB",
                "raise memory_mb, use fewer units, or use lbfgs or scg"});
  expect_error(run(folder, train_with({"--optimizer", "lm(bayesian=1)", "--weight-decay", "0.1"})), 2,
               {"optimizer lm: bayesian=1 with an l1 or l2 penalty"});
}

}  // namespace
}  // namespace deltarule::test
