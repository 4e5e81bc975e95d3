// Laws of splits that a column or the caller decides, seen from fit().
#include <gtest/gtest.h>

#include <set>
#include <sstream>

#include "tables.hpp"

namespace deltarule::test {
namespace {

FitOptions quick() {
  FitOptions options;
  options.epochs = 6;
  options.baselines = false;
  return options;
}

/// The mixed table with one more column.
std::string with_column(int rows, const std::string& name, const std::function<std::string(int)>& cell) {
  std::istringstream lines(mixed_csv(rows));
  std::string out, line;
  for (int i = -1; std::getline(lines, line); ++i) out += line + "," + (i < 0 ? name : cell(i)) + "\n";
  return out;
}

bool told(const std::vector<std::string>& notices, const std::string& part) {
  for (const std::string& notice : notices)
    if (notice.find(part) != std::string::npos) return true;
  return false;
}

std::string part_of(int row) { return row % 5 == 0 ? "test" : (row % 5 == 1 ? "validation" : "train"); }

RowSplit same_parts(int rows) {
  RowSplit split;
  for (int row = 0; row < rows; ++row)
    (row % 5 == 0 ? split.test : (row % 5 == 1 ? split.validation : split.training))
        .push_back(static_cast<std::uint32_t>(row));
  return split;
}

TEST(SplitColumn, given_rows_and_a_column_that_names_them_train_alike) {
  const Table table = parse_csv(with_column(150, "part", part_of), "t.csv");
  const Fitted by_column = fit(Dataset(table, {.target = "kind", .split_column = "part"}), quick());
  EXPECT_EQ(by_column.report.plan.split_by, "column");
  EXPECT_EQ(by_column.report.plan.split_column, "part");
  EXPECT_EQ(by_column.report.plan.test_rows, 30U);
  EXPECT_EQ(by_column.report.plan.validation_rows, 30U);
  EXPECT_FALSE(by_column.report.plan.stratified);
  EXPECT_EQ(by_column.report.plan.features, (std::vector<std::string>{"id_free", "width", "colour"}));
  FitOptions options = quick();
  options.row_split = same_parts(150);
  const Fitted by_rows = fit(Dataset(table, {.target = "kind", .ignore = "part"}), options);
  EXPECT_EQ(by_rows.report.plan.split_by, "rows");
  EXPECT_EQ(by_rows.report.weights_digest, by_column.report.weights_digest);
  for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(by_rows.report.metrics[i].value, by_column.report.metrics[i].value);
  const Fitted at_random = fit(Dataset(table, {.target = "kind", .ignore = "part"}), quick());
  EXPECT_NE(at_random.report.weights_digest, by_column.report.weights_digest);
}

TEST(SplitColumn, a_group_and_a_time_are_kept_in_the_model_and_said) {
  const Table table = parse_csv(with_column(150, "site", [](int row) { return "s" + std::to_string(row / 10); }), "t");
  const Fitted grouped = fit(Dataset(table, {.target = "kind", .group_by = "site"}), quick());
  bool kept = false;
  for (const auto& [name, value] : grouped.model.provenance())
    kept = kept || (name == "split_by_group" && value == "site");
  EXPECT_TRUE(kept);
  std::ostringstream text;
  write_plan(text, grouped.report.plan);
  EXPECT_NE(text.str().find("no group"), std::string::npos) << text.str();
  const Table times = parse_csv(with_column(150, "day", [](int row) { return std::to_string(row); }), "t");
  const FitReport timed = fit(Dataset(times, {.target = "kind", .split_by_time = "day"}), quick()).report;
  EXPECT_EQ(timed.plan.split_by, "time");
  EXPECT_EQ(timed.plan.test_rows, 30U);
}

TEST(SplitColumn, what_it_leaves_open_is_a_notice) {
  const auto plan_of = [](const std::string& csv, DatasetOptions roles, FitOptions options = quick()) {
    roles.target = "kind";
    return fit(Dataset(parse_csv(csv, "t.csv"), roles), options).report.plan;
  };
  const std::string no_test = with_column(100, "part", [](int row) { return row % 4 == 0 ? "validation" : "train"; });
  EXPECT_TRUE(told(plan_of(no_test, {.split_column = "part"}).notices, "no row is for the test"));
  const std::string no_validation = with_column(100, "part", [](int row) { return row % 4 == 0 ? "test" : "train"; });
  EXPECT_TRUE(told(plan_of(no_validation, {.split_column = "part"}).notices, "does not stop by itself"));
  const std::string groups = with_column(30, "site", [](int row) { return "s" + std::to_string(row % 6); });
  EXPECT_TRUE(told(plan_of(groups, {.group_by = "site"}).notices, "decides nothing here"));
}

TEST(SplitColumn, a_class_that_training_does_not_see_is_refused) {
  std::string csv = "x,kind,part\n";
  for (int i = 0; i < 60; ++i)
    csv += std::to_string(i % 7) + "," + (i < 50 ? (i % 2 == 0 ? "a" : "b") : "c") + "," + (i < 45 ? "train" : "test") +
           "\n";
  const Dataset data(parse_csv(csv, "t.csv"), {.target = "kind", .split_column = "part"});
  const Error error = error_of([&] { (void)fit(data, quick()); });
  EXPECT_EQ(error.code, ErrorCode::data);
  EXPECT_NE(error.message().find("no training row is of class \"c\""), std::string::npos) << error.message();
}

TEST(SplitColumn, what_contradicts_it_is_refused_by_name) {
  const Table table = parse_csv(with_column(100, "part", part_of), "t.csv");
  const Dataset by_part(table, {.target = "kind", .split_column = "part"});
  const auto refused = [&](const Dataset& data, FitOptions options, const std::string& named) {
    const Error error = error_of([&] { (void)fit(data, options); });
    EXPECT_EQ(error.code, ErrorCode::usage) << named;
    EXPECT_NE(error.message().find(named), std::string::npos) << error.message();
  };
  refused(by_part, {.test = 0.2}, "--test");
  refused(by_part, {.validation = 0.2}, "--validation");
  refused(by_part, {.validation_table = table}, "--validation");
  refused(by_part, {.test = 0.2, .row_split = same_parts(100)}, "row_split");
  refused(by_part, {.row_split = RowSplit{{0, 1, 2}, {2}, {}}}, "row 2");
  refused(by_part, {.row_split = RowSplit{{0, 1, 100}, {}, {}}}, "row 100");
  refused(by_part, {.row_split = RowSplit{{}, {1}, {}}}, "no rows");
  const Error two =
      error_of([&] { (void)Dataset(table, {.target = "kind", .group_by = "colour", .split_column = "part"}); });
  EXPECT_EQ(two.code, ErrorCode::usage);
  EXPECT_NE(two.message().find("--group-by"), std::string::npos) << two.message();
}

TEST(SplitColumn, going_on_with_a_model_of_another_split_is_no_clean_test) {
  const Table table = parse_csv(with_column(150, "site", [](int row) { return "s" + std::to_string(row / 10); }), "t");
  const Dataset grouped(table, {.target = "kind", .group_by = "site"}),
      plain(table, {.target = "kind", .ignore = "site"});
  const Model model = fit(grouped, quick()).model;
  FitOptions options = quick();
  options.continue_from = model;
  EXPECT_FALSE(fit(grouped, options).report.start_may_have_seen);
  EXPECT_TRUE(fit(plain, options).report.start_may_have_seen);
}

}  // namespace
}  // namespace deltarule::test
