#include "network/fold.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "derivation/normalisation.hpp"

namespace deltarule::network {
namespace {

using base::Normalisation;

Result<NetworkSpec> folded_spec(const base::Graph& graph) {
  NetworkSpec spec = graph.spec();
  for (std::size_t l = 0; l < spec.layers.size(); ++l) {
    LayerSpec& layer = spec.layers[l];
    if (graph.layers()[l].normalisation == Normalisation::layer)
      return Error{ErrorCode::spec, "layer " + std::to_string(l + 1),
                   "normalisation over the units of the layer, which differs from pattern to pattern",
                   "normalisation by batch, whose running statistics are constants", "Keep the network as it is"};
    if (graph.layers()[l].normalisation != Normalisation::batch) continue;
    if (!layer.bias) layer.train_bias = true;
    layer.bias = true;
    layer.normalise.clear();
  }
  return spec;
}

/// A number of a unit, 0 when the layer has none of the kind.
template <class T>
double number_of(const base::Layer& layer, ParameterKind kind, std::size_t unit, const std::vector<T>& w) {
  const base::UnitRow* row = layer.row(kind);
  return row == nullptr ? 0.0 : static_cast<double>(w[row->first + unit]);
}

/// What the weights of a unit are multiplied by.
template <class T>
double factor_of(const base::Layer& layer, std::size_t unit, const std::vector<T>& w) {
  if (!layer.is_normalised()) return 1.0;
  const double variance = number_of(layer, ParameterKind::running_variances, unit, w);
  return number_of(layer, ParameterKind::gains, unit, w) / std::sqrt(variance + derivation::kNormalisationEpsilon);
}

template <class T>
void fold_layer(const base::Layer& from, const base::Layer& to, const std::vector<T>& w, std::vector<T>& folded) {
  for (std::size_t u = 0; u < from.units; ++u) {
    const double factor = factor_of(from, u, w);
    for (std::size_t b = 0; b < from.blocks.size(); ++b)
      for (std::size_t i = 0; i < from.blocks[b].sending; ++i) {
        const std::size_t within = u * from.blocks[b].sending + i;
        folded[to.blocks[b].first_weight + within] =
            static_cast<T>(factor * static_cast<double>(w[from.blocks[b].first_weight + within]));
      }
    if (to.bias)
      folded[to.first_bias + u] = static_cast<T>(number_of(from, ParameterKind::biases, u, w) -
                                                 factor * number_of(from, ParameterKind::running_means, u, w));
  }
}

}  // namespace

template <class T>
Result<Network<T>> fold_normalisation(const Network<T>& network) {
  auto spec = folded_spec(network.graph());
  if (!spec) return spec.error();
  auto made = Network<T>::create(std::move(*spec));
  if (!made) return made;
  const std::vector<T> w = network.weights();
  std::vector<T> folded(made->graph().weight_count());
  for (std::size_t l = 0; l < made->graph().layers().size(); ++l)
    fold_layer(network.graph().layers()[l], made->graph().layers()[l], w, folded);
  if (auto set = made->set_weights(folded); !set) return set.error();
  return made;
}

template Result<Network<float>> fold_normalisation<float>(const Network<float>&);
template Result<Network<double>> fold_normalisation<double>(const Network<double>&);

}  // namespace deltarule::network
