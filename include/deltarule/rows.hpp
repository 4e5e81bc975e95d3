// A look at somebody else's array as rows of numbers. Owns nothing and copies nothing.
#pragma once

#include <cstddef>
#include <span>

namespace deltarule {

/// `count` rows of `columns` numbers each, row after row. The array must outlive the view.
template <class T>
struct Rows {
  const T* data = nullptr;
  std::size_t count = 0;
  std::size_t columns = 0;
  /// False when the array's length is not a multiple of the columns; whoever takes the view refuses it.
  bool whole = true;
};

/// Looks at `values` as rows of `columns` numbers.
template <class T>
[[nodiscard]] Rows<T> rows(std::span<const T> values, std::size_t columns) noexcept {
  if (columns == 0) return {values.data(), 0, 0, values.empty()};
  return {values.data(), values.size() / columns, columns, values.size() % columns == 0};
}
template <class T>
[[nodiscard]] Rows<T> rows(std::span<T> values, std::size_t columns) noexcept {
  return rows(std::span<const T>(values), columns);
}

}  // namespace deltarule
