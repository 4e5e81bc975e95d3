// Everything that the reader refuses, each with its exact place.
#include <chrono>
#include <string>
#include <vector>

#include "tables.hpp"

namespace deltarule::data {
namespace {

using testing::contains;
using testing::expect_error;

Result<Table> parse(std::string_view text, const CsvOptions& options = {}) {
  Notices notices;
  return parse_csv(text, "t.csv", options, notices);
}

TEST(CsvErrors, a_missing_file_is_an_io_error_in_the_systems_words) {
  Notices notices;
  const std::string path = DELTARULE_SOURCE_DIR "/no such file.csv";
  const auto table = read_csv(path, {}, notices);
  expect_error(table, ErrorCode::io, path, "No such file or directory");
  EXPECT_FALSE(table.error().fix.empty());
}

TEST(CsvErrors, a_directory_is_not_a_file) {
  Notices notices;
  expect_error(read_csv(DELTARULE_SOURCE_DIR, {}, notices), ErrorCode::io, DELTARULE_SOURCE_DIR, "directory");
}

TEST(CsvErrors, an_empty_file_is_refused) {
  expect_error(parse(""), ErrorCode::data, "t.csv", "empty");
  expect_error(parse("\n \n\r\n"), ErrorCode::data, "t.csv", "blank lines");
  expect_error(parse("\xEF\xBB\xBF"), ErrorCode::data, "t.csv", "blank lines");
}

TEST(CsvErrors, a_header_without_rows_is_refused) {
  expect_error(parse("a,b\n"), ErrorCode::data, "t.csv", "only a header");
  expect_error(parse("a,b\n\n\n"), ErrorCode::data, "t.csv", "only a header");
  expect_error(parse("1,2\n", {.header = Header::yes}), ErrorCode::data, "t.csv", "only a header");
}

TEST(CsvErrors, a_ragged_row_is_named_by_line) {
  const auto few = parse("a,b,c\n1,2,3\n\"x\ny\",2,3\n4,5\n");
  expect_error(few, ErrorCode::data, "t.csv:5", "2 fields");
  EXPECT_TRUE(contains(few.error().needed, "3 fields"));
  expect_error(parse("a,b\n1,2\n1,2,3\n"), ErrorCode::data, "t.csv:3", "more than 2 fields");
  expect_error(parse("a,b\n1,2\n1,2,\n"), ErrorCode::data, "t.csv:3", "more than 2 fields");
}

TEST(CsvErrors, an_unterminated_quote_is_named_where_it_opens) {
  expect_error(parse("a,b\n1,2\n3,\"x\n4,5\n"), ErrorCode::data, "t.csv:3, column \"b\"", "never closed");
  expect_error(parse("\"a,b\n1,2\n"), ErrorCode::data, "t.csv:1, column 1", "never closed");
  expect_error(parse("a,b\n1,\""), ErrorCode::data, "t.csv:2, column \"b\"", "never closed");
}

TEST(CsvErrors, characters_around_quotes_are_refused) {
  expect_error(parse("a,b\n\"x\"y,2\n"), ErrorCode::data, "t.csv:2, column \"a\"", "after a closing quote");
  expect_error(parse("a,b\n1,x\"y\"\n"), ErrorCode::data, "t.csv:2, column \"b\"", "quote inside a field");
  expect_error(parse("a,b\n\"x\n\"y,2\n"), ErrorCode::data, "t.csv:3, column \"a\"", "after a closing quote");
}

TEST(CsvErrors, numbers_that_are_not_finite_are_refused_at_their_cell) {
  for (const std::string& text :
       std::vector<std::string>{"1e999", "-1e999", "inf", "-Infinity", "NAN", "1" + std::string(400, '0')}) {
    expect_error(parse("a,b\n1,2\n3," + text + "\n"), ErrorCode::data, "t.csv:3, column \"b\"", "not a finite number");
  }
  EXPECT_TRUE(parse("a\n1e999\nword\n").ok()) << "in a column of words it is a word";
}

TEST(CsvErrors, a_nul_byte_is_refused_at_its_line) {
  expect_error(parse(std::string_view("a,b\n1,2\n3,\0004\n", 13)), ErrorCode::data, "t.csv:3", "NUL byte at offset 10");
}

TEST(CsvErrors, bytes_that_are_not_utf8_are_refused_at_their_line) {
  const auto latin1 = parse("name\nabcdefghijkl\ncaf\xE9\n");
  expect_error(latin1, ErrorCode::data, "t.csv:3", "byte 0xE9 at offset 21");
  EXPECT_TRUE(contains(latin1.error().fix, "UTF-8"));
  // Overlong, surrogate, beyond U+10FFFF, truncated, stray continuation (Unicode 15, table 3-7).
  for (const char* bad :
       {"\xC0\xAF", "\xE0\x80\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xE2\x82", "\x80"}) {
    expect_error(parse(std::string("a\nb\n") + bad + "\n"), ErrorCode::data, "t.csv:3", "not UTF-8");
  }
  for (const char* good :
       {"caf\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x90\xA7", "\xED\x9F\xBF", "\xEE\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_TRUE(parse(std::string("a\nb\n") + good + "\n").ok()) << good;
  }
}

TEST(CsvErrors, files_that_are_no_text_are_named_for_what_they_are) {
  std::string model = std::string("\x40\0\0\0\0\0\0\0", 8) + "{\"__metadata__\":{}}" + std::string(60, ' ');
  const auto result = parse(model);
  expect_error(result, ErrorCode::data, "t.csv", "model file");
  EXPECT_TRUE(contains(result.error().fix, "model first"));
  expect_error(parse("\x1f\x8b\x08rest"), ErrorCode::data, "t.csv", "gzip");
  expect_error(parse("PK\x03\x04rest"), ErrorCode::data, "t.csv", "zip");
  expect_error(parse(std::string_view("\xFF\xFE"
                                      "a\0,\0",
                                      6)),
               ErrorCode::data, "t.csv", "UTF-16");
}

TEST(CsvErrors, two_columns_of_one_name_are_refused) {
  expect_error(parse("a,b, a\n1,2,3\n"), ErrorCode::data, "t.csv:1", "columns 1 and 3 are both named \"a\"");
}

TEST(CsvErrors, too_many_columns_are_refused) {
  const auto table = parse("a" + std::string(kMaxColumns, ',') + "\n1\n");
  expect_error(table, ErrorCode::data, "t.csv:1", "more than 1000000 columns");
}

TEST(CsvErrors, a_ten_megabyte_line_is_judged_like_any_other_and_quickly) {
  const std::string line(10'000'000, 'x');
  const auto begin = std::chrono::steady_clock::now();
  expect_error(parse("a,b\n1,2\n" + line + "\n"), ErrorCode::data, "t.csv:3", "1 field");
  const auto table = parse("a,b\n1,2\n3," + line + "\n");
  ASSERT_TRUE(table.ok());
  EXPECT_EQ(table->cell_text(1, 1), line);
  expect_error(parse("a,b\n1,2\n3,1" + std::string(10'000'000, '0') + "\n"), ErrorCode::data, "t.csv:3, column \"b\"",
               "not a finite number");
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
  EXPECT_LT(taken.count(), 5.0) << "30 MB; a quadratic reader would take hours";
}

TEST(CsvErrors, a_row_beyond_the_limit_is_refused_at_the_line_where_it_begins) {
  const std::string field(kMaxRecordBytes, 'x');
  const auto table = parse("a,b\n1,2\n3," + field + "\n5,6\n");
  expect_error(table, ErrorCode::data, "t.csv:3", "longer than 16 MiB");
  expect_error(parse("a,b\n1,\"" + field + "\"\n"), ErrorCode::data, "t.csv:2", "longer than 16 MiB");
}

TEST(CsvErrors, an_endless_file_of_zeros_is_refused_at_once) {
  Notices notices;
  expect_error(read_csv("/dev/zero", {}, notices), ErrorCode::data, "/dev/zero:1", "NUL byte at offset 0");
}

TEST(CsvErrors, a_hint_can_be_typed_into_a_shell_as_it_stands_or_is_not_given) {
  EXPECT_EQ(missing_hint("n/a"), "; if that means missing: --missing 'NA,NaN,?,n/a'");
  EXPECT_EQ(missing_hint("not known"), "; if that means missing: --missing 'NA,NaN,?,not known'");
  EXPECT_EQ(missing_hint("#N/A"), "; if that means missing: --missing 'NA,NaN,?,#N/A'");
  EXPECT_EQ(missing_hint("$5"), "; if that means missing: --missing 'NA,NaN,?,$5'");
  EXPECT_EQ(missing_hint("-9"), "; if that means missing: --missing 'NA,NaN,?,-9'");
  for (const std::string& odd : {std::string(), std::string("it's"), std::string("\x1b[31m"), std::string(41, '1')}) {
    EXPECT_EQ(missing_hint(odd), "") << odd;
  }
}

TEST(CsvErrors, an_impossible_delimiter_is_a_usage_error) {
  expect_error(parse("a b\n1 2\n", {.delimiter = ' '}), ErrorCode::usage, "delimiter", "\" \"");
}

}  // namespace
}  // namespace deltarule::data
