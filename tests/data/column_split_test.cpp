// Laws of splits that a column decides, and of folds: what stays together, what comes last, what is refused.
#include <algorithm>
#include <map>
#include <set>

#include "base/random.hpp"
#include "data/split.hpp"
#include "tables.hpp"

namespace deltarule::data {
namespace {

using testing::contains;
using testing::expect_error;
using testing::table_of;

/// Columns x, y and `name`, whose cells are given; every seventh row has no target and, there, no such cell either.
Table table_with(const std::string& name, const std::vector<std::string>& cells) {
  std::string text = "x,y," + name + "\n";
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const bool complete = i % 7 != 3;
    text += std::to_string(i) + "," + (complete ? std::to_string(0.25 + static_cast<double>(i)) : "") + "," +
            (complete ? cells[i] : "") + "\n";
  }
  return table_of(text);
}

SchemaOptions by(SplitKind kind, const std::string& column) {
  SchemaOptions options;
  options.targets = {"y"};
  options.split = kind;
  options.split_column = column;
  return options;
}

Result<Schema> schema_of(const Table& table, const SchemaOptions& options) {
  Notices notices;
  return make_schema(table, options, notices);
}

std::vector<std::string> groups_of(base::Random& random, std::size_t rows, std::uint32_t groups) {
  std::vector<std::string> cells;
  for (std::size_t i = 0; i < rows; ++i) cells.push_back("g" + std::to_string(random.below(groups)));
  return cells;
}

std::vector<std::uint32_t> together(const Split& split) {
  std::vector<std::uint32_t> rows;
  for (const auto* part : {&split.training, &split.validation, &split.test})
    rows.insert(rows.end(), part->begin(), part->end());
  std::sort(rows.begin(), rows.end());
  return rows;
}

TEST(GroupSplit, no_group_is_in_two_parts_and_no_part_is_empty) {
  std::size_t splits = 0;
  double off = 0.0;
  for (std::uint32_t trial = 0; trial < 200; ++trial) {
    base::Random random(5, base::Stream::generate, 1, trial);
    const std::uint32_t groups = 3 + random.below(30);
    const Table table = table_with("site", groups_of(random, 60 + random.below(200), groups));
    const auto schema = schema_of(table, by(SplitKind::by_group, "site"));
    ASSERT_TRUE(schema.ok()) << schema.error().message();
    const auto split = split_rows(*schema, {.validation = 0.2, .test = 0.25, .seed = {trial}});
    ASSERT_TRUE(split.ok()) << split.error().message();
    ASSERT_EQ(together(*split), schema->rows);
    std::map<std::string, std::set<int>> parts_of;
    int number = 0;
    for (const auto* part : {&split->training, &split->validation, &split->test}) {
      EXPECT_FALSE(part->empty());
      EXPECT_TRUE(std::is_sorted(part->begin(), part->end()));
      for (const std::uint32_t row : *part) parts_of[table.cell_text(row, 2)].insert(number);
      ++number;
    }
    for (const auto& [group, parts] : parts_of) EXPECT_EQ(parts.size(), 1U) << group;
    const double rows = static_cast<double>(schema->rows.size());
    if (groups >= 20) off = std::max(off, std::abs(static_cast<double>(split->test.size()) / rows - 0.25));
    splits += parts_of.size() > 2 ? 1 : 0;
  }
  EXPECT_EQ(splits, 200U);
  EXPECT_GT(off, 0.0);
  EXPECT_LT(off, 0.1) << "no further from the share than a large group";
}

TEST(GroupSplit, seeds_decide_which_groups_and_names_do_not) {
  base::Random random(5, base::Stream::generate);
  std::vector<std::string> cells = groups_of(random, 200, 20);
  const auto split_with = [&](std::uint64_t seed) {
    const Table table = table_with("site", cells);
    return split_rows(*schema_of(table, by(SplitKind::by_group, "site")),
                      {.validation = 0.2, .test = 0.2, .seed = {seed}})
        ->test;
  };
  const auto first = split_with(1);
  EXPECT_EQ(split_with(1), first);
  EXPECT_NE(split_with(2), first);
  for (std::string& cell : cells)
    cell = std::to_string(cell.size() == 2 ? cell[1] - '0' : 10 + cell[2] - '0');  // numbers
  EXPECT_EQ(split_with(1), first);
}

TEST(GroupSplit, too_few_groups_are_refused_with_their_number) {
  const Table two = table_with("site", {"a", "b", "a", "b", "a", "b", "a", "b"});
  const auto schema = schema_of(two, by(SplitKind::by_group, "site"));
  ASSERT_TRUE(schema.ok());
  const auto split = split_rows(*schema, {.validation = 0.2, .test = 0.2});
  expect_error(split, ErrorCode::data, "--group-by \"site\"", "2 groups");
  EXPECT_TRUE(split_rows(*schema, {.validation = 0.0, .test = 0.2}).ok());
  const Table one = table_with("site", {"a", "a", "a"});
  expect_error(schema_of(one, by(SplitKind::by_group, "site")), ErrorCode::data, "t.csv, column \"site\"", "one group");
}

TEST(TimeSplit, parts_follow_each_other_in_time_whatever_the_order_of_the_rows) {
  std::size_t compared = 0;
  for (const bool dates : {false, true}) {
    for (std::uint32_t trial = 0; trial < 50; ++trial) {
      base::Random random(7, base::Stream::generate, dates ? 1 : 0, trial);
      std::vector<std::string> cells;
      for (std::uint32_t i = 0; i < 40 + random.below(60); ++i) {
        const std::uint32_t day = 10 + random.below(20);
        cells.push_back(dates ? "2024-03-" + std::to_string(day) : std::to_string(day) + ".5");
      }
      const Table table = table_with("when", cells);
      const auto schema = schema_of(table, by(SplitKind::by_time, "when"));
      ASSERT_TRUE(schema.ok()) << schema.error().message();
      const auto split = split_rows(*schema, {.validation = 0.2, .test = 0.3, .seed = {trial}});
      ASSERT_TRUE(split.ok());
      ASSERT_EQ(together(*split), schema->rows);
      const auto times = [&](const std::vector<std::uint32_t>& rows) {
        std::set<std::string> texts;
        for (const std::uint32_t row : rows) texts.insert(table.cell_text(row, 2));
        return texts;
      };
      EXPECT_LT(*times(split->training).rbegin(), *times(split->validation).begin());
      EXPECT_LT(*times(split->validation).rbegin(), *times(split->test).begin());
      const double share = static_cast<double>(split->test.size()) / static_cast<double>(schema->rows.size());
      EXPECT_NEAR(share, 0.3, 0.1) << "half the rows of one day at most";
      ++compared;
    }
  }
  EXPECT_EQ(compared, 100U);
}

TEST(TimeSplit, without_equal_times_the_shares_are_kept_to_the_row) {
  std::vector<std::string> cells;
  for (int i = 0; i < 70; ++i) cells.push_back(std::to_string(100 - i));
  const Table table = table_with("when", cells);
  const auto split =
      split_rows(*schema_of(table, by(SplitKind::by_time, "when")), {.validation = 0.1, .test = 0.2, .seed = {1}});
  ASSERT_TRUE(split.ok());
  EXPECT_EQ(split->test.size(), 12U);  // of 60 rows with a target
  EXPECT_EQ(split->validation.size(), 6U);
  EXPECT_EQ(split->test.front(), 0U) << "the rows with the smallest numbers come last in time last";
}

TEST(TimeSplit, few_times_give_each_part_one_and_too_few_are_refused) {
  const Table three = table_with("when", {"1", "1", "1", "9", "1", "1", "2", "3"});
  const auto schema = schema_of(three, by(SplitKind::by_time, "when"));
  const auto split = split_rows(*schema, {.validation = 0.1, .test = 0.1});
  ASSERT_TRUE(split.ok());
  EXPECT_EQ(split->validation, std::vector<std::uint32_t>{6});
  EXPECT_EQ(split->test, std::vector<std::uint32_t>{7});
  const Table two = table_with("when", {"1", "2", "1", "9", "1"});
  expect_error(split_rows(*schema_of(two, by(SplitKind::by_time, "when")), {.validation = 0.1, .test = 0.1}),
               ErrorCode::data, "--split-by-time \"when\"", "2 times");
  const Table same = table_with("when", {"4", "4", "4"});
  expect_error(schema_of(same, by(SplitKind::by_time, "when")), ErrorCode::data, "t.csv, column \"when\"", "one time");
}

TEST(TimeSplit, texts_that_are_no_times_are_refused_in_their_line) {
  const auto refused = [](const std::vector<std::string>& cells, const std::string& place, const std::string& got) {
    const Table table = table_with("when", cells);
    expect_error(schema_of(table, by(SplitKind::by_time, "when")), ErrorCode::data, place + ", column \"when\"", got);
  };
  refused({"31.1.2024", "1.2.2024"}, "t.csv:2", "31.1.2024");
  refused({"2024-01-31", "2024-02-01T00:00"}, "t.csv:3", "2024-02-01T00:00");
  refused({"2024-01-31", "2024-2-1"}, "t.csv:3", "2024-2-1");
  refused({"2024-01-31T01:00+02", "2024-01-31T01:00+01"}, "t.csv:2", "+02");  // of two zones
  refused({"monday", "tuesday"}, "t.csv:2", "monday");
}

TEST(ColumnSplit, every_row_goes_where_the_column_says) {
  const Table table = table_with("part", {"train", "test", "validation", "?", "training", "train", "test"});
  const auto schema = schema_of(table, by(SplitKind::by_part, "part"));
  ASSERT_TRUE(schema.ok()) << schema.error().message();
  const auto split = split_rows(*schema, {.validation = 0.0, .test = 0.0});
  ASSERT_TRUE(split.ok());
  EXPECT_EQ(split->training, (std::vector<std::uint32_t>{0, 4, 5}));
  EXPECT_EQ(split->validation, std::vector<std::uint32_t>{2});
  EXPECT_EQ(split->test, (std::vector<std::uint32_t>{1, 6}));
}

TEST(ColumnSplit, unknown_names_and_missing_parts_are_refused) {
  const auto refused = [](const std::vector<std::string>& cells, const std::string& place, const std::string& got) {
    const Table table = table_with("part", cells);
    expect_error(schema_of(table, by(SplitKind::by_part, "part")), ErrorCode::data, place, got);
  };
  refused({"train", "Test"}, "t.csv:3, column \"part\"", "\"Test\"");
  refused({"0", "1"}, "t.csv:2, column \"part\"", "\"0\"");
  refused({"train", "train"}, "t.csv, column \"part\"", "all 2 rows are for train");
  refused({"test", "validation"}, "t.csv, column \"part\"", "no row is for train");
  refused({"train", "test", ""}, "t.csv:4, column \"part\"", "no value");
}

TEST(SplitColumn, is_no_feature_unless_it_is_named_as_one) {
  const Table table = table_with("site", {"a", "b", "a", "b", "c", "c"});
  for (const SplitKind kind : {SplitKind::at_random, SplitKind::by_group}) {
    SchemaOptions options = by(kind, "site");
    const auto schema = schema_of(table, options);
    ASSERT_TRUE(schema.ok());
    EXPECT_EQ(schema->features.size(), kind == SplitKind::at_random ? 2U : 1U);
    options.features = {"x", "site"};
    EXPECT_EQ(schema_of(table, options)->features.size(), 2U);
    options.features = {};
    options.ignore = {"site"};
    EXPECT_EQ(schema_of(table, options)->features.size(), 1U);
  }
  expect_error(schema_of(table, by(SplitKind::by_group, "y")), ErrorCode::usage, "--group-by", "the target");
  const auto unknown = schema_of(table, by(SplitKind::by_group, "sites"));
  ASSERT_FALSE(unknown.ok());
  EXPECT_TRUE(contains(unknown.error().message(), "\"site\"")) << unknown.error().message();
}

TEST(SplitColumn, missing_values_are_refused_in_their_line_but_not_in_rows_without_a_target) {
  std::size_t refused = 0;
  for (const SplitKind kind : {SplitKind::by_group, SplitKind::by_time, SplitKind::by_part}) {
    const Table table = table_with("c", {"1", "2", "3", "4", "5", "", "7"});
    expect_error(schema_of(table, by(kind, "c")), ErrorCode::data, "t.csv:7, column \"c\"", "no value");
    ++refused;
  }
  EXPECT_EQ(refused, 3U);
}

TEST(Folds, each_class_is_dealt_evenly_and_folds_differ_by_a_row_at_most) {
  std::size_t compared = 0;
  for (std::uint32_t trial = 0; trial < 200; ++trial) {
    base::Random random(9, base::Stream::generate, 1, trial);
    std::string text = "x,y\n";
    const std::uint32_t rows = 20 + random.below(100);
    for (std::uint32_t i = 0; i < rows; ++i)
      text += std::to_string(i) + ",c" + std::to_string(i < 6 ? i % 3 : random.below(3)) + "\n";
    const Table table = table_of(text);
    const auto schema = schema_of(table, by(SplitKind::at_random, ""));
    ASSERT_TRUE(schema.ok()) << schema.error().message();
    const std::size_t folds = 2 + random.below(10);
    const auto fold_of = deal_folds(*schema, folds, {trial});
    ASSERT_TRUE(fold_of.ok());
    ASSERT_EQ(fold_of->size(), rows);
    std::vector<std::size_t> sizes(folds), of_class(folds * 3);
    for (std::uint32_t i = 0; i < rows; ++i) {
      ASSERT_LT((*fold_of)[i], folds);
      ++sizes[(*fold_of)[i]];
      ++of_class[static_cast<std::size_t>(schema->row_class[i]) * folds + (*fold_of)[i]];
    }
    const auto within_one = [](auto from, auto to) {
      return *std::max_element(from, to) - *std::min_element(from, to) <= 1;
    };
    EXPECT_TRUE(within_one(sizes.begin(), sizes.end()));
    for (std::size_t c = 0; c < 3; ++c) {
      const auto from = of_class.begin() + static_cast<std::ptrdiff_t>(c * folds);
      EXPECT_TRUE(within_one(from, from + static_cast<std::ptrdiff_t>(folds)));
    }
    ++compared;
  }
  EXPECT_EQ(compared, 200U);
}

TEST(Folds, groups_stay_together_and_seeds_differ) {
  base::Random random(5, base::Stream::generate);
  const Table table = table_with("site", groups_of(random, 150, 12));
  const auto schema = schema_of(table, by(SplitKind::by_group, "site"));
  const auto one = deal_folds(*schema, 4, {1});
  ASSERT_TRUE(one.ok());
  std::map<std::string, std::uint32_t> fold_of;
  std::set<std::uint32_t> folds;
  for (std::size_t i = 0; i < schema->rows.size(); ++i) {
    folds.insert((*one)[i]);
    EXPECT_EQ(fold_of.emplace(table.cell_text(schema->rows[i], 2), (*one)[i]).first->second, (*one)[i]);
  }
  EXPECT_EQ(folds.size(), 4U);
  EXPECT_EQ(*deal_folds(*schema, 4, {1}), *one);
  EXPECT_NE(*deal_folds(*schema, 4, {2}), *one);
}

TEST(Folds, more_than_there_are_rows_or_groups_are_refused) {
  const Table table = table_with("site", {"a", "b", "c", "?", "a", "b"});
  const auto plain = schema_of(table, by(SplitKind::at_random, "")),
             grouped = schema_of(table, by(SplitKind::by_group, "site"));
  expect_error(deal_folds(*plain, 6, {}), ErrorCode::usage, "--folds", "6");
  EXPECT_TRUE(deal_folds(*plain, 5, {}).ok()) << "each row once";
  expect_error(deal_folds(*grouped, 4, {}), ErrorCode::usage, "--folds", "4");
  EXPECT_TRUE(deal_folds(*grouped, 3, {}).ok());
  for (const std::size_t few : {0U, 1U})
    expect_error(deal_folds(*plain, few, {}), ErrorCode::usage, "--folds", std::to_string(few));
}

}  // namespace
}  // namespace deltarule::data
