// Chosen rows of a bound table as the patterns of a network: preprocessing is applied while a batch is gathered, in
// double, rounded to the run's type at the end. No prepared copy of the table exists.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "base/matrix.hpp"
#include "base/pattern_source.hpp"
#include "data/binding.hpp"

namespace deltarule::data {

/// T is float or double. Pattern p is table row rows()[p]. Targets: 0/1 for binary and multilabel, one of n for
/// multiclass, the scaled value for regression; none (targets() = 0) when the table was bound without them.
template <class T>
class PreparedPatterns final : public base::PatternSource<T> {
 public:
  /// The bound table must outlive this and stay where it is; each row must be below table().rows(), and have its
  /// targets if they were bound.
  PreparedPatterns(const BoundTable& bound, std::vector<std::uint32_t> rows);

  [[nodiscard]] std::size_t size() const override { return rows_.size(); }
  [[nodiscard]] std::size_t inputs() const override { return inputs_; }
  [[nodiscard]] std::size_t targets() const override { return targets_; }
  void gather(std::span<const std::uint32_t> patterns, base::MatrixView<T> x, base::MatrixView<T> t) const override;

  [[nodiscard]] std::span<const std::uint32_t> rows() const { return rows_; }
  /// One for each of rows(), or none.
  void set_weights(std::vector<T> weights) { weights_ = std::move(weights); }
  [[nodiscard]] std::span<const T> weights() const override { return weights_; }

 private:
  struct NumericUnit {  // x[unit] = (value − shift) · factor, or `filled` for a missing value
    const double* values;
    double shift, factor, filled;
    std::size_t unit;
  };
  struct MissingUnit {  // x[unit] = 1 for a missing number, else 0
    const double* values;
    std::size_t unit;
  };
  struct CategoryUnits {  // x[first, first + count) = 0 but for 1 at the row's category, or at `missing` if below count
    const std::int32_t* codes;
    const std::int32_t* category_of_code;
    std::size_t first, count, missing;
  };
  struct TargetUnit {
    const double* values;
    double shift, factor;
  };

  void add_feature(const FeatureRule& rule, const BoundFeature& feature);
  void add_targets(const BoundTable& bound);
  void gather_inputs(std::size_t row, T* x) const;
  void gather_targets(std::size_t row, T* t) const;

  std::vector<std::uint32_t> rows_;
  std::vector<T> weights_;
  std::vector<NumericUnit> numeric_;
  std::vector<MissingUnit> missing_;
  std::vector<CategoryUnits> categories_;
  std::vector<TargetUnit> target_units_;
  const std::int32_t* classes_ = nullptr;  // [table rows]
  std::size_t inputs_ = 0;
  std::size_t targets_ = 0;
};

extern template class PreparedPatterns<float>;
extern template class PreparedPatterns<double>;

}  // namespace deltarule::data
