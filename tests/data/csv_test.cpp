// What a well-formed table may look like, and what is read from it.
#include <cmath>
#include <string>
#include <vector>

#include "tables.hpp"

namespace deltarule::data {
namespace {

using testing::contains;
using testing::expect_notice;
using testing::table_of;

// All cells as text, row by row; equal for equal tables however they were written.
std::vector<std::string> cells(const Table& table) {
  std::vector<std::string> all = table.names();
  for (std::size_t r = 0; r < table.rows(); ++r) {
    for (std::size_t c = 0; c < table.columns.size(); ++c) all.push_back(table.cell_text(r, c));
  }
  return all;
}

using Lines = std::vector<std::uint32_t>;
using Strings = std::vector<std::string>;

TEST(Csv, the_bundled_penguins_have_344_rows_8_columns_and_19_missing_cells) {
  Notices notices;
  const auto table = read_csv(DELTARULE_SOURCE_DIR "/examples/penguins.csv", {}, notices);
  ASSERT_TRUE(table.ok()) << table.error().message();
  EXPECT_EQ(table->rows(), 344U);
  EXPECT_EQ(table->columns.size(), 8U);
  EXPECT_EQ(table->missing(), 19U);
  EXPECT_EQ(table->columns[0].categories, (Strings{"Adelie", "Gentoo", "Chinstrap"}));
  EXPECT_EQ(table->columns[2].type, ColumnType::numeric);
  EXPECT_EQ(table->lines.front(), 2U);
  EXPECT_EQ(table->lines.back(), 345U);
  EXPECT_TRUE(notices.empty());
}

TEST(Csv, line_ends_byte_order_mark_and_delimiter_do_not_change_the_content) {
  const auto expected = cells(table_of("a,b\n1,x\n2.5,y z\n"));
  ASSERT_EQ(expected, (Strings{"a", "b", "1", "x", "2.5", "y z"}));
  for (const char* text :
       {"a,b\r\n1,x\r\n2.5,y z\r\n", "a,b\n1,x\n2.5,y z", "a,b\r1,x\r2.5,y z\r", "a,b\r\n1,x\n2.5,y z\r",
        "\xEF\xBB\xBF"
        "a,b\n1,x\n2.5,y z\n",
        "a\tb\n1\tx\n2.5\ty z\n", "a;b\n1;x\n2.5;y z\n", "a|b\n1|x\n2.5|y z\n", "a, b\n 1 ,x \n2.5, y z\n",
        "\n\na,b\n\n1,x\n  \n2.5,y z\n\n", "\"a\",\"b\"\n\"1\",\"x\"\n\"2.5\", \"y z\" \n"}) {
    EXPECT_EQ(cells(table_of(text)), expected) << text;
  }
}

TEST(Csv, quotes_hold_delimiters_line_ends_and_doubled_quotes) {
  const Table table = table_of("name,n\n\"a,\"\"b\"\"\r\nc\",1\n\"\",2\n\" x \",3\n");
  EXPECT_EQ(table.columns[0].categories, (Strings{"a,\"b\"\r\nc", " x "}));
  EXPECT_EQ(table.columns[0].codes, (std::vector<std::int32_t>{0, -1, 1}));
  EXPECT_EQ(table.lines, (Lines{2, 4, 5})) << "a line end in quotes counts as a line, the row begins on its first";
}

TEST(Csv, every_row_knows_its_line_across_blank_lines) {
  EXPECT_EQ(table_of("\n\na,b\n1,2\n\n\n3,4\r\n\r\n5,6").lines, (Lines{4, 7, 9}));
}

TEST(Csv, a_first_line_with_a_number_is_data_unless_told_otherwise) {
  Notices notices;
  const auto detected = parse_csv("1,x\n2,y\n", "t.csv", {}, notices);
  ASSERT_TRUE(detected.ok());
  EXPECT_EQ(detected->names(), (Strings{"c1", "c2"}));
  EXPECT_EQ(detected->rows(), 2U);
  expect_notice(notices, "--header");
  const Table named = table_of("1,x\n2,y\n", {.header = Header::yes});
  EXPECT_EQ(named.names(), (Strings{"1", "x"}));
  EXPECT_EQ(named.rows(), 1U);
  const Table unnamed = table_of("a,b\nc,d\n", {.header = Header::no});
  EXPECT_EQ(unnamed.names(), (Strings{"c1", "c2"}));
  EXPECT_EQ(unnamed.rows(), 2U);
  EXPECT_EQ(table_of(",b\n1,2\n").names(), (Strings{"c1", "b"})) << "a column without a name is called by its place";
}

TEST(Csv, the_delimiter_is_the_one_that_cuts_the_lines_alike) {
  EXPECT_EQ(table_of("a;b\nx, y;1\nz;2\n").names(), (Strings{"a", "b"}));
  EXPECT_EQ(table_of("text\twords\na,b;c\td,e,f\n").columns.size(), 2U);
  EXPECT_EQ(table_of("a,b;c\n1,2\n", {.delimiter = ','}).names(), (Strings{"a", "b;c"}));
  EXPECT_EQ(table_of("only\n1\n2\n").rows(), 2U) << "one column needs no delimiter";
  EXPECT_EQ(table_of("a;b\n\"1,2,3\";4\n\"5,6,7\";8\n").columns.size(), 2U) << "commas in quotes do not count";
}

TEST(Csv, missing_texts_are_settable_and_compared_exactly) {
  const std::string text = "a,b\n1,x\nNA,NA\n?,?\n, \nNaN,NaN\nnan,nan\n\"NA\",\"\"\n2,Na\n";
  const Table table = table_of(text);
  EXPECT_EQ(table.columns[0].type, ColumnType::numeric);
  EXPECT_EQ(table.columns[0].missing, 6U);
  EXPECT_EQ(table.columns[1].missing, 6U);
  EXPECT_EQ(table.columns[1].categories, (Strings{"x", "Na"}));
  EXPECT_EQ(table.missing(), 12U);
  const Table other = table_of("a\n1\n-999\n3\n", {.missing = {"-999"}});
  EXPECT_EQ(other.columns[0].missing, 1U);
  EXPECT_TRUE(std::isnan(other.columns[0].numbers[1]));
}

TEST(Csv, columns_read_as_text_keep_every_cell_as_it_stood) {
  const Table table = table_of("id,v\n007,1\nNA,2\n,3\n1.50,4\n?,5\n", {.text_columns = {"id", "not there"}});
  ASSERT_EQ(table.columns[0].type, ColumnType::categorical);
  Strings texts;
  for (std::size_t r = 0; r < table.rows(); ++r) texts.push_back(table.cell_text(r, 0));
  EXPECT_EQ(texts, (Strings{"007", "NA", "", "1.50", "?"}));
  EXPECT_EQ(table.columns[0].missing, 3U);
  EXPECT_TRUE(table.columns[0].is_missing(1));
}

TEST(Csv, a_few_words_among_numbers_make_a_text_column_and_a_notice_with_count_and_place) {
  Notices notices;
  const auto table = parse_csv("a,b\n1,1\nn/a,2\n3,3\nn/a,4\n5,5\n", "t.csv", {}, notices);
  ASSERT_TRUE(table.ok());
  EXPECT_EQ(table->columns[0].type, ColumnType::categorical);
  ASSERT_EQ(notices.size(), 1U);
  expect_notice(notices,
                "t.csv, column \"a\": read as text because of 2 fields that are no number, first \"n/a\" on line 3");
  expect_notice(notices, "--missing 'NA,NaN,?,n/a'");
}

TEST(Csv, decimal_commas_are_pointed_out) {
  Notices notices;
  ASSERT_TRUE(parse_csv("a;b\n1,5;x\n2,5;y\n", "t.csv", {}, notices).ok());
  expect_notice(notices, "decimal comma");
}

TEST(Csv, numbers_are_read_in_every_decimal_form) {
  const Table table = table_of("a\n+5\n-.5\n5.\n1e3\n1E-2\n0x\n1e-999\n", {.missing = {"0x"}});
  ASSERT_EQ(table.columns[0].type, ColumnType::numeric);
  const std::vector<double> expected = {5, -0.5, 5, 1000, 0.01};
  for (std::size_t r = 0; r < expected.size(); ++r) EXPECT_EQ(table.columns[0].numbers[r], expected[r]);
  EXPECT_EQ(table.columns[0].numbers[6], 0.0) << "too small for a double is zero";
}

TEST(Csv, a_table_without_values_in_a_column_is_numeric_and_all_missing) {
  const Table table = table_of("a,b\n1,\n2,NA\n");
  EXPECT_EQ(table.columns[1].type, ColumnType::numeric);
  EXPECT_EQ(table.columns[1].missing, 2U);
}

TEST(Csv, a_written_field_is_quoted_only_where_it_has_to_be) {
  EXPECT_EQ(csv_field("plain"), "plain");
  EXPECT_EQ(csv_field("a,b"), "\"a,b\"");
  EXPECT_EQ(csv_field("a,b", ';'), "a,b");
  EXPECT_EQ(csv_field("say \"x\""), "\"say \"\"x\"\"\"");
  EXPECT_EQ(csv_field(" edge"), "\" edge\"");
  EXPECT_EQ(csv_field("a\nb"), "\"a\nb\"");
}

TEST(Table, the_content_fed_to_a_fingerprint_depends_on_names_types_and_values_only) {
  const auto content = [](const Table& table) {
    std::string bytes;
    feed_content(table, [&](std::span<const std::byte> part) {
      bytes.append(reinterpret_cast<const char*>(part.data()), part.size());
    });
    return bytes;
  };
  const std::string base = content(table_of("a,b\n1,x\n2,\n"));
  EXPECT_FALSE(base.empty());
  EXPECT_EQ(base, content(table_of("\"a\";b\r\n\r\n1.0;\"x\"\r\n2;NA")));
  for (const char* other : {"a,c\n1,x\n2,\n", "a,b\n1,y\n2,\n", "a,b\n1,x\n3,\n", "a,b\n1,x\n2,x\n", "b,a\n1,x\n2,\n",
                            "a,b\n2,\n1,x\n", "a,b\n1,x\n", "a,b\nq,x\n2,\n", "a,b\n1,x\n,\n"}) {
    EXPECT_NE(base, content(table_of(other))) << other;
  }
}

TEST(Table, from_arrays_is_the_table_that_its_text_would_give) {
  const double nan = std::nan("");
  const auto table = table_from_columns("memory", {"a", "b"}, {{1, 2}, {nan, 4}});
  ASSERT_TRUE(table.ok());
  EXPECT_EQ(cells(*table), cells(table_of("a,b\n1,\n2,4\n")));
  EXPECT_EQ(table->columns[1].missing, 1U);
  testing::expect_error(table_from_columns("memory", {"a"}, {{1}, {2}}), ErrorCode::shape, "memory", "1 name");
  testing::expect_error(table_from_columns("memory", {"a", "a"}, {{1}, {2}}), ErrorCode::data, "memory", "\"a\"");
  testing::expect_error(table_from_columns("memory", {"a", "b"}, {{1}, {2, 3}}), ErrorCode::shape,
                        "memory, column \"b\"", "2");
  testing::expect_error(table_from_columns("memory", {"a"}, {{1, HUGE_VAL}}), ErrorCode::data, "memory:2, column \"a\"",
                        "inf");
  testing::expect_error(table_from_columns("memory", {"a"}, {{}}), ErrorCode::data, "memory", "0 rows");
}

TEST(Table, an_unknown_column_is_named_with_the_nearest_spelling) {
  const Table table = table_of("species,island\na,b\n");
  const auto found = table.require("specis", "--target");
  testing::expect_error(found, ErrorCode::data, "t.csv", "\"specis\"");
  EXPECT_TRUE(contains(found.error().fix, "\"species\""));
  ASSERT_TRUE(table.require("island", "--target").ok());
  EXPECT_EQ(*table.require("island", "--target"), 1U);
}

}  // namespace
}  // namespace deltarule::data
