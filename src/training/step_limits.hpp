// What bounds a step beside its rule: slopes that are clipped before it, incoming weights that are scaled down after
// it. Every sum has its order here, whoever computes it.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <span>

#include "base/panels.hpp"
#include "network/network.hpp"

namespace deltarule::training {

/// Each slope to [−most, most]. Slopes must be finite.
template <class T>
void clip_values(T* slopes, std::size_t count, T most) {
  for (std::size_t i = 0; i < count; ++i) slopes[i] = std::clamp(slopes[i], -most, most);
}

/// What all slopes are multiplied by so that their norm is at most `most`; 1 where it is. `squares`: sums of squares of
/// the tiles, each in the eight-partial order (kernels.hpp), added here in the order of the tiles, in f64.
[[nodiscard]] inline double norm_factor(std::span<const double> squares, double most) {
  double sum = 0;
  for (const double square : squares) sum += square;
  const double norm = std::sqrt(sum);
  return norm > most ? most / norm : 1.0;
}

/// The units of one panel of a layer.
struct UnitPanel {
  std::size_t layer = 0;  // 0-based
  std::size_t panel = 0;
};

/// Scales the weights into each unit of a panel, biases left alone, so that their norm is at most `most`, but for
/// rounding. Squares are added in f64: blocks ascending, senders ascending, one chain per unit. A norm that is not
/// finite is left to the refusal rule.
template <class T>
void limit_incoming(const network::Network<T>& network, const UnitPanel& of, double most, T* parameters) {
  const std::size_t blocks = network.graph().layers()[of.layer].blocks.size();
  std::array<double, base::kPanel<T>> squares{};
  std::array<T, base::kPanel<T>> scale{};
  for (std::size_t b = 0; b < blocks; ++b) {
    const base::Panels<T> weights = network.block_view(of.layer, b).in(parameters);
    const std::size_t width = weights.width(of.panel);
    const T* row = weights.panel(of.panel);
    for (std::size_t s = 0; s < weights.rows; ++s, row += width)
      for (std::size_t u = 0; u < width; ++u) squares[u] += static_cast<double>(row[u]) * static_cast<double>(row[u]);
  }
  bool within = true;
  for (std::size_t u = 0; u < squares.size(); ++u) {
    const double norm = std::sqrt(squares[u]);
    const bool limited = std::isfinite(norm) && norm > most;
    scale[u] = limited ? static_cast<T>(most / norm) : T{1};
    within = within && !limited;
  }
  if (within) return;
  for (std::size_t b = 0; b < blocks; ++b) {
    const base::Panels<T> weights = network.block_view(of.layer, b).in(parameters);
    const std::size_t width = weights.width(of.panel);
    T* row = weights.panel(of.panel);
    for (std::size_t s = 0; s < weights.rows; ++s, row += width)
      for (std::size_t u = 0; u < width; ++u) row[u] *= scale[u];
  }
}

}  // namespace deltarule::training
