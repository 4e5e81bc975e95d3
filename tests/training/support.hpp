// What the tests of training share: patterns in arrays, and random networks that are wider than one vector, so that
// padding, masks, skip connections and missing or frozen biases all meet.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "base/pattern_source.hpp"
#include "derivation/random_networks.hpp"
#include "network/init.hpp"
#include "network/network.hpp"
#include "training/trainer.hpp"

namespace deltarule::training::testing {

using derivation::testing::Dice;
using derivation::testing::Pair;

/// Patterns row by row: x [n × inputs], t [n × targets].
template <class T>
class ArraySource final : public base::PatternSource<T> {
 public:
  ArraySource(std::vector<T> all_x, std::size_t inputs, std::vector<T> all_t, std::size_t targets)
      : x(std::move(all_x)), t(std::move(all_t)), inputs_(inputs), targets_(targets) {}
  [[nodiscard]] std::size_t size() const override { return x.size() / inputs_; }
  [[nodiscard]] std::size_t inputs() const override { return inputs_; }
  [[nodiscard]] std::size_t targets() const override { return targets_; }
  void gather(std::span<const std::uint32_t> patterns, base::MatrixView<T> to_x,
              base::MatrixView<T> to_t) const override {
    for (std::size_t r = 0; r < patterns.size(); ++r) {
      std::copy_n(x.data() + patterns[r] * inputs_, inputs_, to_x.row(r));
      std::copy_n(t.data() + patterns[r] * targets_, targets_, to_t.row(r));
    }
  }
  [[nodiscard]] std::span<const T> input(std::size_t p) const { return std::span(x).subspan(p * inputs_, inputs_); }
  [[nodiscard]] std::span<const T> target(std::size_t p) const { return std::span(t).subspan(p * targets_, targets_); }

  std::vector<T> x, t;

 private:
  std::size_t inputs_, targets_;
};

/// The same patterns with weights, or with none; where they do not lie in memory, they must be gathered.
template <class T>
class WeightedSource final : public base::PatternSource<T> {
 public:
  WeightedSource(const ArraySource<T>& patterns, std::vector<T> weights, bool resident = true)
      : patterns_(patterns), weights_(std::move(weights)), resident_(resident) {}
  [[nodiscard]] std::size_t size() const override { return patterns_.size(); }
  [[nodiscard]] std::size_t inputs() const override { return patterns_.inputs(); }
  [[nodiscard]] std::size_t targets() const override { return patterns_.targets(); }
  void gather(std::span<const std::uint32_t> patterns, base::MatrixView<T> x, base::MatrixView<T> t) const override {
    patterns_.gather(patterns, x, t);
  }
  [[nodiscard]] base::MatrixView<const T> resident_inputs() const override { return view(patterns_.x, inputs()); }
  [[nodiscard]] base::MatrixView<const T> resident_targets() const override { return view(patterns_.t, targets()); }
  [[nodiscard]] std::span<const T> weights() const override { return weights_; }

