// The loops of limits.hpp in the instruction set that is being compiled (HWY_TARGET). Included by limits.cpp only.
#include <cstddef>

#include "hwy/highway.h"
#include "kernels/limits.hpp"
#include "kernels/wasm_f64-inl.hpp"

#undef DELTARULE_LIMITS_NAME
#if HWY_TARGET == HWY_AVX3
#define DELTARULE_LIMITS_NAME "avx512"
#elif HWY_TARGET == HWY_AVX2
#define DELTARULE_LIMITS_NAME "avx2"
#elif HWY_TARGET == HWY_SSE4
#define DELTARULE_LIMITS_NAME "sse4"
#elif HWY_TARGET == HWY_NEON
#define DELTARULE_LIMITS_NAME "neon"
#elif HWY_TARGET == HWY_WASM
#define DELTARULE_LIMITS_NAME "wasm"
#endif

#ifdef DELTARULE_LIMITS_NAME
#undef DELTARULE_UNROLL
#ifdef __clang__
#define DELTARULE_UNROLL _Pragma("clang loop unroll(full)")
#else
#define DELTARULE_UNROLL _Pragma("GCC unroll 32")
#endif

HWY_BEFORE_NAMESPACE();
namespace deltarule::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Vectors at work at the same time. Two multiply-adds a cycle of four cycles each need eight chains, four a cycle
// sixteen; sets with 16 registers hold twelve and the two factors, sets with 32 hold 24.
inline constexpr std::size_t kLimitChains = HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_NEON ? 24 : 12;
inline constexpr std::size_t kLimitVectors = 8;  // per pass of the memory loops

template <class T>
struct Limits {
  // Bits move alike for every type: one tag, and a width that is known when the loops are unrolled.
  static constexpr std::size_t kLanes = HWY_MAX_BYTES / sizeof(T);
  using D = hn::CappedTag<T, kLanes>;
  using V = hn::Vec<D>;
  static_assert(kLimitBlock % (kLimitVectors * HWY_MAX_BYTES) == 0);

  static T multiply_add(std::size_t rounds) {
    const D d;
    // Neither factor nor addend is a constant to the compiler, and no sum leaves the normal numbers.
    const V factor = hn::Set(d, rounds == 0 ? T(1) : T(0.5)), addend = hn::Set(d, rounds == 0 ? T(0) : T(1));
    V sums[kLimitChains];
    DELTARULE_UNROLL
    for (std::size_t k = 0; k < kLimitChains; ++k) sums[k] = hn::Set(d, static_cast<T>(k));
    for (std::size_t i = 0; i < rounds; ++i) {
      DELTARULE_UNROLL
      for (std::size_t k = 0; k < kLimitChains; ++k) sums[k] = hn::MulAdd(sums[k], factor, addend);
    }
    V sum = sums[0];
    DELTARULE_UNROLL
    for (std::size_t k = 1; k < kLimitChains; ++k) sum = hn::Add(sum, sums[k]);
    return hn::GetLane(sum);
  }

  static T load(const T* HWY_RESTRICT from, std::size_t count) {
    const D d;
    V sums[kLimitVectors];
    DELTARULE_UNROLL
    for (std::size_t k = 0; k < kLimitVectors; ++k) sums[k] = hn::Zero(d);
    for (std::size_t i = 0; i < count; i += kLimitVectors * kLanes) {
      DELTARULE_UNROLL
      for (std::size_t k = 0; k < kLimitVectors; ++k) sums[k] = hn::Xor(sums[k], hn::Load(d, from + i + k * kLanes));
    }
    V all = sums[0];
    DELTARULE_UNROLL
    for (std::size_t k = 1; k < kLimitVectors; ++k) all = hn::Or(all, sums[k]);
    return hn::GetLane(all);
  }

  static T store(T* HWY_RESTRICT to, std::size_t count) {
    const D d;
    // A number whose bytes differ and that the compiler does not know: otherwise it calls memset.
    const V value = hn::Set(d, count == 1 ? T(0.1) : T(1.1));
    for (std::size_t i = 0; i < count; i += kLimitVectors * kLanes) {
      DELTARULE_UNROLL
      for (std::size_t k = 0; k < kLimitVectors; ++k) hn::Store(value, d, to + i + k * kLanes);
    }
    return to[0];
  }

  // The number loaded is the addend, as in a change of weights. As a factor it costs a fifth of the rate on Zen 4
  // (191 in place of 236 GB/s).
  static T update(T* HWY_RESTRICT values, std::size_t count) {
    const D d;
    const V a = hn::Set(d, T(1e-6)), b = hn::Set(d, T(0.5));
    for (std::size_t i = 0; i < count; i += kLimitVectors * kLanes) {
      DELTARULE_UNROLL
      for (std::size_t k = 0; k < kLimitVectors; ++k) {
        T* at = values + i + k * kLanes;
        hn::Store(hn::MulAdd(a, b, hn::Load(d, at)), d, at);
      }
    }
    return values[0];
  }
};

template <class T>
constexpr LimitLoops<T> kLimitLoops = {
    DELTARULE_LIMITS_NAME, &Limits<T>::multiply_add, 2 * kLimitChains* Limits<T>::kLanes,
    &Limits<T>::load,      &Limits<T>::store,        &Limits<T>::update};

}  // namespace HWY_NAMESPACE
}  // namespace deltarule::kernels
HWY_AFTER_NAMESPACE();
#endif  // DELTARULE_LIMITS_NAME
