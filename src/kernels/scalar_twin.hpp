// The specification of every kernel: plain loops over numbers, for both arithmetic classes. The SIMD tables must give
// the same bits. Slow on purpose: nothing here is rearranged for speed.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>

#include "base/exp_family.hpp"
#include "kernels/kernels.hpp"
#include "kernels/online_twin.hpp"
#include "kernels/scalar_activations.hpp"

namespace deltarule::kernels::twin {

using base::at_least;
using base::at_most;
using base::exp_formula;
using base::expm1_formula;
using base::gaussian_formula;
using base::sigmoid_formula;
using base::tanh_formula;

#define DELTARULE_FORMULA inline
#include "kernels/activations-inl.hpp"
#include "kernels/sign-inl.hpp"
#include "kernels/updates/adadelta-inl.hpp"
#include "kernels/updates/adagrad-inl.hpp"
#include "kernels/updates/adam-inl.hpp"
#include "kernels/updates/delta_rule-inl.hpp"
#include "kernels/updates/lion-inl.hpp"
#include "kernels/updates/momentum-inl.hpp"
#include "kernels/updates/nesterov-inl.hpp"
#include "kernels/updates/penalties-inl.hpp"
#include "kernels/updates/quickprop-inl.hpp"
#include "kernels/updates/rmsprop-inl.hpp"
#include "kernels/updates/rprop-inl.hpp"
#undef DELTARULE_FORMULA

/// Eight strided partial sums, joined in one stated tree.
template <class T>
T join(const std::array<T, 8>& p) {
  return ((p[0] + p[4]) + (p[2] + p[6])) + ((p[1] + p[5]) + (p[3] + p[7]));
}

template <class T, bool kFused>
struct Twin {
  using Ops = base::ScalarOps<T, kFused>;
  using Online = OnlineTwin<T, kFused>;

  static void net_panel(Panels<const T> a, const T* w, std::size_t width, std::size_t units, const T* bias, T* net) {
    for (std::size_t r = 0; r < a.rows; ++r) {
      for (std::size_t u = 0; u < units; ++u) {
        T sum = bias == nullptr ? net[r * width + u] : bias[u];
        for (std::size_t i = 0; i < a.units; ++i) sum = Ops::multiply_add(a(r, i), w[i * width + u], sum);
        net[r * width + u] = sum;
      }
    }
  }

  static void transpose(Panels<const T> w, std::size_t width, T* to) {
    for (std::size_t k = 0; k < w.units; ++k) {
      for (std::size_t j = 0; j < width; ++j) to[k * width + j] = j < w.rows ? w(j, k) : T(0);
    }
  }

  static void slope_block(const T* a, std::size_t a_width, std::size_t senders, const T* delta, std::size_t width,
                          std::size_t units, std::size_t rows, T* slope) {
    for (std::size_t i = 0; i < senders; ++i) {
      for (std::size_t u = 0; u < width; ++u) {
        T sum = 0;
        for (std::size_t r = 0; r < rows && u < units; ++r) {
          sum = Ops::subtract_product(a[r * a_width + i], delta[r * width + u], sum);
        }
        slope[i * width + u] = sum;
      }
    }
  }

  static void bias_slopes(const T* delta, std::size_t width, std::size_t rows, T* slope) {
    for (std::size_t u = 0; u < width; ++u) {
      slope[u] = 0;
      for (std::size_t r = 0; r < rows; ++r) slope[u] -= delta[r * width + u];
    }
  }

  static T value(ActivationKind kind, T p, T x) {
    switch (kind) {
      case ActivationKind::identity:
        return Identity<Ops>::value(x, p);
      case ActivationKind::sigmoid:
        return Sigmoid<Ops>::value(x, p);
      case ActivationKind::tanh:
        return Tanh<Ops>::value(x, p);
      case ActivationKind::scaled_tanh:
        return ScaledTanh<Ops>::value(x, p);
      case ActivationKind::relu:
        return Relu<Ops>::value(x, p);
      case ActivationKind::leaky_relu:
        return LeakyRelu<Ops>::value(x, p);
      case ActivationKind::elu:
        return Elu<Ops>::value(x, p);
      case ActivationKind::selu:
        return Selu<Ops>::value(x, p);
      case ActivationKind::gelu:
        return gelu(x);
      case ActivationKind::swish:
        return Swish<Ops>::value(x, p);
      case ActivationKind::softplus:
        return softplus(x);
      case ActivationKind::exp:
        return Exponential<Ops>::value(x, p);
      case ActivationKind::softsign:
        return Softsign<Ops>::value(x, p);
      case ActivationKind::gaussian:
        return Gaussian<Ops>::value(x, p);
      case ActivationKind::sin:
        return base::sin(x);
      case ActivationKind::hard_tanh:
        return HardTanh<Ops>::value(x, p);
      case ActivationKind::softmax:
      case ActivationKind::custom:
        break;  // not activations of one number
    }
    return x;
  }