 private:
  [[nodiscard]] base::MatrixView<const T> view(const std::vector<T>& all, std::size_t columns) const {
    if (!resident_) return {};
    return {all.data(), size(), columns, columns};
  }
  const ArraySource<T>& patterns_;
  std::vector<T> weights_;
  bool resident_;
};

/// With targets that every loss is defined for, unless they may be less.
template <class T>
ArraySource<T> random_patterns(Dice& dice, std::size_t count, std::size_t inputs, std::size_t targets,
                               double least_target = 0.05) {
  std::vector<T> x(count * inputs), t(count * targets);
  for (T& one : x) one = static_cast<T>(dice.uniform(-2, 2));
  for (T& one : t) one = static_cast<T>(dice.uniform(least_target, 1.2));
  return {std::move(x), inputs, std::move(t), targets};
}

inline std::vector<std::uint32_t> all_patterns(std::size_t count) {
  std::vector<std::uint32_t> numbers(count);
  std::iota(numbers.begin(), numbers.end(), std::uint32_t{0});
  return numbers;
}

/// Any wiring: 0 to 2 hidden layers of up to `widest` units.
inline NetworkSpec random_spec(Dice& dice, const Pair& output, std::size_t widest) {
  NetworkSpec spec;
  spec.inputs = dice.between(1, widest);
  for (std::size_t l = dice.between(0, 2); l > 0; --l)
    spec.layers.push_back(
        {dice.between(1, widest), dice.one_of(spec.layers.empty() ? derivation::testing::kUnitActivations
                                                                  : derivation::testing::kDeepActivations)});
  spec.layers.push_back({dice.between(output.activation == "softmax" ? 2 : 1, widest), output.activation});
  spec.loss = output.loss;
  for (std::size_t l = 0; l < spec.layers.size(); ++l) {
    LayerSpec& layer = spec.layers[l];
    layer.bias = dice.chance(0.8);
    layer.train_bias = dice.chance(0.8);
    for (std::size_t source = 0; source <= l; ++source) {
      if (source < l && !dice.chance(0.4)) continue;
      layer.from.emplace_back(source);
      if (!dice.chance(0.3)) continue;
      const std::size_t sending = source == 0 ? spec.inputs : spec.layers[source - 1].units;
      for (std::size_t i = 0; i < layer.units * sending; ++i)
        layer.from.back().mask.push_back(dice.chance(0.65) ? 1 : 0);
    }
  }
  return spec;
}

/// Each layer normalised in one of these ways, "" being none.
inline NetworkSpec normalised(Dice& dice, NetworkSpec spec, const std::vector<std::string>& ways) {
  for (LayerSpec& layer : spec.layers) layer.normalise = dice.one_of(ways);
  return spec;
}

/// Weights that keep net inputs near 1. Frozen biases get values, too.
template <class T>
network::Network<T> random_network(Dice& dice, NetworkSpec spec) {
  auto made = network::Network<T>::create(std::move(spec));
  EXPECT_TRUE(made) << made.error().message();
  std::vector<T> weights(made->graph().weight_count());
  for (const base::Layer& layer : made->graph().layers()) {
    std::size_t senders = 1;
    for (const base::Block& block : layer.blocks) senders += block.sending;
    const double size = 1.6 / std::sqrt(static_cast<double>(senders));
    for (const base::Block& block : layer.blocks)
      for (std::size_t k = 0; k < layer.units * block.sending; ++k)
        weights[block.first_weight + k] = static_cast<T>(dice.uniform(-size, size));
    for (std::size_t u = 0; layer.bias && u < layer.units; ++u)
      weights[layer.first_bias + u] = static_cast<T>(dice.uniform(-1, 1));
    derivation::testing::detail::draw_rows(dice, layer, weights);
  }
  EXPECT_TRUE(made->set_weights(weights));
  return std::move(*made);
}

/// A plain network for tests of training: tanh hidden layers, identity outputs.
template <class T>
network::Network<T> plain_network(std::size_t inputs, const std::vector<std::size_t>& units, std::uint64_t seed = 1) {
  NetworkSpec spec{.inputs = inputs};
  for (const std::size_t n : units) spec.layers.push_back({n, "tanh"});
  spec.layers.back().activation = "identity";
  auto made = network::Network<T>::create(spec);
  EXPECT_TRUE(made);
  network::draw_weights(*made, Seed{seed}, {});
  return std::move(*made);
}

template <class T>
Trainer<T> trainer_for(network::Network<T>& network, const TrainerOptions& options,
                       std::size_t work_per_thread = kWorkPerThread) {
  auto made = Trainer<T>::create(network, options, work_per_thread);
  EXPECT_TRUE(made) << made.error().message();
  return std::move(*made);
}

template <class T>
bool same_bits(std::span<const T> a, std::span<const T> b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size_bytes()) == 0;
}
template <class T>
bool same_weights(const network::Network<T>& a, const network::Network<T>& b) {
  return same_bits<T>(a.weights(), b.weights());  // with what is pending
}

}  // namespace deltarule::training::testing
