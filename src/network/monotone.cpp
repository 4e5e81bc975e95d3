#include "network/monotone.hpp"

#include <algorithm>
#include <string>

namespace deltarule::network {
namespace {

using base::ActivationKind;

constexpr const char* kMonotone =
    "one that never falls: identity, sigmoid, tanh, scaled_tanh, relu, leaky_relu, elu, selu, softplus, exp, softsign "
    "or hard_tanh";

/// Per source, 1 for units that an input with a sign reaches.
using Reached = std::vector<std::vector<std::uint8_t>>;

/// Signs of one block; units that it carries the input to are marked.
void sign_block(const base::Layer& layer, const base::Block& block, std::span<const std::int8_t> inputs,
                const Reached& reached, std::vector<std::uint8_t>& units, std::vector<std::int8_t>& signs) {
  for (std::size_t j = 0; j < layer.units; ++j)
    for (std::size_t i = 0; i < block.sending; ++i) {
      if (!block.connected(j, i) || reached[block.source][i] == 0) continue;
      signs[block.first_weight + j * block.sending + i] = block.source == 0 ? inputs[i] : std::int8_t{1};
      units[j] = 1;
    }
}

std::string name_of(std::size_t layer, std::size_t layers) {
  return layer + 1 == layers ? "output layer" : "hidden layer " + std::to_string(layer + 1);
}

}  // namespace

bool is_monotone(const derivation::Activation& f) {
  switch (f.kind) {
    case ActivationKind::identity:
    case ActivationKind::sigmoid:
    case ActivationKind::tanh:
    case ActivationKind::scaled_tanh:
    case ActivationKind::relu:
    case ActivationKind::selu:
    case ActivationKind::softplus:
    case ActivationKind::exp:
    case ActivationKind::softsign:
    case ActivationKind::hard_tanh:
      return true;
    case ActivationKind::leaky_relu:
    case ActivationKind::elu:
      return f.parameter >= 0;
    case ActivationKind::gelu:
    case ActivationKind::swish:
    case ActivationKind::gaussian:
    case ActivationKind::sin:
    case ActivationKind::softmax:
    case ActivationKind::custom:
      break;
  }
  return false;
}

Result<std::vector<std::int8_t>> monotone_signs(const base::Graph& graph, const derivation::Resolved& resolved,
                                                std::span<const std::int8_t> inputs) {
  std::vector<std::int8_t> signs(graph.weight_count());
  Reached reached = {std::vector<std::uint8_t>(graph.inputs())};
  for (std::size_t i = 0; i < graph.inputs(); ++i) reached[0][i] = inputs[i] != 0 ? 1 : 0;
  for (std::size_t l = 0; l < graph.layers().size(); ++l) {
    const base::Layer& layer = graph.layers()[l];
    std::vector<std::uint8_t> units(layer.units);
    for (const base::Block& block : layer.blocks) sign_block(layer, block, inputs, reached, units, signs);
    const bool is_reached = std::find(units.begin(), units.end(), std::uint8_t{1}) != units.end();
    if (is_reached && !is_monotone(resolved.activations[l]))
      return Error{ErrorCode::spec,
                   name_of(l, graph.layers().size()),
                   "activation " + resolved.activations[l].name + ", which may fall as an input rises",
                   kMonotone,
                   {}};
    if (is_reached && layer.is_normalised())
      return Error{ErrorCode::spec,
                   name_of(l, graph.layers().size()),
                   "a layer that is normalised: its units fall as the mean rises",
                   "layers without normalisation",
                   {}};
    reached.push_back(std::move(units));
  }
  return signs;
}

}  // namespace deltarule::network
