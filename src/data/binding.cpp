#include "data/binding.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <numeric>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/text.hpp"
#include "data/readers/csv.hpp"
#include "data/row_weights.hpp"
#include "io/number.hpp"

namespace deltarule::data {
namespace {

using base::counted;
using base::quoted;

constexpr std::int32_t kUnknown = -1;

// A categorical column as numbers. A text that is no number is an error with the place of its first cell.
Result<std::vector<double>> numbers_from_text(const Table& table, std::size_t c) {
  const Column& column = table.columns[c];
  std::vector<io::ParsedNumber> parsed;
  parsed.reserve(column.categories.size());
  for (const std::string& category : column.categories) parsed.push_back(io::parse_number(category));
  std::vector<double> numbers(column.codes.size(), std::numeric_limits<double>::quiet_NaN());
  for (std::size_t row = 0; row < numbers.size(); ++row) {
    if (column.codes[row] < 0) continue;
    const io::ParsedNumber& number = parsed[static_cast<std::size_t>(column.codes[row])];
    if (number.status != io::NumberStatus::ok) {
      const std::string text = table.cell_text(row, c);
      return Error{ErrorCode::data, table.place(row, c), quoted(text), "a number: this column was numeric in training",
                   "Correct the cell" + missing_hint(text)};
    }
    numbers[row] = number.value;
  }
  return numbers;
}

// A numeric column as codes of its distinct values, whose shortest texts go to `texts`.
std::vector<std::int32_t> codes_from_numbers(const Column& column, std::vector<std::string>& texts) {
  std::vector<std::int32_t> codes(column.numbers.size(), -1);
  std::unordered_map<std::uint64_t, std::int32_t> code_of;
  for (std::size_t row = 0; row < codes.size(); ++row) {
    if (column.is_missing(row)) continue;
    const double value = column.numbers[row] + 0.0;  // −0 is 0
    const auto [at, is_new] =
        code_of.emplace(std::bit_cast<std::uint64_t>(value), static_cast<std::int32_t>(texts.size()));
    if (is_new) texts.push_back(io::to_text(value));
    codes[row] = at->second;
  }
  return codes;
}

class Binder {
 public:
  Binder(const Table& table, const Preprocessing& rules, const BindOptions& options, Notices& notices)
      : table_(table), rules_(rules), options_(options), notices_(notices) {
    for (std::size_t c = 0; c < table.columns.size(); ++c) columns_.emplace(table.columns[c].name, c);
  }

  Result<void> bind(std::vector<BoundFeature>& features, std::vector<BoundTarget>& targets);

 private:
  [[nodiscard]] Result<void> check_columns() const;
  [[nodiscard]] Error missing_columns(const std::vector<std::string>& missing, std::string_view role) const;
  Result<void> bind_numeric(const FeatureRule& rule, BoundFeature& feature);
  Result<void> bind_categorical(const FeatureRule& rule, BoundFeature& feature);
  void report_filled(const FeatureRule& rule, const BoundFeature& feature, std::size_t first_row);
  Result<void> report_unseen(const BoundFeature& feature, std::size_t first_row);
  Result<void> bind_classes(BoundTarget& target) const;
  Result<void> bind_values(BoundTarget& target) const;

