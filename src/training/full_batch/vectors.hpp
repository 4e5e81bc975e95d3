// What the methods do with whole blocks of weights: sums of products in double whatever T is, and moves along a
// direction. One order for every sum (eight strided partial sums), so that the bits are the same everywhere.
#pragma once

#include <array>
#include <cstddef>
#include <span>

namespace deltarule::training {

/// Σ value(i) over i = 0 … n−1: partial sums over i ≡ l mod 8, joined as the kernels do.
template <class Value>
[[nodiscard]] double eight_partial_sum(std::size_t n, const Value& value) {
  std::array<double, 8> p{};
  std::size_t i = 0;
  for (; i + 8 <= n; i += 8)
    for (std::size_t l = 0; l < 8; ++l) p[l] += value(i + l);
  for (std::size_t l = 0; i + l < n; ++l) p[l] += value(i + l);
  return ((p[0] + p[4]) + (p[2] + p[6])) + ((p[1] + p[5]) + (p[3] + p[7]));
}

/// Σ a b. Padding is zero in both.
template <class A, class B>
[[nodiscard]] double dot(std::span<const A> a, std::span<const B> b) {
  return eight_partial_sum(a.size(),
                           [&](std::size_t i) { return static_cast<double>(a[i]) * static_cast<double>(b[i]); });
}

/// to = from + step · direction, rounded once; where the direction is zero, from to the bit.
template <class T, class D>
void move(std::span<const T> from, std::span<const D> direction, double step, std::span<T> to) {
  for (std::size_t i = 0; i < to.size(); ++i) {
    const double change = step * static_cast<double>(direction[i]);
    to[i] = change == 0 ? from[i] : static_cast<T>(static_cast<double>(from[i]) + change);
  }
}

}  // namespace deltarule::training
