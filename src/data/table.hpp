// A table in memory: columns of numbers or of categories, and where each row stood in its file.
// Says nothing about roles (schema.hpp) or about how values become inputs (preprocessing.hpp).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "deltarule/error.hpp"

namespace deltarule::data {

enum class ColumnType : std::uint8_t { numeric, categorical };

struct Column {
  std::string name;
  ColumnType type = ColumnType::numeric;
  std::vector<double> numbers;          // numeric: [rows], NaN = missing, otherwise finite
  std::vector<std::int32_t> codes;      // categorical: [rows], place in categories; below 0 = missing
  std::vector<std::string> categories;  // categorical: distinct, in order of first appearance
  std::size_t missing = 0;              // rows without a value

  [[nodiscard]] bool is_missing(std::size_t row) const {
    return type == ColumnType::numeric ? numbers[row] != numbers[row] : codes[row] < 0;
  }
};

/// A categorical code of −1 − k is missing and was written as missing_texts[k] (columns read as text remember how).
struct Table {
  std::string source;  // file name for messages
  std::vector<Column> columns;
  std::vector<std::uint32_t> lines;        // [rows], file line on which the row begins, counting from 1
  std::vector<std::string> missing_texts;  // the texts that meant "missing" when this was read

  [[nodiscard]] std::size_t rows() const { return lines.size(); }
  [[nodiscard]] std::size_t missing() const;  // cells without a value
  [[nodiscard]] std::vector<std::string> names() const;
  [[nodiscard]] std::optional<std::size_t> find(std::string_view name) const;
  /// The column's place, or a data error with the nearest spelling. `what` is named in it: "target column".
  [[nodiscard]] Result<std::size_t> require(std::string_view name, std::string_view what) const;
  /// `penguins.csv:17, column "sex"`
  [[nodiscard]] std::string place(std::size_t row, std::size_t column) const;
  /// The cell as text: a category as it stood, a number in its shortest form, a missing value as "" (in a column read
  /// as text: as it stood).
  [[nodiscard]] std::string cell_text(std::size_t row, std::size_t column) const;
};

/// A table from arrays, for callers without a file. Column c is values[c], NaN = missing. Lines count from 1.
Result<Table> table_from_columns(std::string source, std::vector<std::string> names,
                                 std::vector<std::vector<double>> values);

/// Feeds what the table holds (names, types, values; not its file name or lines) to `sink` in pieces, the same bytes
/// for the same content on every machine: the input of a fingerprint.
void feed_content(const Table& table, const std::function<void(std::span<const std::byte>)>& sink);

}  // namespace deltarule::data
