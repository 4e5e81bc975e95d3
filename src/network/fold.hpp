// Batch normalisation folded into weights: by running statistics a layer is an affine one, y = γ (I − μ)/√(σ² + ε) + β,
// so weights times γ/√(σ² + ε) and a bias say the same without it. For programs that know no normalisation.
#pragma once

#include "deltarule/error.hpp"
#include "network/network.hpp"

namespace deltarule::network {

/// A network without normalisation and with the same predictions up to rounding: w γ/√(σ² + ε) for w, β − γ μ/√(σ² + ε)
/// for the bias, worked out in double. Folded layers have biases, and train them as before. Spec error when a layer is
/// normalised over its units: its μ and σ differ from pattern to pattern. Data error when a weight would overflow.
template <class T>
Result<Network<T>> fold_normalisation(const Network<T>& network);

extern template Result<Network<float>> fold_normalisation<float>(const Network<float>&);
extern template Result<Network<double>> fold_normalisation<double>(const Network<double>&);

}  // namespace deltarule::network
