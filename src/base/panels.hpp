// Matrices as the kernels keep them: units side by side in panels of 128 bytes, all rows of a panel one after the
// other. A look at memory: no ownership, no arithmetic.
//
// Why panels: a kernel that works on 32 receiving units meets their weights in memory order, whatever the size of the
// layer. With whole rows one after the other, columns of wide layers lie a power of two apart and share a few sets of
// the cache: per-pattern learning of a layer of 2048 units took five times as long.
#pragma once

#include <cstddef>
#include <type_traits>

#include "base/aligned.hpp"

namespace deltarule::base {

/// Units of a whole panel: 32 floats, 16 doubles.
template <class T>
inline constexpr std::size_t kPanel = 2 * kAlignment / sizeof(T);

/// `rows` × `units` numbers, rows [first, first + rows) of a block with `capacity` rows. Panel p holds units
/// p·kPanel …; all are kPanel wide but the last, which is half as wide where half will do. Element (r, u) of panel p is
/// at panel(p)[r·width(p) + u − p·kPanel]. The block takes capacity × padded<T>(units) numbers.
template <class T>
struct Panels {
  T* data = nullptr;
  std::size_t capacity = 0;
  std::size_t units = 0;
  std::size_t first = 0;
  std::size_t rows = 0;

  static constexpr std::size_t kWide = kPanel<std::remove_const_t<T>>;

  [[nodiscard]] std::size_t count() const { return (units + kWide - 1) / kWide; }
  [[nodiscard]] std::size_t units_in(std::size_t p) const {
    return units - p * kWide < kWide ? units - p * kWide : kWide;
  }
  [[nodiscard]] std::size_t width(std::size_t p) const { return units - p * kWide <= kWide / 2 ? kWide / 2 : kWide; }
  /// Row 0 of the view in panel p.
  [[nodiscard]] T* panel(std::size_t p) const { return data + p * kWide * capacity + first * width(p); }
  [[nodiscard]] T& operator()(std::size_t r, std::size_t u) const {
    return panel(u / kWide)[r * width(u / kWide) + u % kWide];
  }
  /// Rows [begin, begin + count) of the view.
  [[nodiscard]] Panels slice(std::size_t begin, std::size_t count) const {
    return {data, capacity, units, first + begin, count};
  }
  /// Panels [begin, …) of the view, `count` units of them.
  [[nodiscard]] Panels from_panel(std::size_t begin, std::size_t count) const {
    // The last panel keeps its width only when the slice ends where the block does, or with a whole panel.
    return {data + begin * kWide * capacity, capacity, count, first, rows};
  }
  operator Panels<const T>() const { return {data, capacity, units, first, rows}; }
};

}  // namespace deltarule::base
