// Laws over random tables and random bytes: what is written is read back, and nothing crashes the reader.
#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "campaign.hpp"
#include "io/number.hpp"
#include "tables.hpp"

namespace deltarule::data {
namespace {

base::Random random_for(std::uint32_t trial) { return {7, base::Stream::generate, 0, trial}; }

std::string random_word(base::Random& random) {
  static const std::vector<std::string> kPieces = {"a",  "Z",  " ",    ",", ";",  "\t", "|",
                                                   "\"", "\n", "\r\n", "é", "🐧", "-",  "1"};
  std::string word = "w";  // never a number, never missing
  for (std::uint32_t i = random.below(6); i > 0; --i)
    word += kPieces[random.below(static_cast<std::uint32_t>(kPieces.size()))];
  return word + "w";
}

double random_number(base::Random& random) {
  const std::uint64_t bits = std::uint64_t{random.bits()} << 32U | random.bits();
  double value = 0.0;
  std::memcpy(&value, &bits, sizeof value);
  if (random.below(2) == 0) value = static_cast<double>(static_cast<std::int32_t>(random.below(200)) - 100) / 4;
  return std::isfinite(value) ? value : 0.5;
}

struct Written {
  std::string text;
  std::vector<std::vector<std::string>> cells;  // [row][column], "" = missing
  std::vector<bool> numeric;
};

std::string in_quotes(const std::string& text) {
  std::string field = "\"";
  for (const char c : text) field += c == '"' ? std::string("\"\"") : std::string(1, c);
  return field + "\"";
}

// A table with random sizes, types, gaps, quoting, delimiter and line ends.
Written random_table(base::Random& random) {
  const std::size_t columns = 1 + random.below(5);
  const char delimiter = columns == 1 ? ',' : ",;\t|"[random.below(4)];  // one column shows no other
  const std::string end = std::vector<std::string>{"\n", "\r\n", "\r"}[random.below(3)];
  const std::size_t rows = 1 + random.below(12);
  Written written;
  if (random.below(3) == 0) written.text = "\xEF\xBB\xBF";
  for (std::size_t c = 0; c < columns; ++c) {
    written.numeric.push_back(random.below(2) == 0);
    written.text += (c == 0 ? "" : std::string(1, delimiter)) + "name" + std::to_string(c);
  }
  for (std::size_t r = 0; r < rows; ++r) {
    written.text += end;
    if (random.below(8) == 0) written.text += end;
    written.cells.emplace_back();
    for (std::size_t c = 0; c < columns; ++c) {
      std::string cell = written.numeric[c] ? io::to_text(random_number(random)) : random_word(random);
      if (r > 0 && random.below(6) == 0) cell.clear();
      const bool quote = random.below(3) == 0 || (columns == 1 && cell.empty());
      written.text +=
          (c == 0 ? "" : std::string(1, delimiter)) + (quote ? in_quotes(cell) : csv_field(cell, delimiter));
      written.cells.back().push_back(std::move(cell));
    }
  }
  if (random.below(2) == 0) written.text += end;
  return written;
}

TEST(CsvProperty, what_is_written_in_any_quoting_is_read_back) {
  std::size_t compared = 0;
  for (std::uint32_t trial = 0; trial < test::lengthened<std::uint32_t>(3000); ++trial) {
    base::Random random = random_for(trial);
    const Written written = random_table(random);
    Notices notices;
    const auto table = parse_csv(written.text, "t.csv", {}, notices);
    ASSERT_TRUE(table.ok()) << table.error().message() << "\n" << written.text;
    ASSERT_EQ(table->rows(), written.cells.size()) << written.text;
    ASSERT_EQ(table->columns.size(), written.numeric.size()) << written.text;
    for (std::size_t r = 0; r < written.cells.size(); ++r) {
      for (std::size_t c = 0; c < written.numeric.size(); ++c) {
        ASSERT_EQ(table->columns[c].type == ColumnType::numeric, written.numeric[c]) << written.text;
        ASSERT_EQ(table->cell_text(r, c), written.cells[r][c]) << written.text;
        ++compared;
      }
    }
  }
  EXPECT_GT(compared, 30'000U);
}

TEST(CsvProperty, columns_read_as_text_give_back_every_cell) {
  std::size_t compared = 0;
  for (std::uint32_t trial = 0; trial < 500; ++trial) {
    base::Random random = random_for(10'000 + trial);
    const Written written = random_table(random);
    CsvOptions options;
    for (std::size_t c = 0; c < written.numeric.size(); ++c) options.text_columns.push_back("name" + std::to_string(c));
    const Table table = testing::table_of(written.text, options);
    ASSERT_EQ(table.rows(), written.cells.size());
    for (std::size_t r = 0; r < written.cells.size(); ++r) {
      for (std::size_t c = 0; c < written.numeric.size(); ++c) {
        ASSERT_EQ(table.cell_text(r, c), written.cells[r][c]) << written.text;
        ++compared;
      }
    }
  }
  EXPECT_GT(compared, 5'000U);
}

// A table or an error with a place; the table is whole.
void expect_sound(std::string_view bytes, std::size_t& tables, std::size_t& errors) {
  Notices notices;
  const auto table = parse_csv(bytes, "t.csv", {}, notices);
  if (!table.ok()) {
    ++errors;
    EXPECT_FALSE(table.error().place.empty());
    EXPECT_FALSE(table.error().got.empty());
    return;
  }
  ++tables;
  EXPECT_GT(table->rows(), 0U);
  for (const Column& column : table->columns) {
    const bool numeric = column.type == ColumnType::numeric;
    ASSERT_EQ(numeric ? column.numbers.size() : column.codes.size(), table->rows());
    std::size_t missing = 0;
    for (std::size_t r = 0; r < table->rows(); ++r) {
      missing += column.is_missing(r) ? 1U : 0U;
      const bool sound = numeric ? !std::isinf(column.numbers[r])
                                 : column.codes[r] < static_cast<std::int32_t>(column.categories.size());
      ASSERT_TRUE(sound) << bytes;
    }
    ASSERT_EQ(missing, column.missing);
  }
}

TEST(CsvProperty, no_bytes_crash_the_reader) {
  static constexpr std::string_view kAlphabet = ",,,;\t|\"\"\n\n\r  019.e-+aNA?{\0\xC3\xA9\xFF";
  std::size_t tables = 0;
  std::size_t errors = 0;
  for (std::uint32_t trial = 0; trial < test::lengthened<std::uint32_t>(20'000); ++trial) {
    base::Random random = random_for(20'000 + trial);
    std::string bytes;
    const std::uint32_t kinds = 6 + random.below(static_cast<std::uint32_t>(kAlphabet.size()) - 6 + 1);
    for (std::uint32_t i = random.below(40); i > 0; --i) bytes += kAlphabet[random.below(kinds)];
    expect_sound(bytes, tables, errors);
  }
  EXPECT_GT(tables, 500U);
  EXPECT_GT(errors, 5'000U);
}

TEST(CsvProperty, no_damage_to_a_good_table_crashes_the_reader) {
  std::size_t tables = 0;
  std::size_t errors = 0;
  for (std::uint32_t trial = 0; trial < test::lengthened<std::uint32_t>(10'000); ++trial) {
    base::Random random = random_for(50'000 + trial);
    std::string bytes = random_table(random).text;
    const auto size = static_cast<std::uint32_t>(bytes.size());
    switch (random.below(3)) {
      case 0:
        bytes[random.below(size)] = static_cast<char>(random.below(256));
        break;
      case 1:
        bytes.resize(random.below(size));
        break;
      default:
        bytes.insert(random.below(size), 1, static_cast<char>(random.below(256)));
        break;
    }
    expect_sound(bytes, tables, errors);
  }
  EXPECT_GT(tables, 1'000U);
  EXPECT_GT(errors, 1'000U);
}

}  // namespace
}  // namespace deltarule::data
