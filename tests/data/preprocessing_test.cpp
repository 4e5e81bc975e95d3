// Laws of fitting: training rows alone decide, and what is fitted is what the formulas say.
#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include "data/preprocessing.hpp"
#include "tables.hpp"

namespace deltarule::data {
namespace {

using testing::expect_error;
using testing::expect_notice;
using testing::table_of;
using Rows = std::vector<std::uint32_t>;
using Strings = std::vector<std::string>;

constexpr double kEpsilon = std::numeric_limits<double>::epsilon();

Schema schema_of(const Table& table, const SchemaOptions& options = {.targets = {"y"}}) {
  Notices notices;
  auto schema = make_schema(table, options, notices);
  EXPECT_TRUE(schema.ok()) << (schema.ok() ? "" : schema.error().message());
  return schema.ok() ? std::move(*schema) : Schema{};
}

Rows all_rows(const Table& table) {
  Rows rows(table.rows());
  std::iota(rows.begin(), rows.end(), 0U);
  return rows;
}

Result<Preprocessing> fit(const Table& table, const PreprocessingOptions& options = {}, Rows rows = {}) {
  Notices notices;
  if (rows.empty()) rows = all_rows(table);
  return fit_preprocessing(table, schema_of(table), rows, options, notices);
}

TEST(Preprocessing, standard_scaling_is_mean_and_deviation_with_n) {
  const auto fitted = fit(table_of("x,y\n1,a\n2,b\n3,a\n6,b\n"));
  ASSERT_TRUE(fitted.ok());
  EXPECT_EQ(fitted->features[0].shift, 3.0);
  EXPECT_NEAR(fitted->features[0].scale, std::sqrt(14.0 / 4.0), 8 * kEpsilon * 2);
  EXPECT_EQ(fitted->features[0].fill, 2.5);
  EXPECT_FALSE(fitted->features[0].missing_unit);
}

TEST(Preprocessing, minmax_and_none_are_their_formulas) {
  const Table table = table_of("x,y\n1,a\n2,b\n3,a\n6,b\n");
  const auto minmax = fit(table, {.scaling = Scaling::minmax});
  EXPECT_EQ(minmax->features[0].shift, 1.0);
  EXPECT_EQ(minmax->features[0].scale, 5.0);
  const auto none = fit(table, {.scaling = Scaling::none});
  EXPECT_EQ(none->features[0].shift, 0.0);
  EXPECT_EQ(none->features[0].scale, 1.0);
}

TEST(Preprocessing, missing_numbers_get_the_median_and_a_unit_of_their_own) {
  const auto fitted = fit(table_of("x,y\n5,a\n,b\n1,a\n100,b\n"));
  EXPECT_EQ(fitted->features[0].fill, 5.0);
  EXPECT_TRUE(fitted->features[0].missing_unit);
  EXPECT_EQ(fitted->input_names(), (Strings{"x", "x=missing"}));
  EXPECT_NEAR(fitted->features[0].shift, 106.0 / 3, 100 * kEpsilon) << "missing values have no part in the mean";
}

TEST(Preprocessing, categories_are_sorted_and_units_are_named_after_them) {
  const auto fitted = fit(table_of("c,d,n,y\nred,1x,1,a\nblue,,2,b\nred,2x,3,c\ngreen,1x,4,a\n"));
  EXPECT_EQ(fitted->features[0].categories, (Strings{"blue", "green", "red"}));
  EXPECT_EQ(fitted->input_names(), (Strings{"c=blue", "c=green", "c=red", "d=1x", "d=2x", "d=missing", "n"}));
  EXPECT_EQ(fitted->input_units(), 7U);
  EXPECT_EQ(fitted->output_names(), (Strings{"a", "b", "c"}));
  EXPECT_EQ(fitted->output_units(), 3U);
}

TEST(Preprocessing, a_binary_task_has_one_unit_for_its_second_class) {
  const auto fitted = fit(table_of("x,y\n1,no\n2,yes\n"));
  EXPECT_EQ(fitted->task, Task::binary);
  EXPECT_EQ(fitted->classes, (Strings{"no", "yes"}));
  EXPECT_EQ(fitted->output_names(), (Strings{"yes"}));
  EXPECT_EQ(fitted->output_units(), 1U);
}

TEST(Preprocessing, regression_targets_are_standardised_and_unscaled_again) {
  const Table table = table_of("x,y\n1,10.5\n2,20.5\n3,30.5\n4,40.5\n");
  const auto fitted = fit(table);
  EXPECT_EQ(fitted->targets[0].shift, 25.5);
  for (const double value : table.columns[1].numbers) {
    const double activation = (value - fitted->targets[0].shift) / fitted->targets[0].scale;
    EXPECT_NEAR(fitted->unscale(0, activation), value, 4 * kEpsilon * 50);
  }
  EXPECT_EQ(fit(table, {.scaling = Scaling::standard, .scale_targets = false})->targets[0],
            (TargetRule{"y", 0.0, 1.0}));
}

// The same rows but for those beyond the first 60, where everything is different.
std::string mixed_table(bool other_test_rows) {
  std::string text = "a,b,c,y\n";
  for (int i = 0; i < 100; ++i) {
    const bool changed = other_test_rows && i >= 60;
    text += changed ? "1e6,,"
                    : std::to_string(i * 7 % 31) + "." + std::to_string(i % 10) + "," + std::to_string(i) + ".25,";
    text += changed ? "new" : (i % 3 == 0 ? "u" : "v");
    text += "," + std::string(changed ? (i % 2 == 0 ? "77.5" : "-1e5") : std::to_string(i * i % 53) + ".5") + "\n";
  }
  return text;
}

TEST(Preprocessing, changing_rows_outside_the_training_rows_changes_nothing) {
  const Table table = table_of(mixed_table(false));
  const Table changed = table_of(mixed_table(true));
  Rows training(60);
  std::iota(training.begin(), training.end(), 0U);
  for (const Scaling scaling : {Scaling::standard, Scaling::minmax, Scaling::none}) {
    const auto one = fit(table, {.scaling = scaling}, training);
    const auto other = fit(changed, {.scaling = scaling}, training);
    ASSERT_TRUE(one.ok() && other.ok());
    EXPECT_EQ(*one, *other);
  }
  const auto everything = fit(changed);
  ASSERT_TRUE(everything.ok());
  EXPECT_FALSE(*everything == *fit(table, {}, training)) << "the changed rows would have mattered";
}

TEST(Preprocessing, columns_constant_in_the_training_rows_are_left_out_with_a_notice) {
  const Table table = table_of("k,e,t,x,y\n5,,s,1,a\n5,,s,2,b\n6,1,r,3,a\n");
  Notices notices;
  const Rows training = {0, 1};
  const auto fitted = fit_preprocessing(table, schema_of(table), training, {}, notices);
  ASSERT_TRUE(fitted.ok());
  EXPECT_EQ(fitted->input_names(), (Strings{"x"}));
  expect_notice(notices, "2 columns left out, constant in the training rows: \"k\" and \"t\"");
  expect_notice(notices, "column \"e\" left out, without values in the training rows");
}

TEST(Preprocessing, a_column_that_is_constant_but_for_gaps_is_kept_for_its_gaps) {
  const auto fitted = fit(table_of("k,t,y\n5,s,a\n,,b\n5,s,a\n"));
  ASSERT_TRUE(fitted.ok());
  EXPECT_EQ(fitted->input_names(), (Strings{"k", "k=missing", "t=s", "t=missing"}));
  EXPECT_EQ(fitted->features[0].scale, 1.0);
}

TEST(Preprocessing, nothing_that_varies_is_refused) {
  expect_error(fit(table_of("k,y\n5,a\n5,b\n")), ErrorCode::data, "t.csv", "every feature is constant");
  expect_error(fit(table_of("k,y\n5,a\n6,a\n7,b\n"), {}, {0, 1}), ErrorCode::data, "t.csv, target \"y\"",
               "all training rows are \"a\"");
  expect_error(fit(table_of("k,y\n5,1.5\n6,1.5\n7,2\n"), {}, {0, 1}), ErrorCode::data, "t.csv, target \"y\"",
               "constant");
}

TEST(Preprocessing, numbers_that_cannot_be_scaled_are_refused_by_column) {
  expect_error(fit(table_of("x,y\n1.7e308,a\n-1.7e308,b\n")), ErrorCode::data, "t.csv, column \"x\"", "too large");
  expect_error(fit(table_of("x,y\n1e-320,a\n2e-320,b\n")), ErrorCode::data, "t.csv, column \"x\"", "too close");
  EXPECT_TRUE(fit(table_of("x,y\n1e-200,a\n2e-200,b\n")).ok()) << "squares that vanish do not matter";
  EXPECT_TRUE(fit(table_of("x,y\n1e200,a\n2e200,b\n")).ok()) << "squares that overflow do not matter";
  EXPECT_TRUE(fit(table_of("x,y\n1.7e308,a\n-1.7e308,b\n"), {.scaling = Scaling::none}).ok());
}

TEST(Preprocessing, what_fitting_makes_passes_the_check_and_damage_does_not) {
  const auto fitted = fit(table_of("c,x,y\nred,1,a\nblue,2,b\nred,,c\n"));
  ASSERT_TRUE(fitted.ok());
  ASSERT_TRUE(check_preprocessing(*fitted).ok());
  const auto damaged = [&](auto change) {
    Preprocessing copy = *fitted;
    change(copy);
    const auto checked = check_preprocessing(copy);
    return !checked.ok() && checked.error().code == ErrorCode::format;
  };
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_TRUE(damaged([](Preprocessing& p) { p.features.clear(); }));
  EXPECT_TRUE(damaged([&](Preprocessing& p) { p.features[1].shift = nan; }));
  EXPECT_TRUE(damaged([&](Preprocessing& p) { p.features[1].fill = nan; }));
  EXPECT_TRUE(damaged([](Preprocessing& p) { p.features[1].scale = 0; }));
  EXPECT_TRUE(damaged([](Preprocessing& p) { p.features[1].scale = -1; }));
  EXPECT_TRUE(damaged([](Preprocessing& p) { p.features[1].scale = 1e-310; }));
  EXPECT_TRUE(damaged([](Preprocessing& p) { p.features[1].categories = {"a"}; }));
  EXPECT_TRUE(damaged([](Preprocessing& p) { p.features[0].categories = {"red", "blue"}; }));
  EXPECT_TRUE(damaged([](Preprocessing& p) { p.features[0].categories = {"red", "red"}; }));
  EXPECT_TRUE(damaged([](Preprocessing& p) { p.features[0].categories.clear(); }));
  EXPECT_TRUE(damaged([](Preprocessing& p) { p.features[0].name = p.features[1].name; }));
  EXPECT_TRUE(damaged([](Preprocessing& p) { p.features[0].type = static_cast<ColumnType>(9); }));
  EXPECT_TRUE(damaged([](Preprocessing& p) { p.targets.clear(); }));
  EXPECT_TRUE(damaged([](Preprocessing& p) { p.targets[0].shift = 1; }));
  EXPECT_TRUE(damaged([](Preprocessing& p) { p.classes = {"a"}; }));
  EXPECT_TRUE(damaged([](Preprocessing& p) { p.classes = {"a", "a"}; }));
  EXPECT_TRUE(damaged([](Preprocessing& p) { p.task = Task::binary; }));
  EXPECT_TRUE(damaged([](Preprocessing& p) { p.task = Task::regression; }));
  EXPECT_TRUE(damaged([](Preprocessing& p) { p.task = static_cast<Task>(77); }));
  EXPECT_TRUE(damaged([](Preprocessing& p) { p.scaling = static_cast<Scaling>(77); }));
  EXPECT_TRUE(damaged([](Preprocessing& p) { p.targets.push_back({"z", 0, 1}); }));
}

TEST(Preprocessing, scaling_names_read_back) {
  for (const Scaling scaling : {Scaling::standard, Scaling::minmax, Scaling::none}) {
    EXPECT_EQ(scaling_from_name(scaling_name(scaling)), scaling);
  }
  EXPECT_FALSE(scaling_from_name("robust").has_value());
}

}  // namespace
}  // namespace deltarule::data
