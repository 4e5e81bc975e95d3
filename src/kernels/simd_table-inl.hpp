// One table of kernels for the instruction set that is being compiled (HWY_TARGET). Included once per set by
// simd_f32.cpp and simd_f64.cpp; makes Functions<T>, whose pointers are the table. No code of Highway's own library is
// needed: choosing is done in dispatch.cpp.
#include <cstddef>
#include <cstring>
#include <limits>
#include <utility>

#include "base/exp_constants.hpp"
#include "base/math.hpp"
#include "hwy/cache_control.h"
#include "hwy/highway.h"
#include "kernels/kernels.hpp"
#include "kernels/scalar_activations.hpp"
#include "kernels/table.hpp"
#include "kernels/wasm_f64-inl.hpp"

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
#elif HWY_TARGET == HWY_WASM
#define DELTARULE_TABLE_NAME "wasm"
#define DELTARULE_FUSED false
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

#include "kernels/online-inl.hpp"

#include "kernels/online_beside-inl.hpp"
#include "kernels/online_rows-inl.hpp"

#include "kernels/chain-inl.hpp"

template <class T>
struct Functions {
  using Ops = SimdOps<T>;
  using Online = OnlineFunctions<T>;

  static void net_panel(Panels<const T> a, const T* w, std::size_t width, std::size_t units, const T* bias, T* net) {
    all_columns<T>(NetTask<T>{a, w, width, bias, net}, a.rows, units);
  }
  static void transpose(Panels<const T> w, std::size_t width, T* to) { transpose_all<T>(w, width, to); }
  static void slope_block(const T* a, std::size_t a_width, std::size_t senders, const T* delta, std::size_t width,
                          std::size_t units, std::size_t rows, T* slope) {
    slopes_of_block<T>({a, a_width, delta, width, rows, slope}, senders, units);
  }
  static void bias_slopes(const T* delta, std::size_t width, std::size_t rows, T* slope) {
    slopes_of_bias<T>(delta, width, rows, slope);
  }

  static void activate(ActivationKind kind, T parameter, const T* net, T* a, std::size_t n) {
    activate_any<T>(kind, parameter, net, a, n);
  }
  static void multiply_derivative(ActivationKind kind, T parameter, const T* net, const T* a, T* values,
                                  std::size_t n) {
    multiply_derivative_any<T>(kind, parameter, net, a, values, n);
  }
  static void softmax_panel(const T* net, std::size_t width, std::size_t units, std::size_t rows, T* a,
                            SoftmaxSum<T>* sums) {
    softmax_rows<T>(net, width, units, rows, a, sums);
  }
  static void softmax_deltas(const T* t, const T* a, const double* target_sums, std::size_t width, std::size_t units,
                             std::size_t rows, T* delta) {
    softmax_deltas_of<T>(t, a, target_sums, width, units, rows, delta);
  }
  static SoftmaxSum<T> softmax(const T* net, T* a, std::size_t units) { return softmax_of<T>(net, a, units); }

  static T gather_rows(const T* from, const std::uint32_t* which, Panels<T> to) { return gather<T>(from, which, to); }
  static void squared_errors(const T* t, const T* a, std::size_t width, std::size_t units, std::size_t rows,
                             T* difference, double* sums) {
    for (std::size_t r = 0; r < rows; ++r, t += width, a += width, difference += width) {
      sums[r] += squared_error<T>(t, a, width, units, difference);
    }
  }
  static void scale(T factor, T* values, std::size_t n) { for_each_vector<T>(n, Scale<T>{factor}, values); }
  static void add_penalties(const T* w, T* slope, T l2, T l1, std::size_t n) {
    for_each_vector<T>(n, AddPenalties<T>{{Ops::set(l2), Ops::set(l1)}}, w, slope);
  }
  static void add(const T* part, T* total, std::size_t n) { for_each_vector<T>(n, AddPart<T>{}, part, total); }
  static void multiply(const T* by, T* values, std::size_t n) { for_each_vector<T>(n, MultiplyBy<T>{}, by, values); }

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
  static void rmsprop(T* w, const T* slope, T* square, T rate, T rho, T epsilon, std::size_t n) {
    for_each_vector<T>(n, Update<T, RMSPropUpdate<Ops>>{rmsprop_update<Ops>(rate, rho, epsilon)}, w, slope, square);
  }
  static void adagrad(T* w, const T* slope, T* square, T rate, T epsilon, std::size_t n) {
    for_each_vector<T>(n, Update<T, AdagradUpdate<Ops>>{adagrad_update<Ops>(rate, epsilon)}, w, slope, square);
  }
  static void adadelta(T* w, const T* slope, T* square, T* change_square, T rate, T rho, T epsilon, std::size_t n) {
    const Update<T, AdadeltaUpdate<Ops>> update{adadelta_update<Ops>(rate, rho, epsilon)};
    for_each_vector<T>(n, update, w, slope, square, change_square);
  }
  static void lion(T* w, const T* slope, T* mean, const LionStep<T>& step, std::size_t n) {
    for_each_vector<T>(n, Update<T, LionUpdate<Ops>>{lion_update<Ops>(step)}, w, slope, mean);
  }
  template <RpropTurn kTurn>
  static void rprop_with(T* w, const T* slope, T* previous, T* delta, const RpropStep<T>& step, std::size_t n) {
    const Update<T, RpropUpdate<Ops, kTurn>> update{rprop_update<Ops, kTurn>(step)};
    for_each_vector<T>(n, update, w, slope, previous, delta);
  }
  static void rprop(T* w, const T* slope, T* previous, T* delta, const RpropStep<T>& step, std::size_t n) {
    switch (step.turn) {
      case RpropTurn::go_on:
        return rprop_with<RpropTurn::go_on>(w, slope, previous, delta, step, n);
      case RpropTurn::stay:
        return rprop_with<RpropTurn::stay>(w, slope, previous, delta, step, n);
      case RpropTurn::go_back:
        return rprop_with<RpropTurn::go_back>(w, slope, previous, delta, step, n);
    }
  }
  static void quickprop(T* w, const T* slope, T* previous, T* change, const QuickpropStep<T>& step, std::size_t n) {
    const Update<T, QuickpropUpdate<Ops>> update{quickprop_update<Ops>(step)};
    for_each_vector<T>(n, update, w, slope, previous, change);
  }

  static bool learn_chain(const Chain<T>& chain, ChainSide<T>& now, const ChainSide<T>& before, const T* x, const T* t,
                          double* loss) {
    if (chain.widest <= RowOps<T>::kLanes) return chain_learned<T, true>(chain, now, before, x, t, loss);
    return chain_learned<T, false>(chain, now, before, x, t, loss);
  }

  static T rough_square_sum(const T* values, std::size_t n) { return rough_sum_of_squares<T>(values, n); }
  static T square_sum(const T* values, std::size_t n) { return eight_sum<T, true>(values, n); }
  static void keep_movable(const T* movable, T* values, std::size_t n) {
    for_each_vector<T>(n, KeepMovable<T>{}, movable, values);
  }
};

}  // namespace HWY_NAMESPACE
}  // namespace deltarule::kernels
HWY_AFTER_NAMESPACE();
#endif  // DELTARULE_TABLE_NAME
