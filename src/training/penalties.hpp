// What l2 and l1 add to the error whose slopes a rule sees: their own slopes are added by the kernels.
#pragma once

#include <cmath>
#include <cstddef>

#include "network/network.hpp"

namespace deltarule::training {

/// l2/2 Σw² + l1 Σ|w| over all weights, and biases if asked (gains never), tile by tile, one chain. Padding and masked
/// weights are zero.
template <class T>
[[nodiscard]] double penalties(const network::Network<T>& network, double l2, double l1, bool of_biases = false) {
  double squares = 0, sizes = 0;
  for (const network::Tile& tile : network.tiles()) {
    const network::View& view = network.views()[tile.view];
    const bool is_asked_bias = of_biases && view.kind == network::ParameterKind::biases && !view.frozen;
    if (!view.is_weights() && !is_asked_bias) continue;
    const T* const w = network.parameters().data() + tile.offset;
    for (std::size_t i = 0; i < tile.size(); ++i) {
      squares += static_cast<double>(w[i]) * static_cast<double>(w[i]);
      sizes += std::fabs(static_cast<double>(w[i]));
    }
  }
  return 0.5 * l2 * squares + l1 * sizes;
}

}  // namespace deltarule::training
