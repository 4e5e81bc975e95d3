// Views of row-major matrices: pointer, sizes, distance between rows. No ownership, no arithmetic.
#pragma once

#include <cstddef>
#include <span>

namespace deltarule::base {

/// `rows` × `columns` numbers; row r begins at data + r·stride, stride ≥ columns.
template <class T>
struct MatrixView {
  T* data = nullptr;
  std::size_t rows = 0;
  std::size_t columns = 0;
  std::size_t stride = 0;

  [[nodiscard]] T* row(std::size_t r) const { return data + r * stride; }
  [[nodiscard]] std::span<T> row_span(std::size_t r) const { return {row(r), columns}; }
  /// Rows [first, first + count).
  [[nodiscard]] MatrixView slice(std::size_t first, std::size_t count) const {
    return {data + first * stride, count, columns, stride};
  }
  operator MatrixView<const T>() const { return {data, rows, columns, stride}; }
};

}  // namespace deltarule::base
