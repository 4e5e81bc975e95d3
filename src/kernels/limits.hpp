// Loops that do nothing but keep one resource of the core busy: multiply-adds, loads, stores. Timing them gives the
// limits that real kernels are held against; they read no clock themselves and compute nothing of use.
#pragma once

#include <cstddef>
#include <span>

namespace deltarule::kernels {

/// One table per instruction set, for numbers of type T. Arrays start on a 64-byte boundary and hold a multiple of
/// kLimitBlock bytes. Each function returns a number that depends on the work, so that no compiler removes it.
template <class T>
struct LimitLoops {
  const char* name;  ///< as Kernels<T>::name

  /// `rounds` times one multiply-add in each of so many independent chains that latency does not show. A
  /// multiply-add counts as two operations, also where it is a product and a sum: operations_per_round in all.
  T (*multiply_add)(std::size_t rounds);
  std::size_t operations_per_round;
  T (*load)(const T* from, std::size_t count);
  T (*store)(T* to, std::size_t count);
  /// values[i] += the product of two constants: one load, one store and one multiply-add each, as the change of a
  /// weight.
  T (*update)(T* values, std::size_t count);
};

inline constexpr std::size_t kLimitBlock = 512;  // bytes: eight vectors of any instruction set

/// The loops in the instruction set that kernels<T>() uses, and after them, if there is one, in the next narrower set:
/// wider is not always faster (on Zen 4 an update in the second cache reaches 199 GB/s with AVX-512, 232 with AVX2).
template <class T>
std::span<const LimitLoops<T>* const> limit_loops();

}  // namespace deltarule::kernels
