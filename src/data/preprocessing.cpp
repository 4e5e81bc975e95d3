#include "data/preprocessing.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <utility>

#include "base/text.hpp"
#include "data/row_weights.hpp"

namespace deltarule::data {
namespace {

using base::quoted;

constexpr std::array<std::pair<Scaling, std::string_view>, 3> kScalingNames = {
    {{Scaling::standard, "standard"}, {Scaling::minmax, "minmax"}, {Scaling::none, "none"}}};

// Beyond these bounds the factor 1 / scale would lose digits or overflow. False for NaN.
bool is_usable_scale(double scale) { return scale >= 1e-300 && scale <= 1e300; }

/// The values of a column that are there, each as often as its weight says.
struct Values {
  std::vector<double> numbers;
  std::vector<double> weights;  // empty: 1 each
  [[nodiscard]] double weight(std::size_t i) const { return weights.empty() ? 1.0 : weights[i]; }
  [[nodiscard]] double weight() const {
    double sum = 0.0;
    for (std::size_t i = 0; i < numbers.size(); ++i) sum += weight(i);
    return sum;
  }
};

double mean_of(const Values& values) {
  double sum = 0.0;
  for (std::size_t i = 0; i < values.numbers.size(); ++i) sum += values.weight(i) * values.numbers[i];
  return sum / values.weight();
}

// √(Σ(x − mean)²/n), taken relative to the largest deviation so that squares neither overflow nor vanish.
double deviation_of(const Values& values, double mean) {
  double largest = 0.0;
  for (const double value : values.numbers) largest = std::max(largest, std::fabs(value - mean));
  if (largest == 0.0 || !std::isfinite(largest)) return largest;
  double sum = 0.0;
  for (std::size_t i = 0; i < values.numbers.size(); ++i) {
    const double off = (values.numbers[i] - mean) / largest;
    sum += values.weight(i) * (off * off);
  }
  return largest * std::sqrt(sum / values.weight());
}

double median_of(Values all) {
  if (!all.weights.empty()) return weighted_median(all.numbers, all.weights);
  std::vector<double>& values = all.numbers;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 == 1) return *middle;
  return *middle / 2 + *std::max_element(values.begin(), middle) / 2;
}

class Fitter {
 public:
  Fitter(const Table& table, const Schema& schema, std::span<const std::uint32_t> rows,
         const PreprocessingOptions& options, Notices& notices)
      : table_(table), schema_(schema), rows_(rows), options_(options), notices_(notices) {}

  Result<Preprocessing> fit();

 private:
  Result<void> fit_numeric(const Column& column);
  void fit_categorical(const Column& column);
  Result<void> fit_targets();
  Result<void> fit_classes();
  Result<void> fit_regression_target(const Column& column, TargetRule& rule) const;
  [[nodiscard]] Values present(const Column& column) const;
  void report_left_out() const;
  [[nodiscard]] Error not_scalable(const Column& column) const;

