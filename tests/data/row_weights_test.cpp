// Weights of rows in tables: the role of their column, what is refused, and that k is k rows for everything that is
// fitted to the training rows.
#include "data/row_weights.hpp"

#include "data/preprocessing.hpp"
#include "tables.hpp"

namespace deltarule::data {
namespace {

using testing::expect_error;
using testing::expect_notice;
using testing::table_of;

Result<Schema> schema_of(const Table& table, const SchemaOptions& options = {.targets = {"y"}, .weight = "w"}) {
  Notices notices;
  return make_schema(table, options, notices);
}

TEST(RowWeights, their_column_is_no_feature) {
  const auto schema = schema_of(table_of("a,w,y\n1,2,u\n2,0.5,v\n3,1,u\n"));
  ASSERT_TRUE(schema.ok()) << schema.error().message();
  EXPECT_EQ(schema->features, std::vector<std::size_t>{0});
  EXPECT_EQ(schema->weights, (std::vector<double>{2, 0.5, 1}));
}

TEST(RowWeights, rows_of_weight_zero_are_left_out_and_counted) {
  const Table table = table_of("a,w,y\n1,2,u\n2,0,v\n3,1,u\n4,0,q\n5,1,v\n");
  Notices notices;
  const auto schema = make_schema(table, {.targets = {"y"}, .weight = "w"}, notices);
  ASSERT_TRUE(schema.ok());
  EXPECT_EQ(schema->rows, (std::vector<std::uint32_t>{0, 2, 4}));
  EXPECT_EQ(schema->classes, (std::vector<std::string>{"u", "v"}));
  expect_notice(notices, "2 rows left out: the weight is 0");
}

TEST(RowWeights, what_is_no_weight_is_refused_by_line_and_column) {
  const auto with = [](const std::string& cell) { return table_of("a,w,y\n1,1,u\n2," + cell + ",v\n3,1,u\n4,2,v\n"); };
  for (const char* cell : {"-1", "1e16", "1e-16", "many", "-0.001"})
    expect_error(schema_of(with(cell)), ErrorCode::data, "t.csv:3, column \"w\"", "the weight \"");
  for (const char* cell : {"", "NaN"})
    expect_error(schema_of(with(cell)), ErrorCode::data, "t.csv:3, column \"w\"", "no weight");
  EXPECT_TRUE(schema_of(table_of("a,w,y\n1,1,u\n2,bad,\n3,1,u\n4,1,v\n")).ok()) << "a row without a target is not read";
  expect_error(schema_of(table_of("a,w,y\n1,0,u\n2,0,v\n")), ErrorCode::data, "t.csv, column \"w\"",
               "every weight is 0");
  expect_error(schema_of(table_of("a,w,y\n1,0,u\n2,3,v\n")), ErrorCode::data, "t.csv, column \"w\"",
               "one row has a weight above 0");
}

TEST(RowWeights, their_column_has_one_role_and_exists) {
  const Table table = table_of("a,w,y\n1,1,u\n2,1,v\n");
  expect_error(schema_of(table, {.targets = {"y"}, .weight = "v"}), ErrorCode::data, "t.csv", "\"v\"");
  expect_error(schema_of(table, {.targets = {"y"}, .weight = "y"}), ErrorCode::usage, "--weight", "named twice");
  expect_error(schema_of(table, {.targets = {"y"}, .features = {"a", "w"}, .weight = "w"}), ErrorCode::usage,
               "--weight", "named twice");
}

/// Each line as often as its weight says, or once.
std::string lines(bool repeat, bool ones = false) {
  const std::vector<std::pair<int, std::string>> rows = {
      {3, "1.5,red,10"}, {1, "-2,blue,30"}, {2, ",red,20"}, {4, "0.25,green,5"}, {1, "7,blue,12.5"}};
  std::string text = "w,a,colour,y\n";
  for (const auto& [weight, line] : rows)
    for (int k = 0; k < (repeat ? weight : 1); ++k)
      text += (ones || repeat ? "1" : std::to_string(weight)) + "," + line + "\n";
  return text;
}

Preprocessing fitted(const Table& table, Scaling scaling, const std::string& weight) {
  SchemaOptions options{.targets = {"y"}, .weight = weight, .task = Task::regression};
  if (weight.empty()) options.ignore = {"w"};
  const auto schema = schema_of(table, options);
  EXPECT_TRUE(schema.ok()) << schema.error().message();
  Notices notices;
  auto rules = fit_preprocessing(table, *schema, schema->rows, {.scaling = scaling}, notices);
  EXPECT_TRUE(rules.ok());
  return rules.ok() ? std::move(*rules) : Preprocessing{};
}

TEST(RowWeights, of_k_are_k_rows_for_the_preprocessing) {
  const Table weighted = table_of(lines(false)), repeated = table_of(lines(true)), ones = table_of(lines(false, true));
  std::size_t compared = 0;
  for (const Scaling scaling : {Scaling::standard, Scaling::minmax, Scaling::none}) {
    const Preprocessing one = fitted(weighted, scaling, "w"), other = fitted(repeated, scaling, "");
    ASSERT_EQ(one.features.size(), 2U);
    EXPECT_NEAR(one.features[0].shift, other.features[0].shift, 1e-15);
    EXPECT_NEAR(one.features[0].scale, other.features[0].scale, 1e-14);
    EXPECT_EQ(one.features[0].fill, other.features[0].fill) << "the median";
    EXPECT_NEAR(one.targets[0].shift, other.targets[0].shift, 1e-13);
    EXPECT_NEAR(one.targets[0].scale, other.targets[0].scale, 1e-13);
    EXPECT_EQ(fitted(ones, scaling, "w"), fitted(ones, scaling, "")) << "1 is no weight, to the bit";
    ++compared;
  }
  EXPECT_EQ(compared, 3U);
  EXPECT_NE(fitted(weighted, Scaling::standard, "w"), fitted(weighted, Scaling::standard, ""));
}

TEST(RowWeights, a_median_between_two_halves_is_halfway) {
  const auto fill = [](const std::string& text) { return fitted(table_of(text), Scaling::none, "w").features[0].fill; };
  EXPECT_EQ(fill("w,a,y\n2,1,5\n1,4,6\n1,8,7\n"), 2.5);
  EXPECT_EQ(fill("w,a,y\n0.5,1,5\n2,4,6\n0.5,8,7\n"), 4.0);
  EXPECT_EQ(fill("w,a,y\n1,1,5\n1,4,6\n5,8,7\n"), 8.0);
}

}  // namespace
}  // namespace deltarule::data
