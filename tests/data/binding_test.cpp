// Laws of prediction: columns match by name, categories by text, and what does not fit is named.
#include <string>
#include <vector>

#include "prepared.hpp"

namespace deltarule::data {
namespace {

using testing::contains;
using testing::expect_error;
using testing::expect_notice;
using testing::fitted_on;
using testing::prepare;
using testing::table_of;

const char* const kTraining = "n,c,m,y\n1,red,5,a\n2,blue,,b\n4,red,7,a\n9,,8,c\n";

Result<BoundTable> bind(const Table& table, const Preprocessing& rules, const BindOptions& options = {}) {
  Notices notices;
  return bind_table(table, rules, options, notices);
}

TEST(Binding, order_extra_columns_and_a_present_target_do_not_matter) {
  const Preprocessing rules = fitted_on(table_of(kTraining));
  const auto expected = prepare(table_of("n,c,m\n3,red,6\n1,blue,\n2,,1\n"), rules);
  ASSERT_EQ(expected.x.size(), 3U * 6U);
  EXPECT_EQ(prepare(table_of("m,c,n\n6,red,3\n,blue,1\n1,,2\n"), rules), expected);
  EXPECT_EQ(prepare(table_of("id,m,note,c,n,z\nq,6,u,red,3,9\nr,,v,blue,1,9\ns,1,w,,2,9\n"), rules), expected);
  EXPECT_EQ(prepare(table_of("y,n,c,m\na,3,red,6\nnever seen,1,blue,\n,2,,1\n"), rules), expected);
}

TEST(Binding, missing_feature_columns_are_all_named_with_the_nearest_spellings) {
  const Preprocessing rules = fitted_on(table_of("length,width,kind,y\n1,2,u,a\n2,3,v,b\n"));
  const auto bound = bind(table_of("lenght,kind\n1,u\n"), rules);
  expect_error(bound, ErrorCode::data, "t.csv", "2 feature columns are not there: \"length\" and \"width\"");
  EXPECT_TRUE(contains(bound.error().fix, "\"lenght\" for \"length\"")) << bound.error().fix;
  const auto target = bind(table_of("length,width,kind\n1,2,u\n"), rules, {.targets = Targets::required});
  expect_error(target, ErrorCode::data, "t.csv", "1 target column is not there: \"y\"");
}

TEST(Binding, a_thousand_missing_columns_do_not_fill_the_screen) {
  std::string header;
  std::string one;
  std::string two;
  for (std::size_t c = 0; c < 1000; ++c) {
    header += "column" + std::to_string(c) + ",";
    one += "1,";
    two += "2,";
  }
  const Preprocessing rules = fitted_on(table_of(header + "y\n" + one + "a\n" + two + "b\n"));
  const auto bound = bind(table_of("q\n1\n"), rules);
  expect_error(bound, ErrorCode::data, "t.csv", "1000 feature columns are not there: \"column0\", \"column1\"");
  EXPECT_TRUE(contains(bound.error().got, "and 992 more")) << bound.error().got;
  EXPECT_LT(bound.error().message().size(), 1000U);
}

TEST(Binding, text_where_a_number_was_trained_is_refused_at_its_cell) {
  const Preprocessing rules = fitted_on(table_of(kTraining));
  expect_error(bind(table_of("n,c,m\n1,red,5\nx2,red,6\n"), rules), ErrorCode::data, "t.csv:3, column \"n\"", "\"x2\"");
  expect_error(bind(table_of("n,c,m\n1,red,5\n1e999,red,6\nx,red,6\n"), rules), ErrorCode::data,
               "t.csv:3, column \"n\"", "\"1e999\"");
}

TEST(Binding, a_number_read_as_text_is_the_same_number) {
  const Preprocessing rules = fitted_on(table_of(kTraining));
  const char* text = "n,c,m\n1.50,red,5\n2,blue,NA\n";
  EXPECT_EQ(prepare(table_of(text, {.text_columns = {"n", "m"}}), rules), prepare(table_of(text), rules));
}

TEST(Binding, numbers_match_categories_by_their_shortest_text) {
  const Preprocessing rules = fitted_on(table_of("c,x,y\n1,1,a\n2.5,2,b\nz,3,a\n"));
  ASSERT_EQ(rules.features[0].type, ColumnType::categorical);
  const auto as_numbers = prepare(table_of("c,x\n1.0,1\n2.50,1\n"), rules);
  const auto as_text = prepare(table_of("c,x\n1,1\n2.5,1\nz,1\n"), rules);
  EXPECT_TRUE(std::equal(as_numbers.x.begin(), as_numbers.x.end(), as_text.x.begin()));
}

TEST(Binding, an_unseen_category_counts_as_missing_and_is_reported_with_count_and_place) {
  const Table training = table_of(kTraining);
  const Preprocessing rules = fitted_on(training);
  const Table table = table_of("n,c,m\n1,red,5\n2,pink,6\n3,grey,7\n");
  Notices notices;
  const auto bound = bind_table(table, rules, {}, notices);
  ASSERT_TRUE(bound.ok());
  EXPECT_EQ(bound->unseen(), 2U);
  ASSERT_EQ(notices.size(), 1U);
  expect_notice(
      notices, "t.csv:3, column \"c\": the category \"pink\" did not occur in training; 2 such cells count as missing");
  expect_notice(notices, "--unseen error");
  EXPECT_EQ(prepare(table, rules), prepare(table_of("n,c,m\n1,red,5\n2,,6\n3,NA,7\n"), rules));
}

TEST(Binding, an_unseen_category_is_all_zeros_when_training_had_no_missing_one) {
  const Preprocessing rules = fitted_on(table_of("c,y\nu,a\nv,b\n"));
  EXPECT_EQ(prepare(table_of("c\nw\nv\n"), rules).x, (std::vector<double>{0, 0, 0, 1}));
}

TEST(Binding, an_unseen_category_can_be_refused_at_its_cell) {
  const Preprocessing rules = fitted_on(table_of(kTraining));
  const Table table = table_of("n,c,m\n1,red,5\n2,pink,6\n3,grey,7\n");
  const auto bound = bind(table, rules, {.unseen = Unseen::error});
  expect_error(bound, ErrorCode::data, "t.csv:3, column \"c\"", "\"pink\"");
  EXPECT_TRUE(contains(bound.error().fix, "--unseen missing"));
  EXPECT_TRUE(bind(table_of("n,c,m\n1,,5\n"), rules, {.unseen = Unseen::error}).ok()) << "missing is not unseen";
}

TEST(Binding, a_value_missing_though_none_was_in_training_is_filled_counted_and_reported) {
  const Preprocessing rules = fitted_on(table_of("x,c,y\n1,u,a\n2,v,b\n6,u,a\n"));
  Notices notices;
  const Table table = table_of("x,c\n1,u\n,v\nNA,\n");
  const auto bound = bind_table(table, rules, {}, notices);
  ASSERT_TRUE(bound.ok());
  EXPECT_EQ(bound->filled(), 3U);
  EXPECT_EQ(bound->unseen(), 0U);
  expect_notice(notices, "t.csv:3, column \"x\": 2 missing values");
  expect_notice(notices, "the median, 2");
  expect_notice(notices, "t.csv:4, column \"c\": 1 missing value");
  EXPECT_EQ(prepare(table, rules), prepare(table_of("x,c\n1,u\n2,v\n2,w\n"), rules));
}

TEST(Binding, a_thousand_columns_do_not_give_a_thousand_notices) {
  std::string names;
  std::string one;
  std::string two;
  std::string gaps;
  for (int c = 0; c < 1000; ++c) {
    names += "x" + std::to_string(c) + ",";
    one += std::to_string(c) + ",";
    two += std::to_string(c + 1) + ",";
    gaps += ",";
  }
  const Preprocessing rules = fitted_on(table_of(names + "y\n" + one + "a\n" + two + "b\n"));
  Notices notices;
  const Table table = table_of(names + "y\n" + gaps + "a\n");
  const auto bound = bind_table(table, rules, {}, notices);
  ASSERT_TRUE(bound.ok());
  EXPECT_EQ(bound->filled(), 1000U);
  EXPECT_EQ(notices.size(), kMaxNoticesOfAKind + 1);
  expect_notice(notices, "992 more columns");
}

TEST(Binding, a_class_that_the_model_does_not_know_is_refused_at_its_cell) {
  const Preprocessing rules = fitted_on(table_of(kTraining));
  const auto bound = bind(table_of("n,c,m,y\n1,red,5,a\n1,red,5,d\n"), rules, {.targets = Targets::required});
  expect_error(bound, ErrorCode::data, "t.csv:3, column \"y\"", "\"d\"");
  EXPECT_TRUE(contains(bound.error().needed, "\"a\", \"b\" and \"c\""));
}

TEST(Binding, rows_without_a_target_are_told_apart) {
  const Preprocessing rules = fitted_on(table_of(kTraining));
  const Table table = table_of("n,c,m,y\n1,red,5,a\n1,red,5,\n1,red,5,c\n");
  EXPECT_EQ(bind(table, rules, {.targets = Targets::required})->rows_with_targets(),
            (std::vector<std::uint32_t>{0, 2}));
  EXPECT_EQ(bind(table, rules)->rows_with_targets(), (std::vector<std::uint32_t>{0, 1, 2}));
}

TEST(Binding, labels_other_than_0_and_1_are_refused_at_their_cell) {
  const Preprocessing rules = fitted_on(table_of("x,y,z\n1,0,1\n2,1,0\n"), {.targets = {"y", "z"}});
  ASSERT_EQ(rules.task, Task::multilabel);
  expect_error(bind(table_of("x,y,z\n1,0,1\n2,1,2\n"), rules, {.targets = Targets::required}), ErrorCode::data,
               "t.csv:3, column \"z\"", "2");
}

TEST(Binding, a_regression_target_that_is_text_is_refused_at_its_cell) {
  const Preprocessing rules = fitted_on(table_of("x,y\n1,0.5\n2,1.5\n"));
  expect_error(bind(table_of("x,y\n1,0.5\n2,high\n"), rules, {.targets = Targets::required}), ErrorCode::data,
               "t.csv:3, column \"y\"", "\"high\"");
}

}  // namespace
}  // namespace deltarule::data
