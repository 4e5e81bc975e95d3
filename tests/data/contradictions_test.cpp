// Laws of contradictions: the same count and floor as comparing every row with every other, whatever the order.
#include "data/contradictions.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "base/random.hpp"
#include "prepared.hpp"

namespace deltarule::data::testing {
namespace {

struct Expected {
  std::size_t groups = 0, rows = 0;
  double floor = 0.0;
};

/// By a map from inputs to targets, from the definition.
Expected by_definition(const std::vector<std::pair<int, int>>& inputs, const std::vector<int>& targets,
                       const std::vector<double>& weights, bool classes) {
  std::map<std::pair<int, int>, std::vector<std::size_t>> groups;
  for (std::size_t k = 0; k < inputs.size(); ++k) groups[inputs[k]].push_back(k);
  Expected expected;
  double all = 0.0;
  for (const double weight : weights) all += weight;
  for (const auto& [input, rows] : groups) {
    std::map<int, double> votes;
    double sum = 0.0, squares = 0.0, weight = 0.0;
    for (const std::size_t row : rows) {
      votes[targets[row]] += weights[row];
      sum += weights[row] * targets[row];
      squares += weights[row] * targets[row] * targets[row];
      weight += weights[row];
    }
    if (votes.size() < 2) continue;
    ++expected.groups;
    expected.rows += rows.size();
    double most = 0.0;
    for (const auto& [target, vote] : votes) most = std::max(most, vote);
    expected.floor += (classes ? weight - most : squares - sum * sum / weight) / all;
  }
  return expected;
}

TEST(Contradictions, are_those_of_comparing_all_rows_with_their_least_error) {
  std::size_t compared = 0, with_some = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    base::Random random(seed, base::Stream::generate);
    const bool classes = seed % 2 == 0, weighted = seed % 3 == 0;
    const std::size_t rows = 4 + random.below(120);
    std::vector<std::pair<int, int>> inputs;
    std::vector<int> targets;
    std::vector<double> weights;
    std::vector<double> a, b, y;
    for (std::size_t k = 0; k < rows; ++k) {
      inputs.emplace_back(k < 2 ? static_cast<int>(k) : static_cast<int>(random.below(9)),
                          k < 2 ? static_cast<int>(k) : static_cast<int>(random.below(9)));
      targets.push_back(k < 3 ? static_cast<int>(k) : static_cast<int>(random.below(3)));
      weights.push_back(weighted ? 0.5 + random.below(4) : 1.0);
      a.push_back(inputs.back().first);
      b.push_back(inputs.back().second == 0 ? -0.0 : inputs.back().second);
      y.push_back(targets.back());
    }
    const Table table = *table_from_columns("t.csv", {"a", "b", "y"}, {a, b, y});
    const Preprocessing rules =
        fitted_on(table, {.targets = {"y"}, .task = classes ? Task::multiclass : Task::regression});
    Notices notices;
    const auto bound = bind_table(table, rules, {.targets = Targets::required}, notices);
    ASSERT_TRUE(bound.ok());
    const Contradictions found =
        find_contradictions(*bound, bound->rows_with_targets(), weighted ? weights : std::vector<double>());
    const Expected expected = by_definition(inputs, targets, weights, classes);
    EXPECT_EQ(found.groups, expected.groups);
    EXPECT_EQ(found.rows, expected.rows);
    EXPECT_NEAR(found.floor, expected.floor, 1e-12);
    if (found.groups > 0) {
      EXPECT_EQ(inputs[found.first], inputs[found.second]);
      EXPECT_NE(targets[found.first], targets[found.second]);
      ++with_some;
    }
    ++compared;
  }
  EXPECT_EQ(compared, 60U);
  EXPECT_GT(with_some, 40U);
}

TEST(Contradictions, equal_rows_with_equal_targets_are_none) {
  const Table table = *table_from_columns("t.csv", {"a", "y"}, {{1, 1, 2, 2, 3}, {0.1, 0.1, 5, 5, 7}});
  const Preprocessing rules = fitted_on(table, {.targets = {"y"}, .task = Task::regression});
  Notices notices;
  const auto bound = bind_table(table, rules, {.targets = Targets::required}, notices);
  const Contradictions found = find_contradictions(*bound, bound->rows_with_targets(), {});
  EXPECT_EQ(found.groups, 0U);
  EXPECT_EQ(found.floor, 0.0);
}

}  // namespace
}  // namespace deltarule::data::testing
