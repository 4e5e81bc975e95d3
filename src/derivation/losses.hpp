// The losses of one output unit, each with its slope ∂E/∂a beside it, in the number type T of the derivation; the
// cross-entropies and deviances from the net inputs, where no logarithm of zero can occur. The formulas only: half the
// squared error is equations (1) and (9) in equations.hpp; sums over outputs and the choice by kind are in
// loss_functions.hpp.
#pragma once

#include <span>

#include "derivation/activations.hpp"
#include "derivation/number.hpp"

namespace deltarule::derivation {

/// (t − a)² / outputs; the sum over the outputs is the mean.
struct MeanSquaredError {
  template <class T>
  static T value(T a, T t, T outputs) {
    return (t - a) * (t - a) / outputs;
  }
  template <class T>
  static T slope(T a, T t, T outputs) {
    return number<T>(-2.0) * (t - a) / outputs;
  }
};

/// ½ d² for |d| ≤ turn, turn (|d| − ½ turn) beyond, with d = t − a (Huber 1964).
struct Huber {
  template <class T>
  static T value(T a, T t, T turn) {
    const T d = magnitude(t - a);
    if (real_part(d) <= real_part(turn)) return number<T>(0.5) * d * d;
    return turn * (d - number<T>(0.5) * turn);
  }
  template <class T>
  static T slope(T a, T t, T turn) {
    const T d = t - a;
    return real_part(magnitude(d)) <= real_part(turn) ? -d : -turn * sign(d);
  }
};

/// |a − t|. The slope at a = t is 0.
struct AbsoluteError {
  template <class T>
  static T value(T a, T t) {
    return magnitude(a - t);
  }
  template <class T>
  static T slope(T a, T t) {
    return sign(a - t);
  }
};

/// τ d above the activation, (τ − 1) d below it, with d = t − a: least where a is the τ-quantile of the targets
/// (Koenker & Bassett 1978). The slope at a = t is 0, one of those between −τ and 1 − τ.
struct Pinball {
  template <class T>
  static T value(T a, T t, T tau) {
    const T d = t - a;
    return real_part(d) < 0 ? (tau - number<T>(1.0)) * d : tau * d;
  }
  template <class T>
  static T slope(T a, T t, T tau) {
    const auto d = real_part(t - a);
    if (d > 0) return -tau;
    return d < 0 ? number<T>(1.0) - tau : number<T>(0.0);
  }
};

/// a: the targets are ignored.
struct OutputSum {
  template <class T>
  static T value(T a) {
    return a;
  }
  template <class T>
  static T slope(T /*a*/) {
    return number<T>(1.0);
  }
};

/// −t ln a − (1 − t) ln(1 − a) with a = sigmoid(I), for any target t. From I it is softplus(I) − t I, written so that
/// the large parts never cancel: log(1 + e^−|I|) + ((1 − t) I from 0 up, −t I below).
struct BinaryCrossEntropy {
  template <class T>
  static T value(T I, T t) {
    const T linear = real_part(I) < 0 ? -t * I : (number<T>(1.0) - t) * I;
    return log1p(exp(-magnitude(I))) + linear;
  }
  /// ∂E/∂a = (1 − t) / (1 − a) − t / a with 1/a = 1 + e^−I. A part whose weight is 0 is left out, not 0 · ∞.
  template <class T>
  static T slope(T I, T t) {
    const T zero = number<T>(0.0), one = number<T>(1.0);
    const T if_off = one - t == zero ? zero : (one - t) * (one + exp(I));
    const T if_on = t == zero ? zero : t * (one + exp(-I));
    return if_off - if_on;
  }
  /// (10): the derivative a (1 − a) of the sigmoid cancels against the slope.
  template <class T>
  static T delta(T a, T t) {
    return t - a;
  }
};

/// −Σ_j t_j ln a_j with a = softmax(I), for any targets t. From I it is Σ_j t_j (L − I_j), L = log Σ_k e^(I_k).
struct SoftmaxCrossEntropy {
  /// L − most, where most is the largest net input; its own term is 1, so that log1p keeps every digit.
  template <class T>
  static T log_sum_above(std::span<const T> I, T most) {
    T rest = number<T>(0.0);
    bool found = false;
    for (const T& one : I) {
      const bool is_most = !found && real_part(one) == real_part(most);
      found = found || is_most;
      rest += is_most ? expm1(one - most) : exp(one - most);
    }
    return log1p(rest);
  }
  template <class T>
  static T value(std::span<const T> I, std::span<const T> t) {
    const T most = static_cast<T>(Softmax::largest(I));
    const T above = log_sum_above(I, most);
    T E = number<T>(0.0);
    for (std::size_t j = 0; j < t.size(); ++j) E += t[j] * ((most - I[j]) + above);
    return E;
  }
  /// ∂E/∂a_j = −t_j / a_j with 1/a_j = e^(L − I_j); 0 where the target is 0.
  template <class T>
  static void slopes(std::span<const T> I, std::span<const T> t, std::span<T> dE_da) {
    const T most = static_cast<T>(Softmax::largest(I));
    const T above = log_sum_above(I, most);
    for (std::size_t j = 0; j < t.size(); ++j)
      dE_da[j] = t[j] == number<T>(0.0) ? t[j] : -t[j] * exp((most - I[j]) + above);
  }
  /// (10): −Σ_k ∂E/∂a_k ∂a_k/∂I_j = t_j − a_j Σ_k t_k; with targets that sum to 1 again t − a. `target_sum` = Σ_k t_k.
  template <class T>
  static T delta(T a, T t, T target_sum) {
    return t - a * target_sum;
  }
};

/// Half the deviance of a count t from the mean a = e^I: t log(t/a) − (t − a), with 0 log 0 = 0 (McCullagh & Nelder
/// 1989, 2.3). Half, as (1) is half of a square: (10) is then t − a. From r = I − log t it is t (e^r − 1 − r), whose
/// parts do not cancel for t near a; where r is large e^I is kept whole. NaN for negative targets.
struct PoissonDeviance {
  template <class T>
  static T value(T I, T t) {
    if (t == number<T>(0.0)) return exp(I);
    const T r = I - log(t);
    return real_part(r) > 1 ? exp(I) - t * (number<T>(1.0) + r) : t * (expm1(r) - r);
  }
  /// ∂E/∂a = 1 − t/a.
  template <class T>
  static T slope(T I, T t) {
    return t == number<T>(0.0) ? number<T>(1.0) : number<T>(1.0) - t * exp(-I);
  }
  /// (10): the derivative a of the exponential cancels against the slope.
  template <class T>
  static T delta(T a, T t) {
    return t - a;
  }
};

/// Half the deviance of an amount t > 0 from the mean a = e^I: (t − a)/a − log(t/a) (McCullagh & Nelder 1989, 2.3),
/// which is e^−r − 1 + r with r = I − log t. It depends on t/a alone: halves and doubles weigh the same at any size.
/// Not finite for targets that are not positive.
struct GammaDeviance {
  template <class T>
  static T value(T I, T t) {
    const T r = I - log(t);
    return expm1(-r) + r;
  }
  /// ∂E/∂a = (a − t)/a².
  template <class T>
  static T slope(T I, T t) {
    return exp(-I) * (number<T>(1.0) - t * exp(-I));
  }
  /// (10): −∂E/∂a · a.
  template <class T>
  static T delta(T a, T t) {
    return (t - a) / a;
  }
};

}  // namespace deltarule::derivation
