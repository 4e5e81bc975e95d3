#include "data/prepared_patterns.hpp"

#include <algorithm>
#include <utility>

namespace deltarule::data {

template <class T>
PreparedPatterns<T>::PreparedPatterns(const BoundTable& bound, std::vector<std::uint32_t> rows)
    : rows_(std::move(rows)) {
  const std::vector<FeatureRule>& rules = bound.preprocessing().features;
  for (std::size_t f = 0; f < rules.size(); ++f) add_feature(rules[f], bound.features()[f]);
  if (!bound.targets().empty()) add_targets(bound);
}

template <class T>
void PreparedPatterns<T>::add_feature(const FeatureRule& rule, const BoundFeature& feature) {
  if (rule.type == ColumnType::numeric) {
    const double factor = 1.0 / rule.scale;
    numeric_.push_back({.values = feature.numbers,
                        .shift = rule.shift,
                        .factor = factor,
                        .filled = (rule.fill - rule.shift) * factor,
                        .unit = inputs_});
    if (rule.missing_unit) missing_.push_back({.values = feature.numbers, .unit = inputs_ + 1});
  } else {
    // Without a unit for missing, `missing` lies beyond the units and nothing is set.
    categories_.push_back({.codes = feature.codes,
                           .category_of_code = feature.category_of_code.data(),
                           .first = inputs_,
                           .count = rule.units(),
                           .missing = rule.categories.size()});
  }
  inputs_ += rule.units();
}

template <class T>
void PreparedPatterns<T>::add_targets(const BoundTable& bound) {
  const Preprocessing& rules = bound.preprocessing();
  targets_ = rules.output_units();
  if (has_classes(rules.task)) {
    classes_ = bound.targets()[0].classes.data();
    return;
  }
  for (std::size_t t = 0; t < rules.targets.size(); ++t) {
    target_units_.push_back({.values = bound.targets()[t].numbers,
                             .shift = rules.targets[t].shift,
                             .factor = 1.0 / rules.targets[t].scale});
  }
}

template <class T>
void PreparedPatterns<T>::gather_inputs(std::size_t row, T* x) const {
  for (const NumericUnit& unit : numeric_) {
    const double value = unit.values[row];
    const double scaled = (value - unit.shift) * unit.factor;
    x[unit.unit] = static_cast<T>(value == value ? scaled : unit.filled);
  }
  for (const MissingUnit& unit : missing_) {
    x[unit.unit] = unit.values[row] == unit.values[row] ? T{0} : T{1};
  }
  for (const CategoryUnits& units : categories_) {
    std::fill_n(x + units.first, units.count, T{0});
    const std::int32_t code = units.codes[row];
    const std::int32_t category = code < 0 ? -1 : units.category_of_code[code];
    const std::size_t on = category < 0 ? units.missing : static_cast<std::size_t>(category);
    if (on < units.count) x[units.first + on] = T{1};
  }
}

template <class T>
void PreparedPatterns<T>::gather_targets(std::size_t row, T* t) const {
  if (classes_ != nullptr && targets_ == 1) {
    t[0] = static_cast<T>(classes_[row]);
  } else if (classes_ != nullptr) {
    std::fill_n(t, targets_, T{0});
    if (classes_[row] >= 0) t[classes_[row]] = T{1};
  }
  for (std::size_t k = 0; k < target_units_.size(); ++k) {
    const TargetUnit& unit = target_units_[k];
    t[k] = static_cast<T>((unit.values[row] - unit.shift) * unit.factor);
  }
}

template <class T>
void PreparedPatterns<T>::gather(std::span<const std::uint32_t> patterns, base::MatrixView<T> x,
                                 base::MatrixView<T> t) const {
  for (std::size_t i = 0; i < patterns.size(); ++i) {
    const std::size_t row = rows_[patterns[i]];
    gather_inputs(row, x.row(i));
    if (targets_ > 0) gather_targets(row, t.row(i));
  }
}

template class PreparedPatterns<float>;
template class PreparedPatterns<double>;

}  // namespace deltarule::data