  static T derivative(ActivationKind kind, T p, T x, T a) {
    switch (kind) {
      case ActivationKind::identity:
        return Identity<Ops>::slope(x, a, p);
      case ActivationKind::sigmoid:
        return Sigmoid<Ops>::slope(x, a, p);
      case ActivationKind::tanh:
        return Tanh<Ops>::slope(x, a, p);
      case ActivationKind::scaled_tanh:
        return ScaledTanh<Ops>::slope(x, a, p);
      case ActivationKind::relu:
        return Relu<Ops>::slope(x, a, p);
      case ActivationKind::leaky_relu:
        return LeakyRelu<Ops>::slope(x, a, p);
      case ActivationKind::elu:
        return Elu<Ops>::slope(x, a, p);
      case ActivationKind::selu:
        return Selu<Ops>::slope(x, a, p);
      case ActivationKind::gelu:
        return gelu_slope(x);
      case ActivationKind::swish:
        return Swish<Ops>::slope(x, a, p);
      case ActivationKind::softplus:
        return SoftplusSlope<Ops>::slope(x, a, p);
      case ActivationKind::exp:
        return Exponential<Ops>::slope(x, a, p);
      case ActivationKind::softsign:
        return Softsign<Ops>::slope(x, a, p);
      case ActivationKind::gaussian:
        return Gaussian<Ops>::slope(x, a, p);
      case ActivationKind::sin:
        return base::cos(x);
      case ActivationKind::hard_tanh:
        return HardTanh<Ops>::slope(x, a, p);
      case ActivationKind::softmax:
      case ActivationKind::custom:
        break;
    }
    return T(1);
  }

  static void activate(ActivationKind kind, T parameter, const T* net, T* a, std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) a[i] = value(kind, parameter, net[i]);
  }

