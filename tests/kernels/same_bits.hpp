// What the kernel tests share: comparing bits, and numbers worth comparing.
#pragma once

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <vector>

#include "base/random.hpp"

namespace deltarule::test {

/// The same bits, or both NaN (whose payload is no promise).
template <class T>
bool same_bits(T x, T y) {
  using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
  return (std::isnan(x) && std::isnan(y)) || std::bit_cast<Bits>(x) == std::bit_cast<Bits>(y);
}

/// Index of the first difference, or −1.
template <class T>
std::ptrdiff_t first_difference(const std::vector<T>& x, const std::vector<T>& y) {
  if (x.size() != y.size()) return 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (!same_bits(x[i], y[i])) return static_cast<std::ptrdiff_t>(i);
  }
  return -1;
}

template <class T>
std::vector<T> random_numbers(base::Random& random, std::size_t count, double size = 2.0) {
  std::vector<T> values(count);
  for (T& value : values) value = static_cast<T>(random.uniform(-size, size));
  return values;
}

/// Random numbers of all sizes, with the awkward ones among them.
template <class T>
std::vector<T> awkward_numbers(base::Random& random, std::size_t count) {
  const T edges[] = {T(0),
                     -T(0),
                     T(1),
                     T(-1),
                     std::numeric_limits<T>::denorm_min(),
                     std::numeric_limits<T>::max(),
                     std::numeric_limits<T>::lowest(),
                     std::numeric_limits<T>::infinity(),
                     -std::numeric_limits<T>::infinity(),
                     std::numeric_limits<T>::quiet_NaN(),
                     T(745),
                     T(-745),
                     T(-104),
                     T(88.8),
                     T(0.5),
                     T(-17.25)};
  std::vector<T> values(count);
  for (T& value : values) {
    const auto which = random.below(64);
    value = which < 16 ? edges[which]
                       : static_cast<T>(random.uniform(-1, 1) * std::ldexp(1.0, static_cast<int>(which % 16) - 5));
  }
  return values;
}

}  // namespace deltarule::test
