// The loops of limits.hpp: compiled once per instruction set, chosen like the table of kernels.
#include "kernels/limits.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "kernels/kernels.hpp"
#include "kernels/simd_targets.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/limits.cpp"
#include "hwy/foreach_target.h"
#include "kernels/limits-inl.hpp"

#if HWY_ONCE
namespace deltarule::kernels {
namespace {

// For the scalar twin, and for a machine that has none of the instruction sets: one number at a time.
template <class T>
struct ScalarLoops {
  static constexpr std::size_t kChains = 8;
  static T multiply_add(std::size_t rounds) {
    std::array<T, kChains> sums{};
    for (std::size_t i = 0; i < rounds; ++i) {
      for (T& sum : sums) sum = sum * T(0.5) + T(1);
    }
    T total = 0;
    for (const T sum : sums) total += sum;
    return total;
  }
  static T load(const T* from, std::size_t count) {
    std::array<T, kChains> sums{};
    for (std::size_t i = 0; i < count; ++i) sums[i % kChains] += from[i];
    T total = 0;
    for (const T sum : sums) total += sum;
    return total;
  }
  static T store(T* to, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) to[i] = T(1.5);
    return to[0];
  }
  static T update(T* values, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) values[i] += T(5e-7);
    return values[0];
  }
};

template <class T>
constexpr LimitLoops<T> kScalarLoops = {"scalar",
                                        &ScalarLoops<T>::multiply_add,
                                        2 * ScalarLoops<T>::kChains,
                                        &ScalarLoops<T>::load,
                                        &ScalarLoops<T>::store,
                                        &ScalarLoops<T>::update};

// Widest first.
template <class T>
constexpr const LimitLoops<T>* kTables[] = {
#if HWY_TARGETS & HWY_AVX3
    &N_AVX3::kLimitLoops<T>,
#endif
#if HWY_TARGETS & HWY_AVX2
    &N_AVX2::kLimitLoops<T>,
#endif
#if HWY_TARGETS & HWY_SSE4
    &N_SSE4::kLimitLoops<T>,
#endif
#if HWY_TARGETS & HWY_NEON
    &N_NEON::kLimitLoops<T>,
#endif
#if HWY_TARGETS & HWY_WASM
    &N_WASM::kLimitLoops<T>,
#endif
    &kScalarLoops<T>};

}  // namespace

template <class T>
std::span<const LimitLoops<T>* const> limit_loops() {
  constexpr std::size_t kWithNext = 2;
  const std::span<const LimitLoops<T>* const> tables = kTables<T>;
  const std::string_view wanted = kernels<T>().name;
  std::size_t first = 0;
  while (first + 1 < tables.size() && tables[first]->name != wanted) ++first;
  return tables.subspan(first, std::min(kWithNext, tables.size() - first));
}

template std::span<const LimitLoops<float>* const> limit_loops();
template std::span<const LimitLoops<double>* const> limit_loops();

}  // namespace deltarule::kernels
#endif