  static void multiply_derivative(ActivationKind kind, T parameter, const T* net, const T* a, T* values,
                                  std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) values[i] *= derivative(kind, parameter, net[i], a[i]);
  }

  static SoftmaxSum<T> softmax(const T* net, T* a, std::size_t units) {
    T largest = net[0];
    for (std::size_t u = 1; u < units; ++u) largest = net[u] > largest ? net[u] : largest;
    std::array<T, 8> partial{};
    for (std::size_t u = 0; u < units; ++u) {
      a[u] = exp_formula<Ops>(net[u] - largest);
      partial[u % 8] += a[u];
    }
    const T sum = join(partial);
    for (std::size_t u = 0; u < units; ++u) a[u] /= sum;
    return {largest, sum};
  }

  static void softmax_panel(const T* net, std::size_t width, std::size_t units, std::size_t rows, T* a,
                            SoftmaxSum<T>* sums) {
    for (std::size_t r = 0; r < rows; ++r, net += width, a += width) sums[r] = softmax(net, a, units);
  }
  static void softmax_deltas(const T* t, const T* a, const double* target_sums, std::size_t width, std::size_t units,
                             std::size_t rows, T* delta) {
    for (std::size_t r = 0; r < rows; ++r)
      for (std::size_t u = 0; u < width; ++u) {
        const std::size_t at = r * width + u;
        const double whole = u < units ? static_cast<double>(t[at]) - static_cast<double>(a[at]) * target_sums[r] : 0.0;
        delta[at] = static_cast<T>(whole);
      }
  }

  static bool learn_chain(const Chain<T>& chain, ChainSide<T>& now, const ChainSide<T>& before, const T* x, const T* t,
                          double* loss) {
    const std::size_t last = chain.count - 1;
    const RowFacts<T> inputs = Online::take_row(x, now.inputs, chain.layers[0].senders);
    T squares = inputs.squares + Online::take_row(t, now.targets, chain.layers[last].units).squares;
    now.nonzeros = inputs.nonzeros;
    for (std::size_t l = 0; l <= last; ++l) {
      const ChainLayer<T>& layer = chain.layers[l];
      const ChainRow<T>& row = now.rows[l];
      const T one = 1, *const old = l == 0 ? before.inputs : before.rows[l - 1].a;
      const RankOne<T> bias_change{&one, before.rows[l].d}, change{old, before.rows[l].d};
      Online::start(layer.bias, layer.bias_moves ? &bias_change : nullptr, layer.units, row.net);
      Online::advance({layer.w, layer.senders, layer.units}, change, l == 0 ? now.inputs : now.rows[l - 1].a, row.net);
      activate(layer.kind, layer.parameter, row.net, row.a, layer.units);
      if (!layer.bounded) squares += Online::squares(row.a, layer.units);
    }
    double errors = 0;
    const ChainLayer<T>& outputs = chain.layers[last];
    squared_errors(now.targets, now.rows[last].a, outputs.units, outputs.units, 1, now.rows[last].delta, &errors);
    if (loss != nullptr) *loss = 0.5 * errors;
    for (std::size_t l = last + 1; l-- > 0;) {
      const ChainLayer<T>& layer = chain.layers[l];
      const ChainRow<T>& row = now.rows[l];
      if (l < last) {
        const ChainLayer<T>& above = chain.layers[l + 1];
        Online::back({above.w, above.senders, above.units}, now.rows[l + 1].delta, false, row.delta);
      }
      multiply_derivative(layer.kind, layer.parameter, row.net, row.a, row.delta, layer.units);
      squares += Online::take_step(row.delta, chain.rate, layer.units, row.d);
    }
    return squares <= chain.bound;
  }

  static T gather_rows(const T* from, const std::uint32_t* which, Panels<T> to) {
    T squares = 0;
    for (std::size_t r = 0; r < to.rows; ++r) {
      for (std::size_t u = 0; u < to.units; ++u) {
        to(r, u) = from[which[r] * to.units + u];
        squares += to(r, u) * to(r, u);
      }
    }
    return squares;
  }
  static void squared_errors(const T* t, const T* a, std::size_t width, std::size_t units, std::size_t rows,
                             T* difference, double* sums) {
    for (std::size_t r = 0; r < rows; ++r, t += width, a += width, difference += width) {
      std::array<double, 8> partial{};
      for (std::size_t u = 0; u < width; ++u) {
        difference[u] = u < units ? t[u] - a[u] : T(0);
        const double d = static_cast<double>(difference[u]);
        partial[u % 8] = base::ScalarOps<double, kFused>::multiply_add(d, d, partial[u % 8]);
      }
      sums[r] += join(partial);
    }
  }
  static void scale(T factor, T* values, std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) values[i] *= factor;
  }
  static void add_penalties(const T* w, T* slope, T l2, T l1, std::size_t n) {
    const Penalties<Ops> penalties{l2, l1};
    for (std::size_t i = 0; i < n; ++i) penalties(w[i], slope[i]);
  }

  static void add(const T* part, T* total, std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) total[i] += part[i];
  }
  static void multiply(const T* by, T* values, std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) values[i] *= by[i];
  }

  static void delta_rule(T* w, const T* slope, T rate, std::size_t n) {
    const DeltaRuleUpdate<Ops> update{rate};
    for (std::size_t i = 0; i < n; ++i) update(w[i], slope[i]);
  }
  static void momentum(T* w, const T* slope, T* velocity, T rate, T momentum, std::size_t n) {
    const MomentumUpdate<Ops> update{rate, momentum};
    for (std::size_t i = 0; i < n; ++i) update(w[i], slope[i], velocity[i]);
  }
  static void nesterov(T* w, const T* slope, T* velocity, T rate, T momentum, std::size_t n) {
    const NesterovUpdate<Ops> update{rate, momentum};
    for (std::size_t i = 0; i < n; ++i) update(w[i], slope[i], velocity[i]);
  }
  static void adam(T* w, const T* slope, T* mean, T* square, const AdamStep<T>& step, std::size_t n) {
    const AdamUpdate<Ops> update = adam_update<Ops>(step);
    for (std::size_t i = 0; i < n; ++i) update(w[i], slope[i], mean[i], square[i]);
  }
  static void rmsprop(T* w, const T* slope, T* square, T rate, T rho, T epsilon, std::size_t n) {
    const RMSPropUpdate<Ops> update = rmsprop_update<Ops>(rate, rho, epsilon);
    for (std::size_t i = 0; i < n; ++i) update(w[i], slope[i], square[i]);
  }

  static void adagrad(T* w, const T* slope, T* square, T rate, T epsilon, std::size_t n) {
    const AdagradUpdate<Ops> update = adagrad_update<Ops>(rate, epsilon);
    for (std::size_t i = 0; i < n; ++i) update(w[i], slope[i], square[i]);
  }
  static void adadelta(T* w, const T* slope, T* square, T* change_square, T rate, T rho, T epsilon, std::size_t n) {
    const AdadeltaUpdate<Ops> update = adadelta_update<Ops>(rate, rho, epsilon);
    for (std::size_t i = 0; i < n; ++i) update(w[i], slope[i], square[i], change_square[i]);
  }
  static void lion(T* w, const T* slope, T* mean, const LionStep<T>& step, std::size_t n) {
    const LionUpdate<Ops> update = lion_update<Ops>(step);
    for (std::size_t i = 0; i < n; ++i) update(w[i], slope[i], mean[i]);
  }
  template <RpropTurn kTurn>
  static void rprop_with(T* w, const T* slope, T* previous, T* delta, const RpropStep<T>& step, std::size_t n) {
    const RpropUpdate<Ops, kTurn> update = rprop_update<Ops, kTurn>(step);
    for (std::size_t i = 0; i < n; ++i) update(w[i], slope[i], previous[i], delta[i]);
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
    const QuickpropUpdate<Ops> update = quickprop_update<Ops>(step);
    for (std::size_t i = 0; i < n; ++i) update(w[i], slope[i], previous[i], change[i]);
  }

  static T rough_square_sum(const T* values, std::size_t n) {
    T sum = 0;
    for (std::size_t i = 0; i < n; ++i) sum = Ops::multiply_add(values[i], values[i], sum);
    return sum;
  }
  static T square_sum(const T* values, std::size_t n) {
    std::array<T, 8> partial{};
    for (std::size_t i = 0; i < n; ++i) partial[i % 8] = Ops::multiply_add(values[i], values[i], partial[i % 8]);
    return join(partial);
  }
  static void keep_movable(const T* movable, T* values, std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) values[i] = movable[i] != T(0) ? values[i] : T(0);
  }
};

}  // namespace deltarule::kernels::twin
