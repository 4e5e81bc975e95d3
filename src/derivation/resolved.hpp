// The names of a graph looked up: the activation of every layer and the loss, checked to fit each other.
#pragma once

#include <vector>

#include "base/graph.hpp"
#include "deltarule/error.hpp"
#include "derivation/registry.hpp"

namespace deltarule::derivation {

struct Resolved {
  std::vector<Activation> activations;  // [layers]
  Loss loss;
};

/// Spec error, with the layer named, for an unknown name, a softmax that is not the output, or a pair that does not
/// fit.
Result<Resolved> resolve(const base::Graph& graph);

}  // namespace deltarule::derivation
