// Which signs make outputs follow an input: on every path upwards, and on no other weight.
#include "network/monotone.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "derivation/activation_functions.hpp"
#include "derivation/random_networks.hpp"
#include "derivation/reference.hpp"
#include "derivation/registry.hpp"

namespace deltarule::network {
namespace {

using derivation::testing::Dice;
using Signs = std::vector<std::int8_t>;

Result<Signs> signs_of(const NetworkSpec& spec, const Signs& inputs) {
  const auto graph = base::Graph::create(spec);
  EXPECT_TRUE(graph) << graph.error().message();
  return monotone_signs(*graph, *derivation::resolve(*graph), inputs);
}

TEST(MonotoneSigns, AreThoseOfTheInputAndThenPositive) {
  // Two inputs, two hidden units, one output: [unit][sender], biases.
  const NetworkSpec spec{.inputs = 2, .layers = {{2, "tanh"}, {1, "identity"}}};
  EXPECT_EQ(*signs_of(spec, {0, 0}), (Signs{0, 0, 0, 0, 0, 0, 0, 0, 0}));
  EXPECT_EQ(*signs_of(spec, {1, 0}), (Signs{1, 0, 1, 0, 0, 0, 1, 1, 0}));
  EXPECT_EQ(*signs_of(spec, {0, -1}), (Signs{0, -1, 0, -1, 0, 0, 1, 1, 0}));
  EXPECT_EQ(*signs_of(spec, {1, -1}), (Signs{1, -1, 1, -1, 0, 0, 1, 1, 0}));
}

TEST(MonotoneSigns, FollowSkipConnectionsAndStopAtMasks) {
  // The first input feeds hidden unit 1 and the output, the second hidden unit 2: only unit 1 carries the first.
  NetworkSpec spec{.inputs = 2, .layers = {{2, "tanh"}, {1, "identity"}}};
  spec.layers[0].from = {{0, {1, 0, 0, 1}}};
  spec.layers[1].from = {0, 1};
  EXPECT_EQ(*signs_of(spec, {-1, 0}), (Signs{-1, 0, 0, 0, 0, 0, -1, 0, 1, 0, 0}));
  EXPECT_EQ(*signs_of(spec, {0, 1}), (Signs{0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 0}));
}

/// Weights of the signs that were asked for, in random wirings: no output falls when such an input rises.
TEST(MonotoneSigns, MakeTheDerivationsPassMonotone) {
  Dice dice(81);
  std::vector<std::string> rising;
  for (const std::string& name : derivation::testing::kDeepActivations)
    if (is_monotone(*derivation::find_activation(name))) rising.push_back(name);
  ASSERT_GE(rising.size(), 10u);
  std::size_t compared = 0, moved = 0;
  for (std::size_t n = 0; n < 400; ++n) {
    auto trial = derivation::testing::random_trial(dice, {dice.one_of(rising), "half_squared_error"}, n % 4,
                                                   dice.one_of(rising));
    ASSERT_TRUE(trial);
    NetworkSpec spec = trial->graph.spec();
    for (LayerSpec& layer : spec.layers) layer.activation = dice.one_of(rising);
    const auto graph = *base::Graph::create(spec);
    const auto resolved = *derivation::resolve(graph);
    Signs inputs(graph.inputs());
    for (auto& sign : inputs) sign = static_cast<std::int8_t>(static_cast<int>(dice.between(0, 2)) - 1);
    const Signs signs = *monotone_signs(graph, resolved, inputs);
    for (std::size_t i = 0; i < signs.size(); ++i)
      if (signs[i] != 0) trial->w[i] = signs[i] * std::fabs(trial->w[i]);
    const auto before = derivation::reference_forward<double>(graph, resolved, trial->w, trial->x);
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      std::vector<double> x = trial->x;
      x[i] += dice.uniform(0.1, 2);
      const auto after = derivation::reference_forward<double>(graph, resolved, trial->w, x);
      for (std::size_t k = 0; inputs[i] != 0 && k < after.outputs().size(); ++k, ++compared) {
        const double rise = inputs[i] * (after.outputs()[k] - before.outputs()[k]);
        EXPECT_GE(rise, -1e-13) << "network " << n;
        moved += rise > 1e-6 ? 1 : 0;
      }
    }
  }
  EXPECT_GE(compared, 1000u);
  EXPECT_GE(moved, compared / 3);
}

TEST(IsMonotone, SaysThoseWhoseDerivativeIsNeverNegative) {
  std::size_t monotone = 0, others = 0;
  auto names = derivation::activation_names();
  names.insert(names.end(), {"leaky_relu(0.2)", "leaky_relu(0)", "leaky_relu(-0.2)", "elu(0.5)", "elu(-0.5)"});
  for (const std::string& name : names) {
    const derivation::Activation f = *derivation::find_activation(name);
    if (f.kind == base::ActivationKind::softmax || f.kind == base::ActivationKind::custom) {
      EXPECT_FALSE(is_monotone(f)) << name;
      continue;
    }
    bool falls = false;
    for (int k = -2000; k <= 2000; ++k) falls = falls || derivation::derivative<double>(f, k / 100.0) < 0;
    EXPECT_EQ(is_monotone(f), !falls) << name;
    (falls ? others : monotone) += 1;
  }
  EXPECT_GE(monotone, 14u);
  EXPECT_GE(others, 6u);
}

TEST(MonotoneSigns, RefuseWhatMayFallWhereTheInputPasses) {
  const std::string needed =
      "; needed one that never falls: identity, sigmoid, tanh, scaled_tanh, relu, leaky_relu, elu, selu, softplus, "
      "exp, "
      "softsign or hard_tanh";
  for (const std::string name : {"gelu", "swish", "gaussian", "sin", "leaky_relu(-0.2)"}) {
    NetworkSpec spec{.inputs = 2, .layers = {{2, "tanh"}, {3, name}, {1, "identity"}}};
    const auto refused = signs_of(spec, {1, 0});
    ASSERT_FALSE(refused) << name;
    EXPECT_EQ(refused.error().code, ErrorCode::spec);
    EXPECT_EQ(refused.error().message(),
              "hidden layer 2: activation " + name + ", which may fall as an input rises" + needed);
    EXPECT_TRUE(signs_of(spec, {0, 0})) << "nothing passes";
  }
  const auto softmax = signs_of({.inputs = 1, .layers = {{2, "softmax"}}}, {1});
  ASSERT_FALSE(softmax);
  EXPECT_EQ(softmax.error().message(), "output layer: activation softmax, which may fall as an input rises" + needed);
  for (const std::string by : {"layer", "batch"}) {
    NetworkSpec normalised{.inputs = 2, .layers = {{2, "tanh"}, {1, "identity"}}};
    normalised.layers[0].normalise = by;
    const auto refused = signs_of(normalised, {0, 1});
    ASSERT_FALSE(refused) << by;
    EXPECT_EQ(refused.error().message(),
              "hidden layer 1: a layer that is normalised: its units fall as the mean rises; needed layers without "
              "normalisation");
    EXPECT_TRUE(signs_of(normalised, {0, 0})) << by;
  }
  // A layer beside the path may do as it likes.
  NetworkSpec beside{.inputs = 2, .layers = {{2, "sin"}, {1, "identity"}}};
  beside.layers[0].from = {{0, {0, 1, 0, 1}}};
  beside.layers[1].from = {0, 1};
  EXPECT_TRUE(signs_of(beside, {1, 0}));
  EXPECT_FALSE(signs_of(beside, {0, 1}));
}

}  // namespace
}  // namespace deltarule::network
