// Factors of activations, pattern by pattern: a factor that is the same for all patterns is one of the weights that
// leave the unit, and powers of two round nothing, so that both have the same bits. Any factors: the derivation's pass.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "network/network.hpp"
#include "network/passes.hpp"
#include "network/workspace.hpp"
#include "training/error_bounds.hpp"
#include "training/support.hpp"

namespace deltarule::network {
namespace {

using derivation::testing::Dice;

constexpr std::size_t kInputs = 5, kHidden = 37, kOutputs = 3, kRows = 9;

template <class T>
Network<T> network_with(const std::string& activation, const std::vector<T>& weights) {
  const NetworkSpec spec{.inputs = kInputs, .layers = {{kHidden, activation}, {kOutputs, "sigmoid"}}};
  auto network = Network<T>::create(spec);
  EXPECT_TRUE(network) << network.error().message();
  if (!weights.empty()) {
    EXPECT_TRUE(network->set_weights(weights));
  }
  return std::move(*network);
}

template <class T>
std::vector<T> random_numbers(Dice& dice, std::size_t n) {
  std::vector<T> numbers(n);
  for (T& one : numbers) one = static_cast<T>(dice.uniform(-1, 1));
  return numbers;
}

/// Both passes over the same patterns.
template <class T>
void pass(const Network<T>& network, Workspace<T>& workspace, const std::vector<T>& x, const std::vector<T>& t) {
  for (std::size_t r = 0; r < kRows; ++r) {
    workspace.put_inputs(r, x.data() + r * kInputs);
    workspace.put_targets(r, t.data() + r * kOutputs);
  }
  forward(network, workspace, {0, kRows});
  deltas(network, workspace, {0, kRows});
}

template <class T>
class Masks : public ::testing::Test {};
using NumberTypes = ::testing::Types<float, double>;
TYPED_TEST_SUITE(Masks, NumberTypes);

TYPED_TEST(Masks, OfPowersOfTwoAreWeightsThatLeaveTheUnit) {
  using T = TypeParam;
  Dice dice(71);
  std::size_t compared = 0;
  for (const std::string& activation : derivation::testing::kUnitActivations) {
    const std::size_t size = network_with<T>(activation, {}).graph().weight_count();
    const std::vector<T> weights = random_numbers<T>(dice, size), x = random_numbers<T>(dice, kRows * kInputs),
                         t = random_numbers<T>(dice, kRows * kOutputs);
    std::vector<T> factors(kHidden), scaled = weights;
    for (T& factor : factors) factor = static_cast<T>(dice.one_of(std::vector<double>{0, 0.5, 1, 2}));
    // Canonical order: [unit][sender] and biases of the hidden layer, then [output][hidden] and biases.
    T* const upper = scaled.data() + kHidden * (kInputs + 1);
    for (std::size_t k = 0; k < kOutputs; ++k)
      for (std::size_t j = 0; j < kHidden; ++j) upper[k * kHidden + j] *= factors[j];

    const auto plain = network_with(activation, scaled), masked = network_with(activation, weights);
    Workspace<T> expected(plain, kRows, true), got(masked, kRows, true);
    ASSERT_TRUE(got.mask_layer(0));
    for (std::size_t r = 0; r < kRows; ++r)
      for (std::size_t j = 0; j < kHidden; ++j) got.mask(0)(r, j) = factors[j];
    pass(plain, expected, x, t);
    pass(masked, got, x, t);
    for (std::size_t r = 0; r < kRows; ++r) {
      EXPECT_EQ(got.loss(r), expected.loss(r)) << activation;
      for (std::size_t k = 0; k < kOutputs; ++k) EXPECT_EQ(got.outputs()(r, k), expected.outputs()(r, k)) << activation;
      for (std::size_t j = 0; j < kHidden; ++j, ++compared) {
        EXPECT_EQ(got.deltas(0)(r, j), expected.deltas(0)(r, j)) << activation;
        EXPECT_EQ(got.activations(0)(r, j), factors[j] * expected.activations(0)(r, j)) << activation;
      }
    }
  }
  EXPECT_GE(compared, 10 * kRows * kHidden);
}

TYPED_TEST(Masks, OfOneChangeNoBit) {
  using T = TypeParam;
  Dice dice(72);
  for (const std::string& activation : derivation::testing::kUnitActivations) {
    const std::size_t size = network_with<T>(activation, {}).graph().weight_count();
    const auto network = network_with(activation, random_numbers<T>(dice, size));
    const std::vector<T> x = random_numbers<T>(dice, kRows * kInputs), t = random_numbers<T>(dice, kRows * kOutputs);
    Workspace<T> expected(network, kRows, true), got(network, kRows, true);
    ASSERT_TRUE(got.mask_layer(0));
    pass(network, expected, x, t);
    pass(network, got, x, t);
    for (std::size_t r = 0; r < kRows; ++r)
      for (std::size_t j = 0; j < kHidden; ++j) {
        ASSERT_EQ(got.activations(0)(r, j), expected.activations(0)(r, j)) << activation;
        ASSERT_EQ(got.deltas(0)(r, j), expected.deltas(0)(r, j)) << activation;
      }
  }
}

/// Some hidden layers of a workspace with random factors in all rows; [row][layer][unit].
template <class T>
std::vector<derivation::Factors<double>> random_masks(Dice& dice, Workspace<T>& workspace, const Network<T>& network) {
  const auto& layers = network.graph().layers();
  std::vector<derivation::Factors<double>> all(workspace.capacity(), derivation::Factors<double>(layers.size()));
  for (std::size_t l = 0; l + 1 < layers.size(); ++l) {
    if (dice.chance(0.2)) continue;
    EXPECT_TRUE(workspace.mask_layer(l));
    for (std::size_t r = 0; r < workspace.capacity(); ++r)
      for (std::size_t j = 0; j < layers[l].units; ++j) {
        const T factor = dice.chance(0.33) ? T{0} : static_cast<T>(dice.uniform(-2, 2));
        workspace.mask(l)(r, j) = factor;
        all[r][l].push_back(double{factor});
      }
  }
  return all;
}

struct Compared {
  std::size_t numbers = 0, networks = 0;
  double worst = 0;
  void near(double got, double expected, double bound) {
    const double fraction = std::fabs(got - expected) / (2 * bound + std::numeric_limits<double>::min());
    EXPECT_LE(fraction, 1.0) << got << " instead of " << expected << ", bound " << bound;
    worst = std::max(worst, fraction);
    ++numbers;
  }
};

template <class T>
void compare_with_derivation(Dice& dice, const Network<T>& network, std::size_t rows, Compared& compared) {
  const auto source = training::testing::random_patterns<T>(dice, rows, network.inputs(), network.outputs());
  Workspace<T> workspace(network, rows, true);
  const auto masks = random_masks(dice, workspace, network);
  const std::vector<std::uint32_t> patterns = training::testing::all_patterns(rows);
  workspace.load(source, patterns, 0);
  forward(network, workspace, {0, rows});
  deltas(network, workspace, {0, rows});
  const std::vector<T> weights = network.weights();
  const std::vector<double> w(weights.begin(), weights.end());
  const training::testing::ErrorBounds bounds(network.graph(), network.resolved(), w,
                                              double{std::numeric_limits<T>::epsilon()}, 2);
  for (std::size_t r = 0; r < rows; ++r) {
    const std::vector<double> x(source.input(r).begin(), source.input(r).end()),
        t(source.target(r).begin(), source.target(r).end());
    const auto pass = derivation::reference_pass<double>(network.graph(), network.resolved(), w, x, t, masks[r]);
    const auto bound = bounds.of(pass, t);
    if (training::testing::near_a_kink(network.resolved(), pass, bound, t)) continue;
    ++compared.networks;
    compared.near(workspace.loss(r), pass.E, bound.E);
    for (std::size_t l = 0; l < pass.layers.size(); ++l)
      for (std::size_t j = 0; j < pass.layers[l].a.size(); ++j) {
        compared.near(double{workspace.activations(l)(r, j)}, pass.layers[l].a[j], bound.a[l][j]);
        compared.near(double{workspace.deltas(l)(r, j)}, pass.layers[l].delta[j], bound.delta[l][j]);
      }
  }
}

TYPED_TEST(Masks, GiveTheDerivationsPassWithTheseFactors) {
  using T = TypeParam;
  Dice dice(73);
  Compared compared;
  const auto pairs = derivation::testing::valid_pairs();
  for (std::size_t n = 0; n < 600 && !this->HasFailure(); ++n) {
    const NetworkSpec spec = training::testing::random_spec(dice, pairs[n % pairs.size()], n % 5 == 0 ? 37 : 6);
    const auto network = training::testing::random_network<T>(dice, spec);
    compare_with_derivation(dice, network, n % 3 + 1, compared);  // one row has sums of its own
  }
  std::printf("%zu passes, %zu numbers, worst %.3f of the bound\n", compared.networks, compared.numbers,
              compared.worst);
  EXPECT_GE(compared.networks, 1000u);
  EXPECT_GE(compared.numbers, 20000u);
}

/// tanh is bounded, its products are not: is_small() has to look at them.
TYPED_TEST(Masks, OfSizeAreLookedAt) {
  using T = TypeParam;
  Dice dice(74);
  const std::size_t size = network_with<T>("tanh", {}).graph().weight_count();
  const auto network = network_with("tanh", random_numbers<T>(dice, size));
  const std::vector<T> x(kRows * kInputs, T{1}), t(kRows * kOutputs);
  Workspace<T> workspace(network, kRows, true);
  ASSERT_TRUE(workspace.mask_layer(0));
  pass(network, workspace, x, t);
  const T bound = T{1000};
  EXPECT_TRUE(is_small(network, workspace, {0, kRows}, bound, T{0}));
  workspace.mask(0)(3, 5) = T{1e6};
  pass(network, workspace, x, t);
  ASSERT_GT(std::fabs(workspace.activations(0)(3, 5)), bound);
  EXPECT_FALSE(is_small(network, workspace, {0, kRows}, bound, T{0}));
}

TEST(MaskLayer, RefusesOutputsAndLayersThatDoNotExist) {
  for (const std::string output : {"softmax", "sigmoid"}) {
    const auto network = *Network<float>::create({.inputs = 2, .layers = {{3, "tanh"}, {2, output}}});
    Workspace<float> workspace(network, 2, true);
    EXPECT_TRUE(workspace.mask_layer(0));
    const auto outputs = workspace.mask_layer(1), none = workspace.mask_layer(2);
    ASSERT_FALSE(outputs);
    EXPECT_EQ(outputs.error().code, ErrorCode::spec);
    EXPECT_EQ(outputs.error().message(),
              "layer 2: factors of the activations of the outputs; needed one of the hidden layers 1 to 1");
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().message(), "layer 3: no such layer; needed one of the hidden layers 1 to 1");
    EXPECT_FALSE(workspace.is_masked(1));
  }
  const auto linear = *Network<float>::create({.inputs = 2, .layers = {{1, "identity"}}});
  Workspace<float> workspace(linear, 2, true);
  EXPECT_EQ(workspace.mask_layer(0).error().message(),
            "layer 1: factors of the activations of the outputs; needed a hidden layer, and this network has none");
}

}  // namespace
}  // namespace deltarule::network
