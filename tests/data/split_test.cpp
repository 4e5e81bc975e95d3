// Laws of the split: disjoint, complete, by equal shares, by seed.
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "base/random.hpp"
#include "data/split.hpp"
#include "tables.hpp"

namespace deltarule::data {
namespace {

using testing::expect_error;

// A schema with these many rows of each class, mixed; some table rows have no target.
Schema random_classes(base::Random& random, const std::vector<std::size_t>& sizes) {
  Schema schema;
  schema.task = sizes.size() == 2 ? Task::binary : Task::multiclass;
  std::vector<std::uint32_t> all;
  for (std::size_t c = 0; c < sizes.size(); ++c) {
    schema.classes.push_back("class" + std::to_string(c));
    all.insert(all.end(), sizes[c], static_cast<std::uint32_t>(c));
  }
  random.shuffle(all);
  for (const std::uint32_t c : all) {
    if (random.below(10) == 0) schema.row_class.push_back(-1);
    schema.rows.push_back(static_cast<std::uint32_t>(schema.row_class.size()));
    schema.row_class.push_back(static_cast<std::int32_t>(c));
  }
  return schema;
}

std::size_t count_class(const Schema& schema, const std::vector<std::uint32_t>& rows, std::size_t c) {
  return static_cast<std::size_t>(std::count_if(rows.begin(), rows.end(), [&](std::uint32_t row) {
    return schema.row_class[row] == static_cast<std::int32_t>(c);
  }));
}

TEST(Split, parts_are_disjoint_sorted_and_together_every_row_with_a_target) {
  std::size_t compared = 0;
  for (std::uint32_t trial = 0; trial < 300; ++trial) {
    base::Random random(3, base::Stream::generate, 1, trial);
    std::vector<std::size_t> sizes;
    for (std::uint32_t c = 2 + random.below(5); c > 0; --c) sizes.push_back(1 + random.below(60));
    const Schema schema = random_classes(random, sizes);
    const auto split =
        split_rows(schema, {.validation = random.uniform(0, 0.4), .test = random.uniform(0, 0.4), .seed = {trial}});
    ASSERT_TRUE(split.ok());
    std::vector<std::uint32_t> together;
    for (const auto* part : {&split->training, &split->validation, &split->test}) {
      ASSERT_TRUE(std::is_sorted(part->begin(), part->end()));
      together.insert(together.end(), part->begin(), part->end());
    }
    std::sort(together.begin(), together.end());
    ASSERT_EQ(together, schema.rows);
    ++compared;
  }
  EXPECT_EQ(compared, 300U);
}

TEST(Split, each_class_and_the_whole_follow_the_shares_and_no_class_is_without_training_rows) {
  std::size_t compared = 0;
  for (std::uint32_t trial = 0; trial < 300; ++trial) {
    base::Random random(4, base::Stream::generate, 1, trial);
    std::vector<std::size_t> sizes;
    for (std::uint32_t c = 2 + random.below(5); c > 0; --c) sizes.push_back(1 + random.below(60));
    const Schema schema = random_classes(random, sizes);
    const double validation = random.uniform(0, 0.4);
    const double test = random.uniform(0, 0.4);
    const auto split = split_rows(schema, {.validation = validation, .test = test, .seed = {trial}});
    ASSERT_TRUE(split.ok());
    EXPECT_TRUE(split->stratified);
    double forced = 0;  // rows that training took beyond its share
    for (std::size_t c = 0; c < sizes.size(); ++c) {
      const auto n = static_cast<double>(sizes[c]);
      const std::size_t training = count_class(schema, split->training, c);
      ASSERT_GE(training, 1U);
      const double slack = training == 1 ? 1.0 : 0.0;
      forced += slack;
      EXPECT_LE(std::fabs(static_cast<double>(count_class(schema, split->validation, c)) - validation * n),
                1.0 + slack);
      EXPECT_LE(std::fabs(static_cast<double>(count_class(schema, split->test, c)) - test * n), 1.0 + slack);
      compared += 2;
    }
    const auto n = static_cast<double>(schema.rows.size());
    EXPECT_LE(std::fabs(static_cast<double>(split->test.size()) - test * n), 2.0 + forced);
    EXPECT_LE(std::fabs(static_cast<double>(split->validation.size()) - validation * n), 2.0 + forced);
  }
  EXPECT_GT(compared, 1000U);
}

TEST(Split, whole_quotas_are_met_exactly) {
  base::Random random(5, base::Stream::generate);
  const Schema schema = random_classes(random, {50, 50, 50});
  const auto split = split_rows(schema, {.validation = 0.14, .test = 0.2, .seed = {1}});
  for (std::size_t c = 0; c < 3; ++c) {
    EXPECT_EQ(count_class(schema, split->training, c), 33U);
    EXPECT_EQ(count_class(schema, split->validation, c), 7U);
    EXPECT_EQ(count_class(schema, split->test, c), 10U);
  }
}

TEST(Split, equal_seeds_give_equal_splits_and_other_seeds_others) {
  base::Random random(6, base::Stream::generate);
  const Schema schema = random_classes(random, {40, 60});
  const auto first = split_rows(schema, {.seed = {1}});
  const auto again = split_rows(schema, {.seed = {1}});
  const auto other = split_rows(schema, {.seed = {2}});
  EXPECT_EQ(first->training, again->training);
  EXPECT_EQ(first->validation, again->validation);
  EXPECT_EQ(first->test, again->test);
  EXPECT_NE(first->test, other->test);
}

TEST(Split, regression_is_cut_as_one_group) {
  Schema schema;
  schema.task = Task::regression;
  for (std::uint32_t row = 0; row < 100; ++row) schema.rows.push_back(row);
  const auto split = split_rows(schema, {.validation = 0.15, .test = 0.2, .seed = {9}});
  EXPECT_FALSE(split->stratified);
  EXPECT_EQ(split->training.size(), 65U);
  EXPECT_EQ(split->validation.size(), 15U);
  EXPECT_EQ(split->test.size(), 20U);
  EXPECT_NE(split->test.back() - split->test.front(), 19U) << "not simply the last rows";
}

TEST(Split, nothing_held_out_leaves_all_rows_for_training) {
  base::Random random(7, base::Stream::generate);
  const Schema schema = random_classes(random, {2, 2});
  const auto split = split_rows(schema, {.validation = 0, .test = 0});
  EXPECT_EQ(split->training, schema.rows);
}

TEST(Split, impossible_shares_are_usage_errors) {
  base::Random random(8, base::Stream::generate);
  const Schema schema = random_classes(random, {5, 5});
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const auto& [validation, test] :
       std::vector<std::pair<double, double>>{{-0.1, 0}, {0, -0.1}, {0.5, 0.5}, {nan, 0}, {0, nan}, {0, 7}}) {
    expect_error(split_rows(schema, {.validation = validation, .test = test}), ErrorCode::usage,
                 "--validation and --test", " and ");
  }
  expect_error(split_rows(Schema{}, {}), ErrorCode::data, "split", "no rows");
}

}  // namespace
}  // namespace deltarule::data