  const Table& table_;
  const Preprocessing& rules_;
  const BindOptions& options_;
  Notices& notices_;
  Notices unseen_;
  Notices filled_;
  std::unordered_map<std::string_view, std::size_t> columns_;
};

Error Binder::missing_columns(const std::vector<std::string>& missing, std::string_view role) const {
  constexpr std::size_t kShown = 8;
  const std::vector<std::string> names = table_.names();
  std::string hints;
  for (std::size_t i = 0; i < std::min(missing.size(), kShown); ++i) {
    const std::string near = base::nearest_spelling(missing[i], names);
    if (!near.empty()) hints += (hints.empty() ? "" : ", ") + quoted(near) + " for " + quoted(missing[i]);
  }
  return {ErrorCode::data, table_.source,
          counted(missing.size(), std::string(role) + " column") + (missing.size() == 1 ? " is" : " are") +
              " not there: " + base::listed(missing, kShown),
          "the columns that the model was trained on, by name",
          hints.empty()
              ? std::string(role == "feature" ? "Add them; an empty column counts as missing values" : "Add them")
              : "Did the file mean " + hints + "?"};
}

Result<void> Binder::check_columns() const {
  std::vector<std::string> missing;
  for (const FeatureRule& rule : rules_.features) {
    if (!columns_.contains(rule.name)) missing.push_back(rule.name);
  }
  if (!missing.empty()) return missing_columns(missing, "feature");
  if (options_.targets == Targets::none) return {};
  for (const TargetRule& rule : rules_.targets) {
    if (!columns_.contains(rule.name)) missing.push_back(rule.name);
  }
  if (!missing.empty()) return missing_columns(missing, "target");
  return {};
}

Result<void> Binder::bind_numeric(const FeatureRule& rule, BoundFeature& feature) {
  const Column& column = table_.columns[feature.column];
  feature.numbers = column.numbers.data();
  if (column.type == ColumnType::categorical) {
    auto numbers = numbers_from_text(table_, feature.column);
    if (!numbers) return numbers.error();
    feature.own_numbers = std::move(*numbers);
    feature.numbers = feature.own_numbers.data();
  }
  if (rule.missing_unit) return {};
  std::size_t first = 0;
  for (std::size_t row = table_.rows(); row-- > 0;) {
    if (feature.numbers[row] == feature.numbers[row]) continue;
    ++feature.filled;
    first = row;
  }
  if (feature.filled > 0) report_filled(rule, feature, first);
  return {};
}

Result<void> Binder::bind_categorical(const FeatureRule& rule, BoundFeature& feature) {
  const Column& column = table_.columns[feature.column];
  std::vector<std::string> texts;
  feature.codes = column.codes.data();
  if (column.type == ColumnType::numeric) {
    feature.own_codes = codes_from_numbers(column, texts);
    feature.codes = feature.own_codes.data();
  }
  const std::vector<std::string>& known = rule.categories;
  for (const std::string& text : column.type == ColumnType::numeric ? texts : column.categories) {
    const auto at = std::lower_bound(known.begin(), known.end(), text);
    const bool seen = at != known.end() && *at == text;
    feature.category_of_code.push_back(seen ? static_cast<std::int32_t>(at - known.begin()) : kUnknown);
  }
  std::size_t first_unseen = 0;
  std::size_t first_filled = 0;
  for (std::size_t row = table_.rows(); row-- > 0;) {
    const std::int32_t code = feature.codes[row];
    if (code < 0 && !rule.missing_unit) {
      ++feature.filled;
      first_filled = row;
    } else if (code >= 0 && feature.category_of_code[static_cast<std::size_t>(code)] == kUnknown) {
      ++feature.unseen;
      first_unseen = row;
    }
  }
  if (feature.filled > 0) report_filled(rule, feature, first_filled);
  return feature.unseen > 0 ? report_unseen(feature, first_unseen) : Result<void>();
}

void Binder::report_filled(const FeatureRule& rule, const BoundFeature& feature, std::size_t first_row) {
  const bool numeric = rule.type == ColumnType::numeric;
  filled_.push_back({table_.place(first_row, feature.column) + ": " + counted(feature.filled, "missing value") +
                     " from here on, none in training; taken for " +
                     (numeric ? "the median, " + io::to_text(rule.fill + 0.0) : std::string("no category"))});
}

Result<void> Binder::report_unseen(const BoundFeature& feature, std::size_t first_row) {
  const std::string place = table_.place(first_row, feature.column);
  const std::string text = quoted(table_.cell_text(first_row, feature.column));
  if (options_.unseen == Unseen::error) {
    return Error{ErrorCode::data, place, "the category " + text + " did not occur in training", "a category that did",
                 "Correct the cell, or --unseen missing to take it for a missing value"};
  }
  unseen_.push_back({place + ": the category " + text + " did not occur in training; " +
                     counted(feature.unseen, "such cell") + (feature.unseen == 1 ? " counts" : " count") +
                     " as missing (to refuse: --unseen error)"});
  return {};
}

Result<void> Binder::bind_classes(BoundTarget& target) const {
  const Column& column = table_.columns[target.column];
  std::vector<std::string> texts;
  std::vector<std::int32_t> own;
  const bool numeric = column.type == ColumnType::numeric;
  if (numeric) own = codes_from_numbers(column, texts);
  const std::vector<std::int32_t>& codes = numeric ? own : column.codes;
  std::unordered_map<std::string_view, std::int32_t> class_of;
  for (const std::string& name : rules_.classes) class_of.emplace(name, static_cast<std::int32_t>(class_of.size()));
  std::vector<std::int32_t> class_of_code;
  for (const std::string& text : numeric ? texts : column.categories) {
    const auto found = class_of.find(text);
    class_of_code.push_back(found == class_of.end() ? kUnknown : found->second);
  }
  target.classes.assign(table_.rows(), -1);
  for (std::size_t row = 0; row < table_.rows(); ++row) {
    if (codes[row] < 0 || weight_of(options_.weights, row) == 0.0) continue;
    target.classes[row] = class_of_code[static_cast<std::size_t>(codes[row])];
    if (target.classes[row] != kUnknown) continue;
    return Error{ErrorCode::data, table_.place(row, target.column),
                 "the class " + quoted(table_.cell_text(row, target.column)) + " is not one that the model knows",
                 "one of " + base::listed(rules_.classes, 20), "Correct the cell or leave the row out"};
  }
  return {};
}

Result<void> Binder::bind_values(BoundTarget& target) const {
  const Column& column = table_.columns[target.column];
  target.numbers = column.numbers.data();
  if (column.type == ColumnType::categorical) {
    auto numbers = numbers_from_text(table_, target.column);
    if (!numbers) return numbers.error();
    target.own_numbers = std::move(*numbers);
    target.numbers = target.own_numbers.data();
  }
  if (rules_.task != Task::multilabel) return {};
  for (std::size_t row = 0; row < table_.rows(); ++row) {
    const double value = target.numbers[row];
    if (value != value || value == 0.0 || value == 1.0 || weight_of(options_.weights, row) == 0.0) continue;
    return Error{ErrorCode::data, table_.place(row, target.column), io::to_text(value),
                 "0 or 1: the task is multilabel", "Correct the cell"};
  }
  return {};
}

Result<void> Binder::bind(std::vector<BoundFeature>& features, std::vector<BoundTarget>& targets) {
  if (auto columns = check_columns(); !columns) return columns;
  features.resize(rules_.features.size());
  for (std::size_t f = 0; f < features.size(); ++f) {
    const FeatureRule& rule = rules_.features[f];
    features[f].column = columns_.find(rule.name)->second;
    const bool numeric = rule.type == ColumnType::numeric;
    auto bound = numeric ? bind_numeric(rule, features[f]) : bind_categorical(rule, features[f]);
    if (!bound) return bound;
  }
  append_some(notices_, std::move(unseen_));
  append_some(notices_, std::move(filled_));
  if (options_.targets == Targets::none) return {};
  targets.resize(rules_.targets.size());
  for (std::size_t t = 0; t < targets.size(); ++t) {
    targets[t].column = columns_.find(rules_.targets[t].name)->second;
    auto bound = has_classes(rules_.task) ? bind_classes(targets[t]) : bind_values(targets[t]);
    if (!bound) return bound;
  }
  return {};
}

bool has_target(const BoundTarget& target, std::size_t row) {
  if (target.numbers == nullptr) return target.classes[row] >= 0;
  return target.numbers[row] == target.numbers[row];
}

}  // namespace

std::vector<std::uint32_t> BoundTable::all_rows() const {
  std::vector<std::uint32_t> rows(table_->rows());
  std::iota(rows.begin(), rows.end(), 0U);
  return rows;
}

std::vector<std::uint32_t> BoundTable::rows_with_targets() const {
  std::vector<std::uint32_t> rows = all_rows();
  std::erase_if(rows, [&](std::uint32_t row) {
    return std::any_of(targets_.begin(), targets_.end(), [&](const BoundTarget& t) { return !has_target(t, row); });
  });
  return rows;
}

std::size_t BoundTable::unseen() const {
  return std::accumulate(features_.begin(), features_.end(), std::size_t{0},
                         [](std::size_t sum, const BoundFeature& feature) { return sum + feature.unseen; });
}

std::size_t BoundTable::filled() const {
  return std::accumulate(features_.begin(), features_.end(), std::size_t{0},
                         [](std::size_t sum, const BoundFeature& feature) { return sum + feature.filled; });
}

Result<BoundTable> bind_table(const Table& table, const Preprocessing& preprocessing, const BindOptions& options,
                              Notices& notices) {
  BoundTable bound(table, preprocessing);
  if (auto done = Binder(table, bound.rules_, options, notices).bind(bound.features_, bound.targets_); !done) {
    return done.error();
  }
  return bound;
}

}  // namespace deltarule::data
