// One number treated as a vector of one lane: the operations that formulas written for scalars and SIMD alike are made
// of. The other provider of them is src/kernels/simd_ops-inl.hpp, one vector per instruction set.
#pragma once

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace deltarule::base {

/// kFused: multiply_add rounds once. Otherwise it rounds the product, too: what a machine without that instruction
/// does.
template <class Number, bool kFusedClass>
struct ScalarOps {
  using T = Number;
  using V = Number;
  using I = std::conditional_t<sizeof(Number) == 4, std::uint32_t, std::uint64_t>;  // wraps around
  using M = bool;
  static constexpr bool kFused = kFusedClass;

  static V set(T x) { return x; }
  static V add(V x, V y) { return x + y; }
  static V subtract(V x, V y) { return x - y; }
  static V multiply(V x, V y) { return x * y; }
  static V divide(V x, V y) { return x / y; }
  static V square_root(V x) { return std::sqrt(x); }
  /// x y + z
  static V multiply_add(V x, V y, V z) {
    if constexpr (kFused) return std::fma(x, y, z);
    return x * y + z;
  }
  /// z − x y
  static V subtract_product(V x, V y, V z) {
    if constexpr (kFused) return std::fma(-x, y, z);
    return z - x * y;
  }
  static V absolute(V x) { return std::fabs(x); }
  static V copy_sign(V size, V sign) { return std::copysign(size, sign); }

  /// Comparisons are false for NaN.
  static M less(V x, V y) { return x < y; }
  static V select(M mask, V yes, V no) { return mask ? yes : no; }

  /// x held to at most, or at least, a limit; NaN stays NaN.
  static V at_most(V x, V high) { return high < x ? high : x; }
  static V at_least(V x, V low) { return x < low ? low : x; }

  static I bits(V x) { return std::bit_cast<I>(x); }
  static V from_bits(I x) { return std::bit_cast<V>(x); }
  static I set_bits(int x) { return static_cast<I>(x); }
  static I add_bits(I x, I y) { return x + y; }
  static I subtract_bits(I x, I y) { return x - y; }
  template <int kBy>
  static I shift_left(I x) {
    return x << kBy;
  }
};

}  // namespace deltarule::base
