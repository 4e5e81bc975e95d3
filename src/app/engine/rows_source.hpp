// The caller's arrays as a source of patterns: no copy, checked before training.
#pragma once

#include <algorithm>
#include <charconv>
#include <cmath>
#include <span>
#include <string>

#include "base/pattern_source.hpp"
#include "deltarule/error.hpp"
#include "deltarule/rows.hpp"
#include "kernels/kernels.hpp"
#include "network/targets.hpp"

namespace deltarule {

template <class T>
class RowsSource final : public base::PatternSource<T> {
 public:
  RowsSource(Rows<T> x, Rows<T> t, std::span<const T> weights = {}) : x_(x), t_(t), weights_(weights) {}
  [[nodiscard]] std::size_t size() const override { return x_.count; }
  [[nodiscard]] std::size_t inputs() const override { return x_.columns; }
  [[nodiscard]] std::size_t targets() const override { return t_.columns; }
  void gather(std::span<const std::uint32_t> patterns, base::MatrixView<T> x, base::MatrixView<T> t) const override {
    for (std::size_t r = 0; r < patterns.size(); ++r) {
      std::copy_n(x_.data + patterns[r] * x_.columns, x_.columns, x.row(r));
      std::copy_n(t_.data + patterns[r] * t_.columns, t_.columns, t.row(r));
    }
  }

  [[nodiscard]] base::MatrixView<const T> resident_inputs() const override {
    return {x_.data, x_.count, x_.columns, x_.columns};
  }
  [[nodiscard]] base::MatrixView<const T> resident_targets() const override {
    return {t_.data, t_.count, t_.columns, t_.columns};
  }
  [[nodiscard]] std::span<const T> weights() const override { return weights_; }

 private:
  Rows<T> x_, t_;
  std::span<const T> weights_;
};

/// The shortest text that reads back as the same number.
template <class T>
std::string number_text(T value) {
  char text[32];
  return {text, std::to_chars(text, text + sizeof text, value).ptr};
}

/// As many whole rows of inputs as of targets, at least one.
template <class T>
Result<void> check_rows(Rows<T> x, Rows<T> t, const std::string& what) {
  for (const Rows<T>& rows : {x, t})
    if (!rows.whole)
      return Error{ErrorCode::shape,
                   what,
                   "an array that is not a whole number of rows",
                   "rows of " + std::to_string(rows.columns),
                   {}};
  if (x.count != t.count)
    return Error{ErrorCode::shape,
                 what,
                 std::to_string(x.count) + " rows of inputs and " + std::to_string(t.count) + " of targets",
                 "a row of targets for each row of inputs",
                 {}};
  if (x.count == 0) return Error{ErrorCode::data, what, "no patterns", "at least one", {}};
  return {};
}

/// Data error that names the first number that is not finite.
template <class T>
Result<void> check_finite(Rows<T> rows, const std::string& what) {
  // Finite when no number is odd, and none so large that its square is: then nobody has to look at each.
  if (std::isfinite(kernels::kernels<T>().rough_square_sum(rows.data, rows.count * rows.columns))) return {};
  for (std::size_t i = 0; i < rows.count * rows.columns; ++i)
    if (!std::isfinite(rows.data[i]))
      return Error{
          ErrorCode::data,
          what + ", row " + std::to_string(i / rows.columns + 1) + ", column " + std::to_string(i % rows.columns + 1),
          std::isnan(rows.data[i]) ? "NaN" : "infinity",
          "a finite number",
          {}};
  return {};
}

/// As many weights as rows or none, each finite and not negative: a data error names the first row whose weight is not.
template <class T>
Result<void> check_weights(std::span<const T> weights, std::size_t rows, const std::string& what) {
  if (weights.empty()) return {};
  if (weights.size() != rows)
    return Error{ErrorCode::shape,
                 what,
                 std::to_string(weights.size()) + " weights for " + std::to_string(rows) + " rows",
                 "a weight for each row, or none",
                 {}};
  for (std::size_t row = 0; row < rows; ++row) {
    if (weights[row] >= T{0} && std::isfinite(weights[row])) continue;
    return Error{ErrorCode::data, what + ", weights, row " + std::to_string(row + 1),
                 std::isnan(weights[row]) ? "NaN" : (weights[row] < 0 ? number_text(weights[row]) : "infinity"),
                 "a finite number that is not negative", "A row of weight 0 counts as left out"};
  }
  return {};
}

/// Data error for weights whose sum nothing can be divided by.
inline Result<void> check_weight_sum(double sum, const std::string& what) {
  if (sum > 0 && std::isfinite(sum)) return {};
  return Error{ErrorCode::data,
               what + ", weights",
               sum > 0 ? "a sum that is not finite" : "no weight above 0",
               "weights whose sum is finite and above 0",
               {}};
}

/// Data error for a target that the loss is not defined for: negative counts, amounts that are not positive.
template <class T>
Result<void> check_target(const derivation::Loss& loss, T value, const std::string& what, std::size_t row,
                          std::size_t column) {
  const network::TargetRange range = network::target_range(loss);
  if (range.holds(static_cast<double>(value))) return {};
  return Error{ErrorCode::data, what + ", row " + std::to_string(row + 1) + ", column " + std::to_string(column + 1),
               number_text(value), std::string(range.in_words()) + ": the loss is " + loss.name,
               "Correct the target, or choose another loss"};
}

}  // namespace deltarule
