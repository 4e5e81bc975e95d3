// Where training takes its patterns from: an array, a prepared table, later a stream. The one thing that the loop
// asks of it is to write chosen patterns into rows, preprocessing applied and rounded to the run's number type.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/matrix.hpp"

namespace deltarule::base {

template <class T>
class PatternSource {
 public:
  virtual ~PatternSource() = default;
  [[nodiscard]] virtual std::size_t size() const = 0;
  [[nodiscard]] virtual std::size_t inputs() const = 0;
  [[nodiscard]] virtual std::size_t targets() const = 0;
  /// Row r of `x` and of `t` := pattern `patterns[r]`. x: [count × inputs()], t: [count × targets()].
  /// Columns beyond (padding) are left alone. Safe from several threads; neither allocates nor fails.
  virtual void gather(std::span<const std::uint32_t> patterns, MatrixView<T> x, MatrixView<T> t) const = 0;
  /// All patterns as rows in memory, pattern p in row p, one right after the other, where they lie there ready for
  /// use: saves the gathering. Null data otherwise.
  [[nodiscard]] virtual MatrixView<const T> resident_inputs() const { return {}; }
  [[nodiscard]] virtual MatrixView<const T> resident_targets() const { return {}; }
  /// [size()] what each pattern's E_p is multiplied by, finite and not negative; empty: 1 each.
  [[nodiscard]] virtual std::span<const T> weights() const { return {}; }
  [[nodiscard]] T weight(std::size_t pattern) const {
    const std::span<const T> all = weights();
    return all.empty() ? T{1} : all[pattern];
  }
  /// The sum of the weights of some patterns, in their order: without weights, how many they are.
  [[nodiscard]] double weight_of(std::span<const std::uint32_t> patterns) const {
    const std::span<const T> all = weights();
    if (all.empty()) return static_cast<double>(patterns.size());
    double sum = 0;
    for (const std::uint32_t pattern : patterns) sum += static_cast<double>(all[pattern]);
    return sum;
  }
};

}  // namespace deltarule::base
