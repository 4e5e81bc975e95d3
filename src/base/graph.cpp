#include "base/graph.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>

namespace deltarule::base {
namespace {

// 4 TB of f32, beyond any machine this is meant for; where addresses are short, what they reach in f64 with rule state.
constexpr std::size_t kMostWeights =
    std::min<std::uint64_t>(std::uint64_t{1} << 40, std::numeric_limits<std::size_t>::max() / 32);

Error fault(std::size_t layer, std::string got, std::string needed,
            std::string fix = "Correct the layer in the description of the network") {
  return {ErrorCode::spec, "layer " + std::to_string(layer + 1), std::move(got), std::move(needed), std::move(fix)};
}

/// The sources that a layer names, or the layer before when it names none.
std::vector<Connection> sources_of(const LayerSpec& layer, std::size_t index) {
  return layer.from.empty() ? std::vector<Connection>{Connection(index)} : layer.from;
}

Result<void> check_sources(const std::vector<Connection>& from, std::size_t index) {
  for (std::size_t s = 0; s < from.size(); ++s) {
    if (from[s].source > index)
      return fault(index, "source " + std::to_string(from[s].source),
                   "sources come before the layer: 0 (the input) to " + std::to_string(index));
    if (s > 0 && from[s].source <= from[s - 1].source)
      return fault(index, "source " + std::to_string(from[s].source) + " after " + std::to_string(from[s - 1].source),
                   "each source once, in ascending order");
  }
  return {};
}

Result<void> check_mask(const Block& block, std::size_t units, std::size_t layer) {
  if (!block.mask.empty() && block.mask.size() != units * block.sending)
    return fault(
        layer, "a mask of " + std::to_string(block.mask.size()) + " entries for source " + std::to_string(block.source),
        std::to_string(units) + " x " + std::to_string(block.sending) + " entries");
  const bool binary = std::all_of(block.mask.begin(), block.mask.end(), [](std::uint8_t m) { return m <= 1; });
  if (!binary) return fault(layer, "a mask entry that is neither 0 nor 1", "0 or 1");
  return {};
}

std::size_t connections_of(const Block& block, std::size_t units) {
  if (block.mask.empty()) return units * block.sending;
  return static_cast<std::size_t>(std::count(block.mask.begin(), block.mask.end(), 1));
}

Result<Normalisation> normalisation_of(const LayerSpec& layer, std::size_t index) {
  if (layer.normalise.empty()) return Normalisation::none;
  if (layer.normalise == "layer") return Normalisation::layer;
  if (layer.normalise == "batch") return Normalisation::batch;
  return fault(index, "the normalisation \"" + layer.normalise.substr(0, 40) + "\"",
               "\"layer\", \"batch\", or none at all");
}

/// Rows of one number per unit, in canonical order.
std::vector<ParameterKind> rows_of(const Layer& layer) {
  std::vector<ParameterKind> kinds;
  if (layer.bias) kinds.push_back(ParameterKind::biases);
  if (layer.is_normalised()) kinds.push_back(ParameterKind::gains);
  if (layer.normalisation == Normalisation::batch) {
    kinds.push_back(ParameterKind::running_means);
    kinds.push_back(ParameterKind::running_variances);
  }
  return kinds;
}

Result<void> check_feeding(const std::vector<Layer>& layers) {
  for (std::size_t l = 0; l + 1 < layers.size(); ++l)
    if (layers[l].feeds.empty())
      return fault(l, "a hidden layer that feeds nothing", "every layer but the last feeds a later one",
                   "name it in a later layer's `from`, or remove it");
  return {};
}

}  // namespace

Result<Graph> Graph::create(NetworkSpec spec) {
  if (spec.inputs == 0) return Error{ErrorCode::spec, "network", "0 inputs", "at least one input", {}};
  if (spec.layers.empty()) return Error{ErrorCode::spec, "network", "no layers", "at least the output layer", {}};

  Graph graph;
  const auto add = [&graph](std::size_t factor, std::size_t by) {
    if (by != 0 && factor > (kMostWeights - graph.weight_count_) / by) return false;
    graph.weight_count_ += factor * by;
    return true;
  };
  for (std::size_t l = 0; l < spec.layers.size(); ++l) {
    const LayerSpec& given = spec.layers[l];
    if (given.units == 0) return fault(l, "0 units", "at least one unit");
    const std::vector<Connection> from = sources_of(given, l);
    if (auto checked = check_sources(from, l); !checked) return checked.error();

    const auto normalisation = normalisation_of(given, l);
    if (!normalisation) return normalisation.error();
    Layer layer{.units = given.units,
                .activation = given.activation,
                .bias = given.bias,
                .train_bias = given.bias && given.train_bias,
                .normalisation = *normalisation};
    for (const Connection& connection : from) {
      const std::size_t sending = connection.source == 0 ? spec.inputs : graph.layers_[connection.source - 1].units;
      Block block{connection.source, sending, graph.weight_count_, connection.mask};
      if (!add(given.units, sending)) return fault(l, "more than 2^40 weights", "a network that fits in memory");
      if (auto checked = check_mask(block, given.units, l); !checked) return checked.error();
      graph.connection_count_ += connections_of(block, given.units);
      if (connection.source > 0) graph.layers_[connection.source - 1].feeds.push_back(l);
      layer.blocks.push_back(std::move(block));
    }
    layer.first_bias = graph.weight_count_;
    for (const ParameterKind kind : rows_of(layer)) {
      layer.rows.push_back({kind, graph.weight_count_});
      if (!add(given.units, 1)) return fault(l, "more than 2^40 weights", "a network that fits in memory");
      if (kind == ParameterKind::biases || kind == ParameterKind::gains) graph.connection_count_ += given.units;
    }
    graph.layers_.push_back(std::move(layer));
  }
  if (auto checked = check_feeding(graph.layers_); !checked) return checked.error();
  graph.spec_ = std::move(spec);
  return graph;
}

}  // namespace deltarule::base