  const Table& table_;
  const Schema& schema_;
  std::span<const std::uint32_t> rows_;
  const PreprocessingOptions& options_;
  Notices& notices_;
  Preprocessing result_;
  std::vector<std::string> constant_;  // names of columns left out
  std::vector<std::string> empty_;
};

Values Fitter::present(const Column& column) const {
  Values values;
  values.numbers.reserve(rows_.size());
  for (const std::uint32_t row : rows_) {
    if (column.is_missing(row)) continue;
    values.numbers.push_back(column.numbers[row]);
    if (!schema_.weights.empty()) values.weights.push_back(schema_.weights[row]);
  }
  return values;
}

void Fitter::report_left_out() const {
  const auto report = [&](const std::vector<std::string>& names, const std::string& why) {
    if (names.empty()) return;
    const std::string which =
        names.size() == 1 ? "column " + quoted(names[0]) : std::to_string(names.size()) + " columns";
    const std::string list = names.size() == 1 ? "" : ": " + base::listed(names);
    notices_.push_back({which + " left out, " + why + " in the training rows" + list});
  };
  report(constant_, "constant");
  report(empty_, "without values");
}

Error Fitter::not_scalable(const Column& column) const {
  return {ErrorCode::data, table_.source + ", column " + quoted(column.name),
          "the values are too large or too close together to be scaled", "a spread between 1e-300 and 1e300",
          "Change the column's unit, or --scale none"};
}

Result<void> Fitter::fit_numeric(const Column& column) {
  Values values = present(column);
  const bool missing = values.numbers.size() < rows_.size();
  if (values.numbers.empty()) {
    empty_.push_back(column.name);
    return {};
  }
  const auto [low, high] = std::minmax_element(values.numbers.begin(), values.numbers.end());
  const bool constant = *low == *high;
  if (constant && !missing) {
    constant_.push_back(column.name);
    return {};
  }
  FeatureRule rule{.name = column.name,
                   .type = ColumnType::numeric,
                   .shift = 0.0,
                   .scale = 1.0,
                   .fill = 0.0,
                   .categories = {},
                   .missing_unit = missing};
  if (options_.scaling == Scaling::minmax) {
    rule.shift = *low;
    if (!constant) rule.scale = *high - *low;
  } else if (options_.scaling == Scaling::standard) {
    rule.shift = mean_of(values);
    if (!constant) rule.scale = deviation_of(values, rule.shift);
  }
  if (!std::isfinite(rule.shift) || !is_usable_scale(rule.scale)) return not_scalable(column);
  rule.fill = median_of(std::move(values));
  result_.features.push_back(std::move(rule));
  return {};
}

void Fitter::fit_categorical(const Column& column) {
  std::vector<bool> seen(column.categories.size(), false);
  FeatureRule rule{.name = column.name,
                   .type = ColumnType::categorical,
                   .shift = 0.0,
                   .scale = 1.0,
                   .fill = 0.0,
                   .categories = {},
                   .missing_unit = false};
  for (const std::uint32_t row : rows_) {
    if (column.is_missing(row)) {
      rule.missing_unit = true;
    } else {
      seen[static_cast<std::size_t>(column.codes[row])] = true;
    }
  }
  for (std::size_t code = 0; code < seen.size(); ++code) {
    if (seen[code]) rule.categories.push_back(column.categories[code]);
  }
  std::sort(rule.categories.begin(), rule.categories.end());
  if (rule.categories.empty()) return empty_.push_back(column.name);
  if (rule.categories.size() == 1 && !rule.missing_unit) return constant_.push_back(column.name);
  result_.features.push_back(std::move(rule));
}

Result<void> Fitter::fit_classes() {
  std::vector<bool> seen(schema_.classes.size(), false);
  for (const std::uint32_t row : rows_) {
    if (schema_.row_class[row] >= 0) seen[static_cast<std::size_t>(schema_.row_class[row])] = true;
  }
  for (std::size_t c = 0; c < seen.size(); ++c) {
    if (seen[c]) result_.classes.push_back(schema_.classes[c]);
  }
  if (result_.classes.size() >= 2) return {};
  return Error{
      ErrorCode::data, table_.source + ", target " + quoted(result_.targets[0].name),
      result_.classes.empty() ? "there are no training rows" : "all training rows are " + quoted(result_.classes[0]),
      "two classes or more", "Hold out fewer rows"};
}

Result<void> Fitter::fit_regression_target(const Column& column, TargetRule& rule) const {
  const Values values = present(column);
  const auto [low, high] = std::minmax_element(values.numbers.begin(), values.numbers.end());
  if (values.numbers.empty() || *low == *high) {
    return Error{ErrorCode::data, table_.source + ", target " + quoted(column.name),
                 values.numbers.empty() ? "no values in the training rows" : "constant in the training rows",
                 "a target that varies", "Hold out fewer rows, or check the target's name"};
  }
  if (!options_.scale_targets) return {};
  rule.shift = mean_of(values);
  rule.scale = deviation_of(values, rule.shift);
  if (!std::isfinite(rule.shift) || !is_usable_scale(rule.scale)) return not_scalable(column);
  return {};
}

Result<void> Fitter::fit_targets() {
  for (const std::size_t c : schema_.targets) {
    const Column& column = table_.columns[c];
    TargetRule rule{.name = column.name, .shift = 0.0, .scale = 1.0};
    if (schema_.task == Task::regression) {
      if (auto fitted = fit_regression_target(column, rule); !fitted) return fitted;
    }
    result_.targets.push_back(std::move(rule));
  }
  return has_classes(schema_.task) ? fit_classes() : Result<void>();
}

Result<Preprocessing> Fitter::fit() {
  result_.task = schema_.task;
  result_.scaling = options_.scaling;
  for (const std::size_t c : schema_.features) {
    const Column& column = table_.columns[c];
    if (column.type == ColumnType::categorical) {
      fit_categorical(column);
    } else if (auto fitted = fit_numeric(column); !fitted) {
      return fitted.error();
    }
  }
  report_left_out();
  if (result_.features.empty()) {
    return Error{ErrorCode::data, table_.source, "every feature is constant or empty in the training rows",
                 "at least one that varies", "Check --target, --ignore and --features"};
  }
  if (auto fitted = fit_targets(); !fitted) return fitted.error();
  return std::move(result_);
}

// For check_preprocessing: the first thing that is wrong with a feature, or nothing.
std::string fault_of(const FeatureRule& rule) {
  if (!std::isfinite(rule.shift) || !std::isfinite(rule.fill)) return "shift or fill is not finite";
  if (!is_usable_scale(rule.scale)) return "scale is not between 1e-300 and 1e300";
  if (rule.type == ColumnType::numeric) return rule.categories.empty() ? "" : "a numeric feature has categories";
  if (rule.type != ColumnType::categorical) return "unknown type";
  if (rule.categories.empty()) return "no categories";
  const auto unsorted = std::adjacent_find(rule.categories.begin(), rule.categories.end(), std::greater_equal<>());
  return unsorted == rule.categories.end() ? "" : "categories are not distinct and sorted";
}

bool are_distinct(std::vector<std::string> names) {
  std::sort(names.begin(), names.end());
  return std::adjacent_find(names.begin(), names.end()) == names.end();
}

template <class Rules>
std::vector<std::string> names_of(const Rules& rules) {
  std::vector<std::string> names;
  for (const auto& rule : rules) names.push_back(rule.name);
  return names;
}

std::string fault_of_targets(const Preprocessing& rules) {
  if (task_name(rules.task) == "unknown") return "unknown task";
  if (rules.targets.empty()) return "no target";
  if (!are_distinct(names_of(rules.targets))) return "two targets have one name";
  for (const TargetRule& target : rules.targets) {
    const bool plain = target.shift == 0.0 && target.scale == 1.0;
    if (!std::isfinite(target.shift) || !is_usable_scale(target.scale))
      return "a target's scaling is not finite or too large or small";
    if (rules.task != Task::regression && !plain) return "a target that is no regression target is scaled";
  }
  if (!has_classes(rules.task)) return rules.classes.empty() ? "" : "classes without a classification task";
  if (rules.targets.size() != 1) return "several targets for classes";
  if (rules.task == Task::binary && rules.classes.size() != 2) return "not two classes for a binary task";
  if (rules.classes.size() < 2) return "fewer than two classes";
  return are_distinct(rules.classes) ? "" : "two classes have one name";
}

}  // namespace

