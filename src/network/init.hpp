// Starting weights: the rules by name, and the draw. A weight depends on (seed, layer, canonical position in the layer)
// alone, is drawn in double and then rounded, so that f32 and f64 networks start alike.
#pragma once

#include <string_view>

#include "deltarule/error.hpp"
#include "deltarule/spec.hpp"
#include "network/network.hpp"

namespace deltarule::network {

enum class InitKind {
  automatic,       // by activation: he_uniform for the relu family, lecun_normal for selu, else glorot_uniform
  glorot_uniform,  // in ±√(6 / (fan_in + fan_out)) (Glorot & Bengio 2010)
  glorot_normal,   // variance 2 / (fan_in + fan_out)
  he_uniform,      // in ±√(6 / fan_in) (He et al. 2015)
  he_normal,       // variance 2 / fan_in
  lecun_uniform,   // in ±√(3 / fan_in) (LeCun et al. 1998)
  lecun_normal,    // variance 1 / fan_in
  uniform,         // parameter r: in ±r, biases too
  constant,        // parameter c, biases too
};

struct Init {
  InitKind kind = InitKind::automatic;
  double parameter = 0.0;
};

/// "auto", "glorot_uniform", …, "uniform(0.5)", "constant(0.1)"; '-' for '_' is understood. Spec error otherwise.
Result<Init> find_init(std::string_view text);

/// Draws all weights. Fan-in counts the existing connections into the unit over all blocks of its layer, fan-out is the
/// number of units of the layer. Biases become zero except under uniform(r) and constant(c). Gains and running
/// variances become 1, running means 0.
template <class T>
void draw_weights(Network<T>& network, Seed seed, const Init& init);

extern template void draw_weights<float>(Network<float>&, Seed, const Init&);
extern template void draw_weights<double>(Network<double>&, Seed, const Init&);

}  // namespace deltarule::network
