#include "data/table.hpp"

#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <unordered_set>

#include "base/text.hpp"
#include "io/number.hpp"

namespace deltarule::data {
namespace {

// Collects small pieces so that the sink is called once per 64 KiB, not once per cell.
class ContentFeeder {
 public:
  explicit ContentFeeder(const std::function<void(std::span<const std::byte>)>& sink) : sink_(sink) {}
  ContentFeeder(const ContentFeeder&) = delete;
  ContentFeeder& operator=(const ContentFeeder&) = delete;
  ~ContentFeeder() { flush(); }

  void integer(std::uint64_t value) {
    if (used_ + sizeof value > buffer_.size()) flush();
    for (std::size_t i = 0; i < sizeof value; ++i) buffer_[used_++] = static_cast<std::byte>(value >> (8 * i) & 0xFFU);
  }
  // A missing number is one bit pattern, whatever its payload.
  void number(double value) {
    if (std::isnan(value)) value = std::numeric_limits<double>::quiet_NaN();
    integer(std::bit_cast<std::uint64_t>(value));
  }
  void text(std::string_view text) {
    integer(text.size());
    flush();
    if (!text.empty()) sink_(std::as_bytes(std::span(text)));
  }

 private:
  void flush() {
    if (used_ > 0) sink_(std::span(buffer_).first(used_));
    used_ = 0;
  }
  const std::function<void(std::span<const std::byte>)>& sink_;
  std::array<std::byte, 65536> buffer_{};
  std::size_t used_ = 0;
};

void feed_column(const Column& column, ContentFeeder& feeder) {
  feeder.text(column.name);
  feeder.integer(static_cast<std::uint64_t>(column.type));
  if (column.type == ColumnType::numeric) {
    for (const double value : column.numbers) feeder.number(value);
    return;
  }
  feeder.integer(column.categories.size());
  for (const std::string& category : column.categories) feeder.text(category);
  // Every code below 0 is missing, however it was written.
  for (const std::int32_t code : column.codes) feeder.integer(static_cast<std::uint64_t>(code < 0 ? 0 : code + 1));
}

}  // namespace

std::size_t Table::missing() const {
  std::size_t count = 0;
  for (const Column& column : columns) count += column.missing;
  return count;
}

std::vector<std::string> Table::names() const {
  std::vector<std::string> all;
  all.reserve(columns.size());
  for (const Column& column : columns) all.push_back(column.name);
  return all;
}

std::optional<std::size_t> Table::find(std::string_view name) const {
  for (std::size_t c = 0; c < columns.size(); ++c) {
    if (columns[c].name == name) return c;
  }
  return std::nullopt;
}

Result<std::size_t> Table::require(std::string_view name, std::string_view what) const {
  if (const auto found = find(name)) return *found;
  const std::vector<std::string> all = names();
  const std::string near = base::nearest_spelling(name, all);
  return Error{
      ErrorCode::data, source, "there is no column " + base::quoted(name) + " (" + std::string(what) + ")",
      "one of the " + base::counted(all.size(), "column") + " " + base::listed(all),
      near.empty() ? "Check the name; upper and lower case count" : "Did you mean " + base::quoted(near) + "?"};
}

std::string Table::place(std::size_t row, std::size_t column) const {
  return source + ":" + std::to_string(lines[row]) + ", column " + base::quoted(columns[column].name);
}

std::string Table::cell_text(std::size_t row, std::size_t column) const {
  const Column& from = columns[column];
  if (from.type == ColumnType::numeric) return from.is_missing(row) ? std::string() : io::to_text(from.numbers[row]);
  const std::int32_t code = from.codes[row];
  if (code >= 0) return from.categories[static_cast<std::size_t>(code)];
  const auto kind = static_cast<std::size_t>(-(code + 1));
  return kind < missing_texts.size() ? missing_texts[kind] : std::string();
}

Result<Table> table_from_columns(std::string source, std::vector<std::string> names,
                                 std::vector<std::vector<double>> values) {
  if (names.size() != values.size() || values.empty()) {
    return Error{ErrorCode::shape, source,
                 base::counted(names.size(), "name") + " for " + base::counted(values.size(), "column"),
                 "one name per column, and at least one column", ""};
  }
  Table table{.source = std::move(source), .columns = {}, .lines = {}, .missing_texts = {}};
  const std::size_t rows = values[0].size();
  std::unordered_set<std::string> seen;
  for (std::size_t c = 0; c < values.size(); ++c) {
    if (!seen.insert(names[c]).second) {
      return Error{ErrorCode::data, table.source, "two columns are named " + base::quoted(names[c]), "distinct names",
                   ""};
    }
    if (values[c].size() != rows) {
      return Error{ErrorCode::shape, table.source + ", column " + base::quoted(names[c]),
                   "has " + base::counted(values[c].size(), "value"), std::to_string(rows) + " as in the first column",
                   ""};
    }
    Column column{.name = std::move(names[c]),
                  .type = ColumnType::numeric,
                  .numbers = std::move(values[c]),
                  .codes = {},
                  .categories = {},
                  .missing = 0};
    for (std::size_t r = 0; r < column.numbers.size(); ++r) {
      if (std::isinf(column.numbers[r])) {
        return Error{ErrorCode::data,
                     table.source + ":" + std::to_string(r + 1) + ", column " + base::quoted(column.name), "infinity",
                     "a finite number, or NaN for a missing one", ""};
      }
      column.missing += column.is_missing(r) ? 1U : 0U;
    }
    table.columns.push_back(std::move(column));
  }
  if (rows == 0 || rows >= std::numeric_limits<std::uint32_t>::max()) {
    return Error{ErrorCode::data, table.source, base::counted(rows, "row"), "1 to 4294967294 rows", ""};
  }
  table.lines.resize(rows);
  for (std::size_t r = 0; r < rows; ++r) table.lines[r] = static_cast<std::uint32_t>(r + 1);
  return table;
}

void feed_content(const Table& table, const std::function<void(std::span<const std::byte>)>& sink) {
  ContentFeeder feeder(sink);
  feeder.integer(table.columns.size());
  feeder.integer(table.rows());
  for (const Column& column : table.columns) feed_column(column, feeder);
}

}  // namespace deltarule::data
