#include "data/split_column.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <string_view>
#include <utility>

#include "base/text.hpp"
#include "io/number.hpp"

namespace deltarule::data {
namespace {

using base::quoted;

constexpr std::array<std::pair<std::string_view, std::int32_t>, 5> kParts = {{{"train", kTrainingPart},
                                                                              {"training", kTrainingPart},
                                                                              {"validation", kValidationPart},
                                                                              {"valid", kValidationPart},
                                                                              {"test", kTestPart}}};

/// Where a column of texts is in time: digits stand for themselves, so that texts of one shape are in the order of time
/// when the year comes first.
std::string shape_of(std::string text) {
  for (char& letter : text)
    if (letter >= '0' && letter <= '9') letter = '0';
  return text;
}

bool is_date_shape(const std::string& shape) {
  constexpr std::string_view kDate = "0000-00-00", kOthers = "0 :.,TZ";
  return shape.starts_with(kDate) && shape.find_first_not_of(kOthers, kDate.size()) == std::string::npos;
}

class Codes {
 public:
  Codes(const Table& table, std::size_t column, SplitKind kind, const std::vector<std::uint32_t>& rows)
      : table_(table), column_(column), kind_(kind), rows_(rows) {}

  Result<std::vector<std::int32_t>> find() {
    codes_.assign(table_.rows(), -1);
    for (const std::uint32_t row : rows_) {
      if (!column().is_missing(row)) continue;
      return error_at(row, "no value", "a value in every row with a target",
                      "Fill the cell, or leave the row out of the file");
    }
    switch (kind_) {
      case SplitKind::by_part:
        return parts();
      case SplitKind::by_time:
        return column().type == ColumnType::numeric ? numbers() : times();
      case SplitKind::by_group:
      case SplitKind::at_random:
        break;
    }
    return groups();
  }

 private:
  [[nodiscard]] const Column& column() const { return table_.columns[column_]; }
  [[nodiscard]] const std::string& text(std::uint32_t row) const {
    return column().categories[static_cast<std::size_t>(column().codes[row])];
  }
  [[nodiscard]] Error error_at(std::uint32_t row, std::string got, std::string needed, std::string fix) const {
    return {ErrorCode::data, table_.place(row, column_), std::move(got), std::move(needed), std::move(fix)};
  }
  [[nodiscard]] Error error_of_column(std::string got, std::string needed, std::string fix) const {
    return {ErrorCode::data, table_.source + ", column " + quoted(column().name), std::move(got), std::move(needed),
            std::move(fix)};
  }

  /// Ranks of keys, which must differ somewhere.
  template <class Key, class KeyOf>
  Result<std::vector<std::int32_t>> ranks(const KeyOf& key_of, const char* alike, const char* needed) {
    std::map<Key, std::int32_t> rank;
    for (const std::uint32_t row : rows_) rank.emplace(key_of(row), 0);
    if (rank.size() < 2) {
      return error_of_column("all " + base::counted(rows_.size(), "row") + alike, needed,
                             std::string("Leave out ") + split_option(kind_) + ", or name another column");
    }
    std::int32_t next = 0;
    for (auto& [key, number] : rank) number = next++;
    for (const std::uint32_t row : rows_) codes_[row] = rank.find(key_of(row))->second;
    return std::move(codes_);
  }

  static constexpr const char* kOneTime = " have one time";
  static constexpr const char* kTwoTimes = "at least two different times";

  Result<std::vector<std::int32_t>> numbers() {
    return ranks<double>([&](std::uint32_t row) { return column().numbers[row] + 0.0; }, kOneTime, kTwoTimes);
  }

  Result<std::vector<std::int32_t>> times() {
    const std::string shape = shape_of(text(rows_.front()));
    for (const std::uint32_t row : rows_) {
      if (is_date_shape(shape) && shape_of(text(row)) == shape) continue;
      return error_at(row, quoted(text(row)),
                      "numbers, or times written alike in all rows, year first: 2024-01-31 or 2024-01-31T12:00:00",
                      "Write the times so, or name a column of numbers");
    }
    return ranks<std::string>([&](std::uint32_t row) { return text(row); }, kOneTime, kTwoTimes);
  }

  Result<std::vector<std::int32_t>> groups() {
    std::map<std::string, std::int32_t> group_of;
    for (const std::uint32_t row : rows_) {
      const auto next = static_cast<std::int32_t>(group_of.size());
      codes_[row] = group_of.emplace(table_.cell_text(row, column_), next).first->second;
    }
    if (group_of.size() > 1) return std::move(codes_);
    return error_of_column("all " + base::counted(rows_.size(), "row") + " are of one group", "at least two groups",
                           "Leave out --group-by, or name another column");
  }

  Result<std::vector<std::int32_t>> parts() {
    std::array<std::size_t, 3> count{};
    for (const std::uint32_t row : rows_) {
      const std::string name = table_.cell_text(row, column_);
      const auto part = std::find_if(kParts.begin(), kParts.end(), [&](const auto& one) { return one.first == name; });
      if (part == kParts.end()) {
        return error_at(row, quoted(name) + " as a part of the split", "train, validation or test",
                        "Correct the cell, or name another column with --split-column");
      }
      codes_[row] = part->second;
      ++count[static_cast<std::size_t>(part->second)];
    }
    const std::string fix = "Give each part rows, or name another column with --split-column";
    if (count[0] == 0) return error_of_column("no row is for train", "rows to train on", fix);
    if (count[0] == rows_.size())
      return error_of_column("all " + base::counted(rows_.size(), "row") + " are for train",
                             "rows for validation or test, too", fix);
    return std::move(codes_);
  }

  const Table& table_;
  std::size_t column_;
  SplitKind kind_;
  const std::vector<std::uint32_t>& rows_;
  std::vector<std::int32_t> codes_;
};

}  // namespace

const char* split_option(SplitKind kind) {
  switch (kind) {
    case SplitKind::by_group:
      return "--group-by";
    case SplitKind::by_time:
      return "--split-by-time";
    case SplitKind::by_part:
      return "--split-column";
    case SplitKind::at_random:
      break;
  }
  return "";
}

const char* split_name(SplitKind kind) {
  switch (kind) {
    case SplitKind::by_group:
      return "group";
    case SplitKind::by_time:
      return "time";
    case SplitKind::by_part:
      return "column";
    case SplitKind::at_random:
      break;
  }
  return "random";
}

Result<std::vector<std::int32_t>> split_codes(const Table& table, std::size_t column, SplitKind kind,
                                              const std::vector<std::uint32_t>& rows) {
  return Codes(table, column, kind, rows).find();
}

}  // namespace deltarule::data