std::string_view scaling_name(Scaling scaling) {
  for (const auto& [value, name] : kScalingNames) {
    if (value == scaling) return name;
  }
  return "unknown";
}

std::optional<Scaling> scaling_from_name(std::string_view name) {
  for (const auto& [value, known] : kScalingNames) {
    if (known == name) return value;
  }
  return std::nullopt;
}

std::size_t Preprocessing::input_units() const {
  std::size_t count = 0;
  for (const FeatureRule& feature : features) count += feature.units();
  return count;
}

std::size_t Preprocessing::output_units() const {
  if (task == Task::binary) return 1;
  return task == Task::multiclass ? classes.size() : targets.size();
}

std::vector<std::string> Preprocessing::input_names() const {
  std::vector<std::string> names;
  names.reserve(input_units());
  for (const FeatureRule& feature : features) {
    if (feature.type == ColumnType::numeric) names.push_back(feature.name);
    for (const std::string& category : feature.categories) names.push_back(feature.name + "=" + category);
    if (feature.missing_unit) names.push_back(feature.name + "=missing");
  }
  return names;
}

std::vector<std::string> Preprocessing::output_names() const {
  if (task == Task::multiclass) return classes;
  if (task == Task::binary) return {classes[1]};
  return names_of(targets);
}

Result<Preprocessing> fit_preprocessing(const Table& table, const Schema& schema,
                                        std::span<const std::uint32_t> training_rows,
                                        const PreprocessingOptions& options, Notices& notices) {
  return Fitter(table, schema, training_rows, options, notices).fit();
}

Result<void> check_preprocessing(const Preprocessing& preprocessing) {
  const auto refuse = [](const std::string& place, std::string got) {
    return Error{ErrorCode::format, "preprocessing" + place, std::move(got), "preprocessing as training writes it",
                 "Train the model again"};
  };
  if (scaling_name(preprocessing.scaling) == "unknown") return refuse("", "unknown scaling");
  if (preprocessing.features.empty()) return refuse("", "no features");
  for (const FeatureRule& rule : preprocessing.features) {
    if (std::string fault = fault_of(rule); !fault.empty()) return refuse(", feature " + quoted(rule.name), fault);
  }
  if (!are_distinct(names_of(preprocessing.features))) return refuse("", "two features have one name");
  if (std::string fault = fault_of_targets(preprocessing); !fault.empty()) return refuse("", fault);
  return {};
}

}  // namespace deltarule::data
