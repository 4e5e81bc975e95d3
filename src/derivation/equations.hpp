// The twelve equations of the derivation, one function each, for one unit or one weight and a number type T.
// docs/derivation.md has the words. Nothing here knows layers, batches or files; reference.hpp puts them together.
// Letters are the derivation's: a activation, I net input, w weight, t target, E error, eta learning rate, and
// delta = −∂E/∂I, so that a weight change is *added*. `i` feeds `j`, `j` feeds `k`.
#pragma once

#include <cassert>
#include <span>

#include "derivation/activation_functions.hpp"
#include "derivation/number.hpp"

namespace deltarule::derivation {

/// (1), the share of one output unit: ½ (t − a)².
template <class T>
[[nodiscard]] T half_squared_error(T t, T a) {
  return number<T>(0.5) * (t - a) * (t - a);
}
/// (1): E = ½ Σ_j (t_j − a_j)² over the output units. t, a: [outputs].
template <class T>
[[nodiscard]] T equation_1_error(std::span<const T> t, std::span<const T> a) {
  T E = number<T>(0.0);
  for (std::size_t j = 0; j < a.size(); ++j) E += half_squared_error(t[j], a[j]);
  return E;
}

/// (2): Δw_ij = −η ∂E/∂w_ij.
template <class T>
[[nodiscard]] T equation_2_change(T eta, T dE_dw) {
  return -eta * dE_dw;
}

/// (3): ∂E/∂w_ij = ∂E/∂I_j · ∂I_j/∂w_ij.
template <class T>
[[nodiscard]] T equation_3_slope(T dE_dI, T dI_dw) {
  return dE_dI * dI_dw;
}

/// (4): I_j = Σ_i w_ij a_i over everything that feeds j; a bias is the weight from a unit whose activation is 1.
/// w, a: [units that feed j].
template <class T>
[[nodiscard]] T equation_4_net_input(std::span<const T> w, std::span<const T> a) {
  assert(w.size() == a.size());
  T I = number<T>(0.0);
  for (std::size_t i = 0; i < w.size(); ++i) I += w[i] * a[i];
  return I;
}
/// (4), its consequence: ∂I_j/∂w_ij = a_i.
template <class T>
[[nodiscard]] T equation_4_dI_dw(T a_i) {
  return a_i;
}

/// (5): δ_j = −∂E/∂I_j.
template <class T>
[[nodiscard]] T equation_5_delta(T dE_dI) {
  return -dE_dI;
}
/// (5), read backwards: ∂E/∂I_j = −δ_j.
template <class T>
[[nodiscard]] T equation_5_dE_dI(T delta) {
  return -delta;
}

/// (6), the delta rule: Δw_ij = η δ_j a_i.
template <class T>
[[nodiscard]] T equation_6_change(T eta, T delta, T a_i) {
  return eta * delta * a_i;
}

/// (7): δ_j = −∂E/∂a_j · ∂a_j/∂I_j.
template <class T>
[[nodiscard]] T equation_7_delta(T dE_da, T da_dI) {
  return -dE_da * da_dI;
}

/// (8): ∂a_j/∂I_j = f_j′(I_j).
template <class T>
[[nodiscard]] T equation_8_da_dI(const Activation& f, T I) {
  return derivative(f, I);
}

/// (9), output unit: ∂E/∂a_j = −(t_j − a_j).
template <class T>
[[nodiscard]] T equation_9_dE_da(T t, T a) {
  return -(t - a);
}

/// (10), output unit: δ_j = (t_j − a_j) f_j′(I_j).
template <class T>
[[nodiscard]] T equation_10_delta(T t, T a, T f_prime) {
  return (t - a) * f_prime;
}

/// (11), any unit that feeds others: ∂E/∂a_j = −Σ_k δ_k w_jk over everything that j feeds. delta, w: [units fed].
template <class T>
[[nodiscard]] T equation_11_dE_da(std::span<const T> delta, std::span<const T> w) {
  assert(delta.size() == w.size());
  T sum = number<T>(0.0);
  for (std::size_t k = 0; k < delta.size(); ++k) sum += delta[k] * w[k];
  return -sum;
}

/// (12), hidden unit: δ_j = f_j′(I_j) Σ_k δ_k w_jk. delta, w: [units fed].
template <class T>
[[nodiscard]] T equation_12_delta(T f_prime, std::span<const T> delta, std::span<const T> w) {
  return f_prime * -equation_11_dE_da(delta, w);
}

}  // namespace deltarule::derivation
