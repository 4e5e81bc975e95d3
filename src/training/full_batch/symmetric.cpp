#include "training/full_batch/symmetric.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/kernels.hpp"

namespace deltarule::training {
namespace {

/// −Σ_r a[r][i] b[r][j] over rows of two panels, on the stack.
struct Product {
  alignas(base::kAlignment) double numbers[kBlock * kBlock];

  Product(const double* a, const double* b, std::size_t rows) {
    kernels::kernels<double>().slope_block(a, kBlock, kBlock, b, kBlock, kBlock, rows, numbers);
  }
};

/// Uᵀ x = b for a block of the diagonal, all kBlock columns of b at once; b becomes x.
void solve_transposed(const double* u, double* b) {
  for (std::size_t r = 0; r < kBlock; ++r) {
    for (std::size_t k = 0; k < r; ++k)
      for (std::size_t c = 0; c < kBlock; ++c) b[r * kBlock + c] -= u[k * kBlock + r] * b[k * kBlock + c];
    for (std::size_t c = 0; c < kBlock; ++c) b[r * kBlock + c] /= u[r * kBlock + r];
  }
}

/// The factor of a block of the diagonal in its place, zero below. False when it has none.
bool factorise_block(double* a) {
  for (std::size_t r = 0; r < kBlock; ++r) {
    const double pivot = a[r * kBlock + r];
    if (!(pivot > 0 && std::isfinite(pivot))) return false;
    const double root = std::sqrt(pivot);
    for (std::size_t c = 0; c < kBlock; ++c) a[r * kBlock + c] = c < r ? 0.0 : a[r * kBlock + c] / root;
    for (std::size_t k = r + 1; k < kBlock; ++k)
      for (std::size_t c = k; c < kBlock; ++c) a[k * kBlock + c] -= a[r * kBlock + k] * a[r * kBlock + c];
  }
  return true;
}

}  // namespace

SymmetricMatrix::SymmetricMatrix(std::size_t size)
    : size_(size), data_(kBlock * kBlock * (panels() * (panels() + 1) / 2)) {}

double SymmetricMatrix::bytes(std::size_t size) {
  const double panels = std::ceil(static_cast<double>(size) / static_cast<double>(kBlock));
  return static_cast<double>(sizeof(double) * kBlock * kBlock) * panels * (panels + 1) / 2;
}

void SymmetricMatrix::clear() { std::fill_n(data_.data(), data_.size(), 0.0); }

void SymmetricMatrix::add_products(const double* a, std::size_t stride, std::size_t rows, const Share& share) {
  const std::size_t blocks = panels() * (panels() + 1) / 2;
  share(blocks, blocks * kBlock * kBlock * rows, [&](std::size_t first, std::size_t last) {
    std::size_t p = 0;
    for (std::size_t b = first; b < last; ++b) {
      while ((p + 1) * (p + 2) / 2 <= b) ++p;
      const std::size_t row = b - p * (p + 1) / 2;
      const Product product(a + row * stride, a + p * stride, rows);
      double* const to = block(row, p);
      for (std::size_t i = 0; i < kBlock * kBlock; ++i) to[i] -= product.numbers[i];
    }
  });
}

/// What the rows of the factor above a block of it take from it.
void SymmetricMatrix::subtract_rows_above(std::size_t row, std::size_t p) {
  if (row == 0) return;
  const Product product(panel(row), panel(p), row * kBlock);
  kernels::kernels<double>().add(product.numbers, block(row, p), kBlock * kBlock);
}

bool SymmetricMatrix::factorise(const SymmetricMatrix& of, double factor, std::span<const double> added,
                                const Share& share) {
  for (std::size_t i = 0; i < data_.size(); ++i) data_[i] = factor * of.data_[i];
  for (std::size_t i = 0; i < panels() * kBlock; ++i)
    panel(i / kBlock)[i * kBlock + i % kBlock] += i < size_ ? added[i] : 1.0;
  for (std::size_t row = 0; row < panels(); ++row) {
    subtract_rows_above(row, row);
    if (!factorise_block(block(row, row))) return false;
    const std::size_t right = panels() - row - 1;
    share(right, right * kBlock * kBlock * kBlock * (row + 1), [&](std::size_t first, std::size_t last) {
      for (std::size_t p = row + 1 + first; p < row + 1 + last; ++p) {
        subtract_rows_above(row, p);
        solve_transposed(block(row, row), block(row, p));
      }
    });
  }
  return true;
}

void SymmetricMatrix::solve(std::span<double> b) const {
  for (std::size_t i = 0; i < b.size(); ++i) {  // Uᵀ y = b
    const double* const column = panel(i / kBlock) + i % kBlock;
    double sum = b[i];
    for (std::size_t k = 0; k < i; ++k) sum -= column[k * kBlock] * b[k];
    b[i] = sum / column[i * kBlock];
  }
  for (std::size_t i = b.size(); i-- > 0;) {  // U x = y
    double sum = b[i];
    for (std::size_t p = i / kBlock; p < panels(); ++p) {
      const double* const row = panel(p) + i * kBlock;
      const std::size_t end = std::min(kBlock, b.size() - p * kBlock);
      for (std::size_t c = p == i / kBlock ? i % kBlock + 1 : 0; c < end; ++c) sum -= row[c] * b[p * kBlock + c];
    }
    b[i] = sum / panel(i / kBlock)[i * kBlock + i % kBlock];
  }
}

/// Σ of the squares of U⁻ᵀ e over the unit vectors e of one panel: their share of the trace of the inverse.
double SymmetricMatrix::inverse_square(std::size_t p) const {
  base::AlignedBuffer<double> x((panels() - p) * kBlock * kBlock);
  for (std::size_t c = 0; c < kBlock; ++c) x[c * kBlock + c] = p * kBlock + c < size_ ? 1.0 : 0.0;
  double sum = 0;
  for (std::size_t row = p; row < panels(); ++row) {
    double* const here = x.data() + (row - p) * kBlock * kBlock;
    if (row > p) {
      const Product product(panel(row) + p * kBlock * kBlock, x.data(), (row - p) * kBlock);
      kernels::kernels<double>().add(product.numbers, here, kBlock * kBlock);
    }
    solve_transposed(block(row, row), here);
    for (std::size_t i = 0; i < kBlock * kBlock; ++i) sum += here[i] * here[i];
  }
  return sum;
}

double SymmetricMatrix::trace_of_inverse(const Share& share) const {
  std::vector<double> parts(panels());
  share(parts.size(), size_ * size_ * size_ / 6, [&](std::size_t first, std::size_t last) {
    for (std::size_t p = first; p < last; ++p) parts[p] = inverse_square(p);
  });
  double trace = 0;
  for (const double part : parts) trace += part;
  return trace;
}

}  // namespace deltarule::training
