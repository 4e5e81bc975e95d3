// Everything that a trainer's options can add to a rule's step, one by one and all together, for tests that hold of all
// of them; dropout and noise are the passes' (noise_test.cpp, same_bits_test.cpp), signs cut steps off
// (signs_test.cpp). An option that is added to
// TrainerOptions does not compile here until it is looked at.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "deltarule/training.hpp"
#include "training/updates/registry.hpp"

namespace deltarule::training::testing {

struct Regime {
  std::string name;
  TrainerOptions options;  // with the rule
};

/// Factors of the first layers of `layers`; of rules without a rate only 0 and 1.
inline std::vector<LayerRate> some_rates(const Optimizer& rule, std::size_t layers) {
  std::vector<LayerRate> rates;
  for (std::size_t l = 1; l < layers; ++l) rates.push_back({l, has_rate(rule) ? (l % 2 == 0 ? 1.5 : 0.25) : 1.0});
  if (layers == 1) rates.push_back({1, has_rate(rule) ? 0.25 : 1.0});
  return rates;
}
/// The layers before the last, or every second of many.
inline std::vector<LayerRate> some_frozen(std::size_t layers) {
  std::vector<LayerRate> rates;
  for (std::size_t l = 1; l < layers; l += 2) rates.push_back({l, 0.0});
  return rates;
}

inline std::vector<Regime> every_regime(const Optimizer& rule, std::size_t layers) {
  // One name per option: where there are more, this list and the one below want another entry.
  // Dropout and noise are of the passes before the step, and have tests of their own.
  [[maybe_unused]] const auto& [optimizer, reduction, l2, l1, decay_biases, layer_rates, clip_value, clip_norm,
                                max_norm, label_smoothing, dropout, input_noise, seed, signs, threads] =
      TrainerOptions{};
  std::vector<Regime> all{
      {"plain", {}},
      {"l2", {.l2 = 0.03}},
      {"l1", {.l1 = 0.03}},
      {"decay of biases", {.l2 = 0.03, .l1 = 0.02, .decay_biases = true}},
      {"rules' own decay of biases", {.decay_biases = true}},
      {"layer rates", {.layer_rates = some_rates(rule, layers)}},
      {"frozen layers", {.layer_rates = some_frozen(layers)}},
      {"frozen layers with decay", {.l2 = 0.03, .l1 = 0.03, .decay_biases = true, .layer_rates = some_frozen(layers)}},
      {"clipping by value", {.clip_value = 0.05}},
      {"clipping by norm", {.clip_norm = 0.1}},
      {"max-norm", {.max_norm = 0.9}},
      {"everything",
       {.l2 = 0.03,
        .l1 = 0.02,
        .decay_biases = true,
        .layer_rates = some_rates(rule, layers),
        .clip_value = 0.05,
        .clip_norm = 0.1,
        .max_norm = 0.9}},
  };
  if (entry_of(rule).together) all.resize(3);  // the others are refused: options_test.cpp
  if (layers > 2 && all.size() > 3) all.back().options.layer_rates[1].factor = 0;
  for (Regime& regime : all) regime.options.optimizer = rule;
  return all;
}

}  // namespace deltarule::training::testing
