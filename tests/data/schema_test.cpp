// Roles of columns and the task that targets pose.
#include <string>
#include <vector>

#include "tables.hpp"

namespace deltarule::data {
namespace {

using testing::expect_error;
using testing::expect_notice;
using testing::table_of;
using Places = std::vector<std::size_t>;
using Strings = std::vector<std::string>;

Result<Schema> schema_of(const Table& table, const SchemaOptions& options) {
  Notices notices;
  return make_schema(table, options, notices);
}

// Column "y" with these values, beside a feature that varies.
Table with_target(const Strings& values) {
  std::string text = "x,y\n";
  for (std::size_t i = 0; i < values.size(); ++i) text += std::to_string(i) + ".5," + values[i] + "\n";
  return table_of(text);
}

Strings repeated(const Strings& values, std::size_t times) {
  Strings all;
  for (std::size_t i = 0; i < times; ++i) all.insert(all.end(), values.begin(), values.end());
  return all;
}

Task task_of(const Strings& values, std::optional<Task> asked = {}) {
  const auto schema = schema_of(with_target(values), {.targets = {"y"}, .task = asked});
  EXPECT_TRUE(schema.ok()) << schema.error().message();
  return schema.ok() ? schema->task : Task::multilabel;
}

TEST(Schema, every_column_that_is_nothing_else_is_a_feature) {
  const Table table = table_of("a,b,y,c\n1,2,u,3\n2,3,v,4\n");
  EXPECT_EQ(schema_of(table, {.targets = {"y"}})->features, (Places{0, 1, 3}));
  EXPECT_EQ(schema_of(table, {.targets = {"y"}, .ignore = {"a"}})->features, (Places{1, 3}));
  EXPECT_EQ(schema_of(table, {.targets = {"y"}, .features = {"c", "a"}})->features, (Places{0, 3}));
  EXPECT_EQ(schema_of(table, {.targets = {"y"}})->targets, (Places{2}));
}

TEST(Schema, roles_that_contradict_each_other_are_refused) {
  const Table table = table_of("a,b,y\n1,2,u\n2,3,v\n");
  expect_error(schema_of(table, {}), ErrorCode::usage, "--target", "no target");
  const auto unknown = schema_of(table, {.targets = {"z"}});
  expect_error(unknown, ErrorCode::data, "t.csv", "\"z\"");
  expect_error(schema_of(table, {.targets = {"y"}, .ignore = {"q"}}), ErrorCode::data, "t.csv", "\"q\"");
  expect_error(schema_of(table, {.targets = {"y"}, .categorical = {"q"}}), ErrorCode::data, "t.csv", "\"q\"");
  expect_error(schema_of(table, {.targets = {"y"}, .ignore = {"y"}}), ErrorCode::usage, "--ignore", "named twice");
  expect_error(schema_of(table, {.targets = {"y"}, .features = {"a", "a"}}), ErrorCode::usage, "--features",
               "named twice");
  expect_error(schema_of(table, {.targets = {"y"}, .ignore = {"a", "b"}}), ErrorCode::data, "t.csv",
               "no column is left");
}

TEST(Schema, text_targets_are_classes_sorted_by_name) {
  EXPECT_EQ(task_of({"b", "a", "b"}), Task::binary);
  EXPECT_EQ(task_of({"b", "a", "c"}), Task::multiclass);
  const auto schema = schema_of(with_target({"b", "c", "a", "b"}), {.targets = {"y"}});
  EXPECT_EQ(schema->classes, (Strings{"a", "b", "c"}));
  EXPECT_EQ(schema->row_class, (std::vector<std::int32_t>{1, 2, 0, 1}));
}

TEST(Schema, integer_targets_with_few_values_are_classes_sorted_by_value) {
  EXPECT_EQ(task_of({"0", "1", "1", "0"}), Task::binary);
  EXPECT_EQ(task_of(repeated({"10", "9", "-1"}, 5)), Task::multiclass);
  const auto schema = schema_of(with_target(repeated({"10", "9", "-0"}, 5)), {.targets = {"y"}});
  EXPECT_EQ(schema->classes, (Strings{"0", "9", "10"}));
  EXPECT_EQ(task_of(repeated({"1", "2", "3"}, 4)), Task::regression) << "fewer than five rows for each value";
  EXPECT_EQ(task_of(repeated({"1", "2.5", "3"}, 9)), Task::regression) << "not integers";
  EXPECT_EQ(task_of({"0.25", "0.75"}), Task::regression);
  Strings many;
  for (int i = 0; i < 21; ++i) many.push_back(std::to_string(i));
  EXPECT_EQ(task_of(repeated(many, 20)), Task::regression) << "more than 20 values";
  many.pop_back();
  EXPECT_EQ(task_of(repeated(many, 20)), Task::multiclass);
}

TEST(Schema, several_targets_are_labels_when_all_are_0_or_1_and_values_otherwise) {
  const SchemaOptions two = {.targets = {"y", "z"}};
  EXPECT_EQ(schema_of(table_of("x,y,z\n1,0,1\n2,1,0\n"), two)->task, Task::multilabel);
  EXPECT_EQ(schema_of(table_of("x,y,z\n1,0,2\n2,1,0\n"), two)->task, Task::regression);
  EXPECT_EQ(schema_of(table_of("x,z,y\n1,0,2\n2,1,0\n"), two)->targets, (Places{2, 1})) << "in the order of the option";
  expect_error(schema_of(table_of("x,y,z\n1,0,2\n2,1,b\n"), two), ErrorCode::data, "t.csv:3, column \"z\"", "\"b\"");
}

TEST(Schema, an_asked_task_overrides_the_inferred_one) {
  EXPECT_EQ(task_of({"0", "1", "1", "0"}, Task::regression), Task::regression);
  EXPECT_EQ(task_of({"0", "1", "1", "0"}, Task::multiclass), Task::multiclass);
  EXPECT_EQ(task_of({"0", "1", "1", "0"}, Task::multilabel), Task::multilabel);
  EXPECT_EQ(task_of({"0.5", "1.5", "1.5", "0.5"}, Task::binary), Task::binary);
}

TEST(Schema, a_task_that_the_target_cannot_pose_is_refused_at_the_first_offending_cell) {
  const auto regression = schema_of(with_target({"1", "2", "x", "y"}), {.targets = {"y"}, .task = Task::regression});
  expect_error(regression, ErrorCode::data, "t.csv:4, column \"y\"", "\"x\"");
  expect_error(schema_of(with_target({"0", "1", "2"}), {.targets = {"y"}, .task = Task::multilabel}), ErrorCode::data,
               "t.csv:4, column \"y\"", "\"2\"");
  expect_error(schema_of(with_target({"a", "b", "c"}), {.targets = {"y"}, .task = Task::binary}), ErrorCode::data,
               "t.csv, target \"y\"", "3 classes");
  expect_error(schema_of(table_of("x,y,z\n1,0,1\n2,1,0\n"), {.targets = {"y", "z"}, .task = Task::binary}),
               ErrorCode::usage, "--task binary", "2 targets");
  const Table as_text = table_of("x,y\n1,2\n2,3\n", {.text_columns = {"y"}});
  expect_error(schema_of(as_text, {.targets = {"y"}, .task = Task::regression}), ErrorCode::data, "t.csv, target \"y\"",
               "read as text");
}

TEST(Schema, one_class_or_one_value_is_nothing_to_learn) {
  expect_error(schema_of(with_target({"a", "a", "a"}), {.targets = {"y"}}), ErrorCode::data, "t.csv, target \"y\"",
               "one class, \"a\"");
  expect_error(schema_of(with_target({"1", "1"}), {.targets = {"y"}}), ErrorCode::data, "t.csv, target \"y\"",
               "one class, \"1\"");
  expect_error(schema_of(with_target({"1.5", "1.5"}), {.targets = {"y"}}), ErrorCode::data, "t.csv, target \"y\"",
               "the value 1.5");
}

TEST(Schema, one_row_is_refused) {
  expect_error(schema_of(with_target({"a"}), {.targets = {"y"}}), ErrorCode::data, "t.csv", "one row");
  expect_error(schema_of(with_target({"a", "NA"}), {.targets = {"y"}}), ErrorCode::data, "t.csv", "one row");
}

TEST(Schema, targets_that_are_different_in_almost_every_row_are_no_classes) {
  Strings names;
  for (int i = 0; i < 30; ++i) names.push_back("name" + std::to_string(i));
  expect_error(schema_of(with_target(names), {.targets = {"y"}}), ErrorCode::data, "t.csv, target \"y\"",
               "30 different values");
}

TEST(Schema, rows_without_a_target_are_left_out_and_counted) {
  Notices notices;
  const auto schema = make_schema(with_target({"a", "NA", "b", ""}), {.targets = {"y"}}, notices);
  ASSERT_TRUE(schema.ok());
  EXPECT_EQ(schema->rows, (std::vector<std::uint32_t>{0, 2}));
  EXPECT_EQ(schema->row_class, (std::vector<std::int32_t>{0, -1, 1, -1}));
  EXPECT_EQ(schema->without_target, 2U);
  expect_notice(notices, "2 rows of 4 left out");
  expect_error(schema_of(with_target({"NA", ""}), {.targets = {"y"}}), ErrorCode::data, "t.csv", "no row has a value");
}

TEST(Schema, columns_without_values_are_left_out_with_a_notice) {
  Notices notices;
  const auto schema = make_schema(table_of("a,b,y\n1,,u\n2,NA,v\n"), {.targets = {"y"}}, notices);
  ASSERT_TRUE(schema.ok());
  EXPECT_EQ(schema->features, (Places{0}));
  expect_notice(notices, "\"b\" left out, it has no values");
}

TEST(Schema, identifiers_are_left_out_with_the_option_that_keeps_them) {
  std::string text = "id,group,y\n";
  for (int i = 0; i < 60; ++i) {
    text += "p" + std::to_string(i % 31) + ",g" + std::to_string(i % 30) + "," + (i % 2 == 0 ? "u" : "v") + "\n";
  }
  const Table table = table_of(text);
  Notices notices;
  EXPECT_EQ(make_schema(table, {.targets = {"y"}}, notices)->features, (Places{1})) << "30 levels in 60 rows stay";
  expect_notice(notices, "--categorical id");
  EXPECT_EQ(schema_of(table, {.targets = {"y"}, .categorical = {"id"}})->features, (Places{0, 1}));
  EXPECT_EQ(schema_of(table, {.targets = {"y"}, .features = {"id"}})->features, (Places{0}));
}

TEST(Schema, task_names_read_back) {
  for (const Task task : {Task::binary, Task::multiclass, Task::multilabel, Task::regression}) {
    EXPECT_EQ(task_from_name(task_name(task)), task);
  }
  EXPECT_FALSE(task_from_name("Binary").has_value());
}

TEST(Schema, whole_numbers_that_a_number_cannot_tell_apart_are_noticed) {
  Notices notices;
  const Table table = table_of("id,x,y\n12345678901234567890,9007199254740992,u\n12345678901234567891,3,v\n");
  ASSERT_TRUE(make_schema(table, {.targets = {"y"}}, notices).ok());
  ASSERT_EQ(notices.size(), 1U);
  expect_notice(notices, "column \"id\" holds whole numbers beyond 2^53");
}

TEST(Schema, a_text_column_with_very_many_levels_is_noticed) {
  std::string text = "c,y\n";
  for (std::size_t i = 0; i < 4 * (kManyLevels + 1); ++i) {
    text += "c" + std::to_string(i % (kManyLevels + 1)) + "," + (i % 3 == 0 ? "u" : "v") + "\n";
  }
  Notices notices;
  ASSERT_TRUE(make_schema(table_of(text), {.targets = {"y"}}, notices).ok());
  expect_notice(notices, "has 1001 levels and becomes as many inputs; to leave it out: --ignore c");
}

TEST(Schema, the_error_that_nothing_is_left_says_what_was_left_out_and_why) {
  std::string text = "id,y\n";
  for (std::size_t i = 0; i < 30; ++i) text += "k" + std::to_string(i) + (i % 2 == 0 ? ",u\n" : ",v\n");
  const Table table = table_of(text);
  expect_error(schema_of(table, {.targets = {"y"}}), ErrorCode::data, "t.csv",
               "no column is left to learn from; column \"id\" left out, 30 levels in 30 rows look like an identifier");
}

}  // namespace
}  // namespace deltarule::data
