// Normalised net inputs, their derivatives beside them: what stands between (4) and f in a normalised layer. A set of
// net inputs that belong together, the units of a layer for one pattern or the patterns of a batch for one unit, is
// taken to mean 0 and variance 1. docs/derivation.md has the words. Knows no layers and no batches: reference.hpp does.
#pragma once

#include <cassert>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include "derivation/number.hpp"

namespace deltarule::derivation {

/// Keeps 1/√(σ² + ε) finite where all numbers of a set are equal.
inline constexpr double kNormalisationEpsilon = 1e-5;

/// μ and σ² of a set.
template <class T>
struct Statistics {
  T mean{}, variance{};
  /// 1/√(σ² + ε)
  [[nodiscard]] T inverse() const {
    using std::sqrt;
    return number<T>(1.0) / sqrt(variance + number<T>(kNormalisationEpsilon));
  }
};

/// Σ k v / Σ k; without weights k every number counts once.
template <class T>
[[nodiscard]] T weighted_mean(std::span<const T> values, std::span<const T> k) {
  assert(k.empty() || k.size() == values.size());
  T sum = number<T>(0.0), weight = number<T>(0.0);
  for (std::size_t p = 0; p < values.size(); ++p) {
    const T k_p = k.empty() ? number<T>(1.0) : k[p];
    sum += k_p * values[p];
    weight += k_p;
  }
  return sum / weight;
}

/// μ = Σ k I / Σ k, σ² = Σ k (I − μ)² / Σ k: the variance of the set itself.
template <class T>
[[nodiscard]] Statistics<T> statistics(std::span<const T> I, std::span<const T> k = {}) {
  const T mean = weighted_mean(I, k);
  std::vector<T> squares;
  for (const T& one : I) squares.push_back((one - mean) * (one - mean));
  return {mean, weighted_mean<T>(squares, k)};
}

/// Î = (I − μ) / √(σ² + ε)
template <class T>
[[nodiscard]] T normal(T I, const Statistics<T>& s) {
  return (I - s.mean) * s.inverse();
}
/// y = γ Î + β, what f sees: a = f(y).
template <class T>
[[nodiscard]] T scaled(T normal, T gain, T bias) {
  return gain * normal + bias;
}

/// ∂E/∂γ = −δ_y Î with δ_y = −∂E/∂y; that of β is −δ_y.
template <class T>
[[nodiscard]] T gain_slope(T delta_y, T normal) {
  return -delta_y * normal;
}

/// δ = −∂E/∂I of a set from g = γ δ_y = −∂E/∂Î: every I of the set moves μ and σ, and with them all Î,
/// δ_p = (g_p − k_p/Σk Σ_q g_q − k_p/Σk Î_p Σ_q g_q Î_q) / √(σ² + ε).
/// Without weights: (g − mean(g) − Î mean(g Î)) / √(σ² + ε).
template <class T>
[[nodiscard]] std::vector<T> normalised_deltas(std::span<const T> g, std::span<const T> normal, const Statistics<T>& s,
                                               std::span<const T> k = {}) {
  T sum = number<T>(0.0), product = number<T>(0.0), weight = number<T>(0.0);
  for (std::size_t q = 0; q < g.size(); ++q) {
    sum += g[q];
    product += g[q] * normal[q];
    weight += k.empty() ? number<T>(1.0) : k[q];
  }
  std::vector<T> deltas;
  for (std::size_t p = 0; p < g.size(); ++p) {
    const T share = (k.empty() ? number<T>(1.0) : k[p]) / weight;
    deltas.push_back((g[p] - share * sum - share * normal[p] * product) * s.inverse());
  }
  return deltas;
}

/// The same where μ and σ are held: running statistics.
template <class T>
[[nodiscard]] T held_delta(T g, const Statistics<T>& s) {
  return g * s.inverse();
}

}  // namespace deltarule::derivation
