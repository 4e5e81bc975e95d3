// One table of kernels for the instruction set that is being compiled (HWY_TARGET). Included once per set by
// simd_f32.cpp and simd_f64.cpp; makes Functions<T>, whose pointers are the table. No code of Highway's own library is
// needed: choosing is done in dispatch.cpp.
#include <cstddef>
#include <utility>

#include "base/exp_constants.hpp"
#include "base/math.hpp"
#include "hwy/highway.h"
#include "kernels/kernels.hpp"
#include "kernels/scalar_activations.hpp"
#include "kernels/table.hpp"

// Which of Highway's targets become tables; what else it insists on compiling (a baseline) stays empty.
#undef DELTARULE_TABLE_NAME
#undef DELTARULE_FUSED
#if HWY_TARGET == HWY_AVX2
#define DELTARULE_TABLE_NAME "avx2"
#define DELTARULE_FUSED true
#elif HWY_TARGET == HWY_AVX3
#define DELTARULE_TABLE_NAME "avx512"
#define DELTARULE_FUSED true
#elif HWY_TARGET == HWY_SSE4
#define DELTARULE_TABLE_NAME "sse4"
#define DELTARULE_FUSED false
#elif HWY_TARGET == HWY_NEON
#define DELTARULE_TABLE_NAME "neon"
#define DELTARULE_FUSED true
#endif

#ifdef DELTARULE_TABLE_NAME
// Sums live in registers only when the loops over them are unrolled, which -O2 alone does not promise.
#undef DELTARULE_UNROLL
#ifdef __clang__
#define DELTARULE_UNROLL _Pragma("clang loop unroll(full)")
#else
#define DELTARULE_UNROLL _Pragma("GCC unroll 16")
#endif
#undef DELTARULE_FORMULA
#define DELTARULE_FORMULA HWY_INLINE

HWY_BEFORE_NAMESPACE();
namespace deltarule::kernels {
namespace HWY_NAMESPACE {

#include "kernels/simd_ops-inl.hpp"

#include "kernels/passes-inl.hpp"

#include "kernels/elementwise-inl.hpp"

template <class T>
struct Functions {
  using Ops = SimdOps<T>;

  static void set_net(const T* bias, T* net, std::size_t net_stride, std::size_t rows, std::size_t units) {
    for (std::size_t r = 0; r < rows; ++r) {
      for (std::size_t u = 0; u < units; ++u) net[r * net_stride + u] = bias == nullptr ? T(0) : bias[u];
    }
  }
  static void accumulate_net(const T* a, std::size_t a_stride, const T* w, std::size_t w_stride, T* net,
                             std::size_t net_stride, std::size_t rows, std::size_t senders, std::size_t units) {
    product<T, false>({a, a_stride, 1, w, w_stride, net, net_stride, senders}, rows, units);
  }
  static void propagate_back(const T* delta, std::size_t delta_stride, const T* w, std::size_t w_stride, T* sums,
                             std::size_t sums_stride, std::size_t rows, std::size_t senders, std::size_t units) {
    back_product<T>({delta, delta_stride, w, w_stride, sums, sums_stride, units}, rows, senders);
  }
  static void accumulate_slopes(const T* a, std::size_t a_stride, const T* delta, std::size_t delta_stride, T* slope,
                                std::size_t slope_stride, std::size_t rows, std::size_t senders, std::size_t units) {
    if (rows == 1) return subtract_outer_product<T>(a, delta, slope, slope_stride, senders, units);
    product<T, true>({a, 1, a_stride, delta, delta_stride, slope, slope_stride, rows}, senders, units);
  }
  static void accumulate_bias_slopes(const T* delta, std::size_t delta_stride, T* slope, std::size_t rows,
                                     std::size_t units) {
    for (std::size_t r = 0; r < rows; ++r) {
      for (std::size_t u = 0; u < units; ++u) slope[u] -= delta[r * delta_stride + u];
    }
  }

  static void activate(ActivationKind kind, T parameter, const T* net, T* a, std::size_t n) {
    activate_any<T>(kind, parameter, net, a, n);
  }
  static void multiply_derivative(ActivationKind kind, T parameter, const T* net, const T* a, T* values,
                                  std::size_t n) {
    multiply_derivative_any<T>(kind, parameter, net, a, values, n);
  }
  static void softmax(const T* net, T* a, std::size_t units) { softmax_of<T>(net, a, units); }

  static void finish_slopes(const T* w, T* slope, T count, T l2, T l1, std::size_t n) {
    for_each_vector<T>(n, Finish<T>{{Ops::set(count), Ops::set(l2), Ops::set(l1)}}, w, slope);
  }
  static void add(const T* part, T* total, std::size_t n) { for_each_vector<T>(n, AddPart<T>{}, part, total); }

  static void delta_rule(T* w, const T* slope, T rate, std::size_t n) {
    for_each_vector<T>(n, Update<T, DeltaRuleUpdate<Ops>>{{Ops::set(rate)}}, w, slope);
  }
  static void momentum(T* w, const T* slope, T* velocity, T rate, T momentum, std::size_t n) {
    for_each_vector<T>(n, Update<T, MomentumUpdate<Ops>>{{Ops::set(rate), Ops::set(momentum)}}, w, slope, velocity);
  }
  static void nesterov(T* w, const T* slope, T* velocity, T rate, T momentum, std::size_t n) {
    for_each_vector<T>(n, Update<T, NesterovUpdate<Ops>>{{Ops::set(rate), Ops::set(momentum)}}, w, slope, velocity);
  }
  static void adam(T* w, const T* slope, T* mean, T* square, const AdamStep<T>& step, std::size_t n) {
    for_each_vector<T>(n, Update<T, AdamUpdate<Ops>>{adam_update<Ops>(step)}, w, slope, mean, square);
  }

  static bool all_finite(const T* values, std::size_t n) {
    const T sum = eight_sum<T, true>(values, n);
    return sum - sum == T(0);
  }
};

}  // namespace HWY_NAMESPACE
}  // namespace deltarule::kernels
HWY_AFTER_NAMESPACE();
#endif  // DELTARULE_TABLE_NAME
