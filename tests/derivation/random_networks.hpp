// Small random networks over every wiring that a spec can say: skip connections, layers without bias, masks.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "base/graph.hpp"
#include "derivation/resolved.hpp"

namespace deltarule::derivation::testing {

inline const std::vector<std::string> kUnitActivations = {
    "identity", "sigmoid", "tanh",      "scaled_tanh",     "relu",     "leaky_relu",
    "elu",      "selu",    "gelu",      "swish",           "softplus", "softsign",
    "gaussian", "sin",     "hard_tanh", "leaky_relu(0.2)", "elu(0.7)", "exp"};
/// For layers that feed on other units: an exponential of an exponential leaves the numbers that tolerances are for.
inline const std::vector<std::string> kDeepActivations(kUnitActivations.begin(), kUnitActivations.end() - 1);
inline const std::vector<std::string> kFreeLosses = {"half_squared_error", "mean_squared_error", "huber",
                                                     "huber(0.4)",         "absolute_error",     "pinball",
                                                     "pinball(0.9)",       "output_sum"};

/// An output activation with a loss that it may have.
struct Pair {
  std::string activation, loss;
};

inline std::vector<Pair> valid_pairs() {
  std::vector<Pair> pairs;
  for (int more = 0; more < 4; ++more) {  // these have one output activation each, so they come more often
    pairs.push_back({"sigmoid", "binary_cross_entropy"});
    pairs.push_back({"softmax", "softmax_cross_entropy"});
    pairs.push_back({"exp", "poisson_deviance"});
    pairs.push_back({"exp", "gamma_deviance"});
  }
  for (const std::string& loss : kFreeLosses) {
    for (const std::string& activation : kUnitActivations) pairs.push_back({activation, loss});
    pairs.push_back({"softmax", loss});
  }
  return pairs;
}

/// The dice of one test, seeded by the test.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}
  double uniform(double low, double high) {
    return low + (high - low) * static_cast<double>(engine_() >> 11U) * 0x1p-53;
  }
  bool chance(double probability) { return uniform(0, 1) < probability; }
  std::size_t between(std::size_t low, std::size_t high) {
    return low + static_cast<std::size_t>(engine_() % (high - low + 1));
  }
  template <class T>
  const T& one_of(const std::vector<T>& all) {
    return all[between(0, all.size() - 1)];
  }

 private:
  std::mt19937_64 engine_;
};

/// A network with everything needed to run it.
struct Trial {
  base::Graph graph;
  Resolved resolved;
  std::vector<double> w, x, t;
  std::vector<std::vector<double>> factors;  // of the activations of hidden layers; none unless a test draws some
  bool skips = false, lacks_bias = false, masked = false;
};

