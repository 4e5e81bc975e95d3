// A symmetric matrix of doubles, what it is the sum of, and its Cholesky factor: the dense part of Levenberg-Marquardt.
// Knows no network. The upper triangle lies in panels of 16 columns, each with the rows down to its diagonal block, so
// that sums of products and the factor's own are one kernel (slope_block), block by block. Every sum has one order,
// whoever owns a block.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/aligned.hpp"
#include "base/panels.hpp"
#include "training/full_batch/method.hpp"

namespace deltarule::training {

/// Columns of a panel, rows of a block.
inline constexpr std::size_t kBlock = base::kPanel<double>;

class SymmetricMatrix {
 public:
  explicit SymmetricMatrix(std::size_t size);
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::size_t panels() const { return (size_ + kBlock - 1) / kBlock; }
  /// Bytes of a matrix of so many rows.
  [[nodiscard]] static double bytes(std::size_t size);

  void clear();
  /// += AᵀA. a: `rows` rows in panels of kBlock columns, panel p at a + p · stride, zero beyond size().
  void add_products(const double* a, std::size_t stride, std::size_t rows, const Share& share);
  /// Becomes the factor U of UᵀU = factor · `of` + diag(added). False when that is not positive definite, or a number
  /// is not finite. added: [size()].
  bool factorise(const SymmetricMatrix& of, double factor, std::span<const double> added, const Share& share);

  /// Of a factor: b becomes x with UᵀU x = b. b: [size()].
  void solve(std::span<double> b) const;
  /// Of a factor: the trace of the inverse of UᵀU.
  [[nodiscard]] double trace_of_inverse(const Share& share) const;
  /// Element of the upper triangle, row ≤ column.
  [[nodiscard]] double operator()(std::size_t row, std::size_t column) const {
    return panel(column / kBlock)[row * kBlock + column % kBlock];
  }

 private:
  [[nodiscard]] double* panel(std::size_t p) { return data_.data() + kBlock * kBlock * (p * (p + 1) / 2); }
  [[nodiscard]] const double* panel(std::size_t p) const { return data_.data() + kBlock * kBlock * (p * (p + 1) / 2); }
  [[nodiscard]] double* block(std::size_t row, std::size_t p) { return panel(p) + row * kBlock * kBlock; }
  [[nodiscard]] const double* block(std::size_t row, std::size_t p) const { return panel(p) + row * kBlock * kBlock; }
  void subtract_rows_above(std::size_t row, std::size_t p);
  double inverse_square(std::size_t p) const;

  std::size_t size_;
  base::AlignedBuffer<double> data_;
};

}  // namespace deltarule::training
