// Looking up the names of a graph. The lookups themselves are the registry's.
#include "derivation/resolved.hpp"

#include <string>
#include <utility>

namespace deltarule::derivation {
namespace {

Error in_layer(std::size_t layer, Error error) {
  error.place = "layer " + std::to_string(layer + 1) + (error.place.empty() ? "" : ", " + error.place);
  return error;
}

}  // namespace

Result<Resolved> resolve(const base::Graph& graph) {
  Resolved resolved;
  const std::size_t count = graph.layers().size();
  for (std::size_t l = 0; l < count; ++l) {
    auto found = find_activation(graph.layers()[l].activation);
    if (!found) return in_layer(l, found.error());
    if (found->kind == base::ActivationKind::softmax && l + 1 < count)
      return Error{ErrorCode::spec, "layer " + std::to_string(l + 1), "softmax in a hidden layer",
                   "an activation of single units", "softmax is for the output layer; use tanh or relu here"};
    resolved.activations.push_back(*std::move(found));
  }
  auto loss = find_loss(graph.spec().loss);
  if (!loss) return loss.error();
  resolved.loss = *std::move(loss);
  if (auto fits = check_pair(resolved.activations.back(), resolved.loss, graph.outputs()); !fits) return fits.error();
  return resolved;
}

}  // namespace deltarule::derivation