namespace detail {

inline Connection random_connection(Dice& dice, std::size_t source, std::size_t entries, Trial& trial) {
  Connection connection(source);
  if (!dice.chance(0.3)) return connection;
  for (std::size_t i = 0; i < entries; ++i) connection.mask.push_back(dice.chance(0.65) ? 1 : 0);
  trial.masked = true;
  return connection;
}

/// The layer before, and each earlier source with some probability: every layer is used.
inline void connect(Dice& dice, NetworkSpec& spec, std::size_t layer, Trial& trial) {
  LayerSpec& receiving = spec.layers[layer];
  for (std::size_t source = 0; source <= layer; ++source) {
    if (source < layer && !dice.chance(0.35)) continue;
    const std::size_t sending = source == 0 ? spec.inputs : spec.layers[source - 1].units;
    receiving.from.push_back(random_connection(dice, source, receiving.units * sending, trial));
    trial.skips = trial.skips || source < layer;
  }
  receiving.bias = dice.chance(0.75);
  trial.lacks_bias = trial.lacks_bias || !receiving.bias;
}

/// One that the loss is defined for; counts are 0 now and then.
inline double target(Dice& dice, const Loss& loss) {
  if (loss.kind == base::LossKind::gamma_deviance) return dice.uniform(0.1, 3);
  if (loss.kind == base::LossKind::poisson_deviance) return std::floor(dice.uniform(0, 4));
  return dice.uniform(-0.2, 1.2);
}

/// Gains and running statistics of a normalised layer; gains of both signs.
template <class T>
void draw_rows(Dice& dice, const base::Layer& layer, std::vector<T>& w) {
  using enum base::ParameterKind;
  for (const base::UnitRow& row : layer.rows)
    for (std::size_t j = 0; row.kind != biases && j < layer.units; ++j)
      w[row.first + j] = static_cast<T>(row.kind == gains ? dice.uniform(0.3, 1.5) * (dice.chance(0.2) ? -1 : 1)
                                        : row.kind == running_means ? dice.uniform(-0.5, 0.5)
                                                                    : dice.uniform(0.2, 2));
}

/// Weights of a size that keeps net inputs near 1, so that no sum loses digits that the tolerance counts on.
inline void draw_numbers(Dice& dice, Trial& trial) {
  trial.w.assign(trial.graph.weight_count(), 0.0);
  for (const base::Layer& layer : trial.graph.layers()) {
    std::size_t senders = 1;
    for (const base::Block& block : layer.blocks) senders += block.sending;
    const double size = 1.6 / std::sqrt(static_cast<double>(senders));
    for (const base::Block& block : layer.blocks)
      for (std::size_t k = 0; k < layer.units * block.sending; ++k)
        if (block.mask.empty() || block.mask[k] != 0) trial.w[block.first_weight + k] = dice.uniform(-size, size);
    for (std::size_t j = 0; layer.bias && j < layer.units; ++j) trial.w[layer.first_bias + j] = dice.uniform(-1, 1);
    draw_rows(dice, layer, trial.w);
  }
  for (std::size_t i = 0; i < trial.graph.inputs(); ++i) trial.x.push_back(dice.uniform(-2, 2));
  for (std::size_t k = 0; k < trial.graph.outputs(); ++k) trial.t.push_back(target(dice, trial.resolved.loss));
}

}  // namespace detail

/// Factors of the activations of some hidden layers; a third of the units are left out.
inline void draw_factors(Dice& dice, Trial& trial) {
  const auto& layers = trial.graph.layers();
  trial.factors.assign(layers.size(), {});
  for (std::size_t l = 0; l + 1 < layers.size(); ++l) {
    if (dice.chance(0.2)) continue;
    for (std::size_t j = 0; j < layers[l].units; ++j)
      trial.factors[l].push_back(dice.chance(0.33) ? 0.0 : dice.uniform(-2, 2));
  }
}

/// A random network of `hidden` hidden layers, the first with activation `first`, and the given output.
/// Each layer is normalised in one of the ways given, if any.
inline Result<Trial> random_trial(Dice& dice, const Pair& output, std::size_t hidden, const std::string& first,
                                  const std::vector<std::string>& normalisations = {}) {
  Trial trial;
  NetworkSpec spec;
  spec.inputs = dice.between(1, 4);
  for (std::size_t l = 0; l < hidden; ++l)
    spec.layers.push_back({dice.between(1, 4), l == 0 ? first : dice.one_of(kDeepActivations)});
  spec.layers.push_back({dice.between(output.activation == "softmax" ? 2 : 1, 3), output.activation});
  spec.loss = output.loss;
  for (std::size_t l = 0; l < spec.layers.size(); ++l) {
    detail::connect(dice, spec, l, trial);
    if (!normalisations.empty()) spec.layers[l].normalise = dice.one_of(normalisations);
  }
  auto graph = base::Graph::create(spec);
  if (!graph) return graph.error();
  trial.graph = *std::move(graph);
  auto resolved = resolve(trial.graph);
  if (!resolved) return resolved.error();
  trial.resolved = *std::move(resolved);
  detail::draw_numbers(dice, trial);
  return trial;
}

}  // namespace deltarule::derivation::testing
