// The trainings whose bits every instruction set of a class must agree on: each way that the kernels have through a
// network, with sizes that leave vectors unfilled. Wiring and settings only; bits.cpp runs them.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "deltarule/spec.hpp"
#include "deltarule/training.hpp"
#include "derivation/entries.hpp"
#include "training/updates/registry.hpp"

namespace deltarule::portable {

struct Case {
  std::string name;
  NetworkSpec spec;
  TrainerOptions options = {};
  std::size_t batch_size = 1;
  std::size_t patterns = 40;
  std::size_t epochs = 3;
  double zeros = 0.0;  // share of the inputs that are 0
  std::string init = "auto";
};

/// Two units in three are connected, never the same ones in two rows that follow each other.
inline std::vector<std::uint8_t> mask(std::size_t receiving, std::size_t sending) {
  std::vector<std::uint8_t> connected;
  for (std::size_t k = 0; k < receiving * sending; ++k) connected.push_back((k + k / sending) % 3 == 0 ? 0 : 1);
  return connected;
}

/// Everything that a wiring may have: skip connections, masks, a layer without biases, one whose biases are frozen.
inline NetworkSpec tangled() {
  return {.inputs = 21,
          .layers = {{37, "tanh", {{0, mask(37, 21)}}},
                     {19, "softsign", {0, 1}, false},
                     {18, "swish", {{1, mask(18, 37)}, 2}, true, false},
                     {5, "identity", {0, 2, {3, mask(5, 18)}}}}};
}

/// The same on a scale for rules that solve for all weights at once: the scalar twin is slow at that.
inline NetworkSpec small_tangled() {
  return {.inputs = 3,
          .layers = {
              {5, "tanh", {{0, mask(5, 3)}}}, {4, "swish", {{1, mask(4, 5)}}, true, false}, {2, "identity", {0, 2}}}};
}

/// The optimizer's settings are made brisk: with those of the registry a dozen steps barely move a weight.
inline Optimizer brisk(Optimizer optimizer) {
  const double rate = optimizer.index() == 0 ? 0.02 : 0.002;
  (void)training::set_setting(optimizer, "learning_rate", rate);
  return optimizer;
}

inline void add_single_patterns(std::vector<Case>& cases) {
  const TrainerOptions delta{.optimizer = DeltaRule{0.05}}, momentum{.optimizer = Momentum{0.004, 0.8}};
  cases.push_back({"tiny-chain", {.inputs = 2, .layers = {{3, "sigmoid"}, {1, "sigmoid"}}}, delta, 1, 60, 10});
  cases.push_back(
      {"tiny-chain-of-one-vector", {.inputs = 4, .layers = {{4, "tanh"}, {3, "elu"}, {2, "sigmoid"}}}, delta});
  cases.push_back({"narrow-chain", {.inputs = 9, .layers = {{30, "tanh"}, {7, "selu"}, {3, "identity"}}}, delta});
  cases.push_back(
      {"narrow-chain-with-zeros", {.inputs = 77, .layers = {{16, "relu"}, {10, "sigmoid"}}}, delta, 1, 40, 3, 0.8});
  cases.push_back({"wide-layers", {.inputs = 50, .layers = {{131, "tanh"}, {67, "gaussian"}, {9, "identity"}}}, delta});
  cases.push_back({"look-ahead", {.inputs = 701, .layers = {{401, "tanh"}, {3, "identity"}}}, delta, 1, 7, 2});
  cases.push_back(
      {"look-ahead-with-zeros", {.inputs = 701, .layers = {{401, "sigmoid"}, {3, "sigmoid"}}}, delta, 1, 7, 2, 0.9});
  cases.push_back({"masks-and-skips", tangled(), delta});
  cases.push_back({"masks-and-skips-momentum", tangled(), momentum});
  cases.push_back({"momentum", {.inputs = 13, .layers = {{33, "sigmoid"}, {4, "identity"}}}, momentum});
  cases.push_back(
      {"softmax", {.inputs = 12, .layers = {{17, "tanh"}, {11, "softmax"}}, .loss = "softmax_cross_entropy"}, delta});
}

inline void add_batches(std::vector<Case>& cases) {
  for (const training::UpdateEntry& rule : training::update_rules()) {
    const std::string name(rule.name);
    const TrainerOptions plain{.optimizer = brisk(rule.defaults)};
    const TrainerOptions penalised{.optimizer = plain.optimizer, .reduction = Reduction::sum, .l2 = 1e-3, .l1 = 1e-4};
    const std::size_t seven = rule.full_batch ? 0 : 7, thirteen = rule.full_batch ? 0 : 13;  // 0: all patterns
    const bool small = std::holds_alternative<LevenbergMarquardt>(rule.defaults);
    const NetworkSpec straight{.inputs = 11, .layers = {{37, "tanh"}, {19, "relu"}, {3, "identity"}}};
    const NetworkSpec small_straight{.inputs = 5, .layers = {{7, "tanh"}, {3, "identity"}}};
    cases.push_back({"batches-" + name, small ? small_straight : straight, plain, seven});
    cases.push_back({"batches-tangled-" + name, small ? small_tangled() : tangled(), penalised, thirteen});
  }
  const TrainerOptions momentum{.optimizer = Momentum{0.003, 0.9}};
  cases.push_back(
      {"chunks-of-a-full-batch", {.inputs = 10, .layers = {{29, "sigmoid"}, {2, "identity"}}}, momentum, 0, 601});
}

/// Every activation in two layers that follow each other; some of them are without bounds, so the weights are small.
inline void add_activations(std::vector<Case>& cases) {
  const TrainerOptions gentle{.optimizer = Momentum{0.0005, 0.9}};
  for (const derivation::ActivationEntry& entry : derivation::activation_entries()) {
    const std::string name(entry.name);
    if (entry.kind == base::ActivationKind::softmax) continue;  // with its loss
    const NetworkSpec spec{.inputs = 6, .layers = {{21, name}, {13, name}, {2, "identity"}}};
    cases.push_back({"batch-5-" + name, spec, gentle, 5, 33, 3, 0.0, "uniform(0.2)"});
    cases.push_back({"single-" + name, spec, gentle, 1, 33, 3, 0.0, "uniform(0.2)"});
  }
}

inline std::string output_for(base::LossKind loss) {
  using enum base::LossKind;
  switch (loss) {
    case binary_cross_entropy:
      return "sigmoid";
    case softmax_cross_entropy:
      return "softmax";
    case poisson_deviance:
    case gamma_deviance:
      return "exp";
    default:
      return "identity";
  }
}

inline void add_losses(std::vector<Case>& cases) {
  const TrainerOptions momentum{.optimizer = Momentum{0.003, 0.9}};
  for (const derivation::LossEntry& entry : derivation::loss_entries()) {
    const std::string name(entry.name);
    const NetworkSpec spec{.inputs = 8, .layers = {{18, "tanh"}, {35, output_for(entry.kind)}}, .loss = name};
    cases.push_back({"batch-9-" + name, spec, momentum, 9});
  }
}

/// Plain loops that round each product, between kernels that may not.
inline void add_normalised(std::vector<Case>& cases) {
  const TrainerOptions adam{.optimizer = brisk(Adam{})};
  for (const std::string how : {"layer", "batch"}) {
    NetworkSpec straight{.inputs = 11, .layers = {{37, "tanh"}, {19, "relu"}, {3, "identity"}}}, knotted = tangled();
    for (LayerSpec& layer : straight.layers) layer.normalise = &layer == &straight.layers.back() ? "" : how;
    for (LayerSpec& layer : knotted.layers) layer.normalise = how;
    cases.push_back({"batch-7-normalised-by-" + how, straight, adam, 7});
    cases.push_back({"full-batch-normalised-by-" + how, knotted, adam, 0, 301});
    if (how == "layer") cases.push_back({"single-normalised-by-layer", straight, adam});
  }
}

inline std::vector<Case> all_cases() {
  std::vector<Case> cases;
  add_single_patterns(cases);
  add_batches(cases);
  add_activations(cases);
  add_losses(cases);
  add_normalised(cases);
  return cases;
}

}  // namespace deltarule::portable
