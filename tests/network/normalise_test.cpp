// Normalised layers in predictions: the same bits alone and in any batch, numbers that are all alike, addresses, first
// values, what is refused, and folding. Learning is in tests/training/normalisation_test.cpp.
#include "network/normalise.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "network/address.hpp"
#include "network/fold.hpp"
#include "network/init.hpp"
#include "network/predict_one.hpp"
#include "training/support.hpp"

namespace deltarule::network {
namespace {

using base::ParameterKind;
using derivation::testing::Dice;

template <class T>
class Normalise : public ::testing::Test {};
using NumberTypes = ::testing::Types<float, double>;
TYPED_TEST_SUITE(Normalise, NumberTypes);

const std::vector<std::vector<std::string>> kWays = {{"layer"}, {"batch"}, {"layer", "batch", ""}};

template <class T>
std::vector<T> outputs_of(const Network<T>& network, const training::testing::ArraySource<T>& source,
                          std::span<const std::uint32_t> patterns, bool learning) {
  Workspace<T> workspace(network, patterns.size(), learning);
  workspace.load(source, patterns, 0);
  forward(network, workspace, {0, patterns.size()});
  std::vector<T> outputs(patterns.size() * network.outputs());
  for (std::size_t r = 0; r < patterns.size(); ++r) workspace.take_outputs(r, outputs.data() + r * network.outputs());
  return outputs;
}

TYPED_TEST(Normalise, PredictsTheSameBitsAloneAndInAnyBatch) {
  using T = TypeParam;
  Dice dice(81);
  std::size_t compared = 0;
  const auto pairs = derivation::testing::valid_pairs();
  for (std::size_t n = 0; n < 150; ++n) {
    const auto network = training::testing::random_network<T>(
        dice, training::testing::normalised(dice, training::testing::random_spec(dice, pairs[n % pairs.size()], 70),
                                            kWays[n % kWays.size()]));
    const std::size_t rows = dice.between(2, 9), outputs = network.outputs();
    const auto source = training::testing::random_patterns<T>(dice, rows, network.inputs(), outputs);
    const auto patterns = training::testing::all_patterns(rows);
    const std::vector<T> together = outputs_of(network, source, patterns, false);
    EXPECT_TRUE(training::testing::same_bits<T>(together, outputs_of(network, source, patterns, true)));
    base::AlignedBuffer<T> scratch(predict_scratch(network));
    for (std::uint32_t p = 0; p < rows; ++p) {
      const std::span<const T> expected = std::span<const T>(together).subspan(p * outputs, outputs);
      EXPECT_TRUE(training::testing::same_bits<T>(expected, outputs_of(network, source, std::span(&p, 1), p % 2 == 0)));
      std::vector<T> one(outputs);
      predict_one(network, source.input(p).data(), one.data(), scratch.span());
      EXPECT_TRUE(training::testing::same_bits<T>(expected, one)) << "network " << n;
      ++compared;
    }
  }
  EXPECT_GE(compared, 500u);
}

/// One layer over an identity input: its net inputs are weights times 1.
template <class T>
Network<T> single_layer(const std::string& normalise, std::size_t units, T weight) {
  auto network = *Network<T>::create(
      {.inputs = 1, .layers = {{.units = units, .activation = "identity", .normalise = normalise}}});
  draw_weights(network, Seed{1}, {});
  std::vector<T> w = network.weights();
  std::fill_n(w.begin(), units, weight);
  for (std::size_t u = 0; u < units; ++u) w[network.graph().layers()[0].first_bias + u] = static_cast<T>(u) + T{1};
  EXPECT_TRUE(network.set_weights(w));
  return network;
}

TYPED_TEST(Normalise, UnitsThatAreAllAlikeAndAUnitByItselfGiveTheBias) {
  using T = TypeParam;
  for (const std::size_t units : {1u, 2u, 7u, 33u, 100u})
    for (const T weight : {T{0}, T{0.125}, T{3e7}}) {
      const auto network = single_layer<T>("layer", units, weight);
      std::vector<T> y(units);
      const T x = T{1.75};
      base::AlignedBuffer<T> scratch(predict_scratch(network));
      predict_one(network, &x, y.data(), scratch.span());
      for (std::size_t u = 0; u < units; ++u) EXPECT_EQ(y[u], static_cast<T>(u) + T{1}) << units << " units";
    }
}

TYPED_TEST(Normalise, PatternsThatAreAllAlikeGiveTheBiasAndHaveVarianceZero) {
  using T = TypeParam;
  const auto network = single_layer<T>("batch", 40, T{0.375});
  Workspace<T> workspace(network, 5, true);
  const T x = T{1.25}, t[40] = {};
  for (std::size_t r = 0; r < 5; ++r) {
    workspace.put_inputs(r, &x);
    workspace.put_targets(r, t);
  }
  workspace.begin_batch(true, nullptr);
  forward(network, workspace, {0, 5});
  deltas(network, workspace, {0, 5});
  for (std::size_t r = 0; r < 5; ++r)
    for (std::size_t u = 0; u < 40; ++u) {
      EXPECT_EQ(workspace.outputs()(r, u), static_cast<T>(u) + T{1});
      EXPECT_EQ(workspace.deltas(0)(r, u), T{0});
      EXPECT_NE(workspace.deltas_seen(0)(r, u), T{0});
    }
  for (std::size_t u = 0; u < 40; ++u) {
    EXPECT_EQ(workspace.normalised(0).variances[u], T{0});
    EXPECT_EQ(workspace.normalised(0).means[u], static_cast<T>(T{0.375} * T{1.25}));
  }
}

TYPED_TEST(Normalise, AVarianceThatOverflowsIsNotHidden) {
  using T = TypeParam;
  const T root = std::sqrt(std::numeric_limits<T>::max());
  auto network =
      *Network<T>::create({.inputs = 2, .layers = {{.units = 3, .activation = "tanh", .normalise = "layer"}}});
  draw_weights(network, Seed{1}, {});
  const std::vector<T> x = {root * T{100}, T{1}};
  std::vector<T> y(3);
  base::AlignedBuffer<T> scratch(predict_scratch(network));
  predict_one(network, x.data(), y.data(), scratch.span());
  for (const T one : y) EXPECT_TRUE(std::isnan(one));
}

// ---- parameters ----

NetworkSpec spec_of_both() {
  NetworkSpec spec{.inputs = 2, .layers = {{3, "tanh"}, {4, "relu"}, {2, "identity"}}};
  spec.layers[0].normalise = "layer";
  spec.layers[1].normalise = "batch";
  spec.layers[1].bias = false;
  return spec;
}

TEST(NormalisedNetwork, HasGainsAfterItsBiasesThenRunningStatistics) {
  auto network = *Network<double>::create(spec_of_both());
  const auto& layers = network.graph().layers();
  // 6 weights, 3 biases, 3 gains; 12 weights, 4 gains, 4 means, 4 variances; 8 weights, 2 biases.
  EXPECT_EQ(layers[0].first_bias, 6u);
  EXPECT_EQ(layers[0].row(ParameterKind::gains)->first, 9u);
  EXPECT_EQ(layers[0].row(ParameterKind::running_means), nullptr);
  EXPECT_EQ(layers[1].row(ParameterKind::biases), nullptr);
  EXPECT_EQ(layers[1].row(ParameterKind::gains)->first, 24u);
  EXPECT_EQ(layers[1].row(ParameterKind::running_means)->first, 28u);
  EXPECT_EQ(layers[1].row(ParameterKind::running_variances)->first, 32u);
  EXPECT_EQ(network.graph().weight_count(), 46u);
  EXPECT_EQ(network.graph().connection_count(), 38u) << "what is learnt: running statistics are not";
  std::vector<double> w(46);
  for (std::size_t i = 0; i < w.size(); ++i) w[i] = static_cast<double>(i) + 1;
  ASSERT_TRUE(network.set_weights(w));
  EXPECT_EQ(network.weights(), w);
  for (std::size_t i = 0; i < w.size(); ++i) EXPECT_EQ(network.parameter(network.place_of(i)), w[i]);
}

TEST(NormalisedNetwork, BeginsWithGainsAndVariancesOfOneUnderEveryInit) {
  std::size_t ones = 0;
  for (const std::string init : {"auto", "he_normal", "uniform(0.5)", "constant(0.25)"}) {
    auto network = *Network<float>::create(spec_of_both());
    draw_weights(network, Seed{3}, *find_init(init));
    const std::vector<float> w = network.weights();
    for (const base::Layer& layer : network.graph().layers())
      for (const base::UnitRow& row : layer.rows)
        for (std::size_t j = 0; row.kind != ParameterKind::biases && j < layer.units; ++j, ++ones)
          EXPECT_EQ(w[row.first + j], row.kind == ParameterKind::running_means ? 0.0F : 1.0F) << init;
  }
  EXPECT_EQ(ones, 4u * 15u);
}

TEST(NormalisedNetwork, HasAddressesForGainsAndRunningStatistics) {
  const auto network = *Network<float>::create(spec_of_both());
  const base::Graph& graph = network.graph();
  EXPECT_EQ(weight_address(graph, 10), "gain:h1.2");
  EXPECT_EQ(weight_address(graph, 28), "running_mean:h2.1");
  EXPECT_EQ(weight_address(graph, 35), "running_variance:h2.4");
  for (std::size_t i = 0; i < graph.weight_count(); ++i) {
    const auto found = find_weight(graph, weight_address(graph, i));
    ASSERT_TRUE(found) << found.error().message();
    EXPECT_EQ(*found, i);
  }
  EXPECT_EQ(find_weight(graph, "gain:y1").error().message(),
            "weight \"gain:y1\": a gain; needed a layer with gains: layer 3 has none");
  EXPECT_EQ(find_weight(graph, "running_mean:h1.1").error().message(),
            "weight \"running_mean:h1.1\": a running mean; needed a layer with running means: layer 1 has none");
  EXPECT_EQ(find_weight(graph, "1:h2.1").error().message(),
            "weight \"1:h2.1\": a bias; needed a layer with biases: layer 2 has none");
}

TEST(NormalisedNetwork, RefusesUnknownWaysAndNegativeVariances) {
  NetworkSpec spec = spec_of_both();
  spec.layers[2].normalise = "group";
  const auto unknown = Network<float>::create(spec);
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, ErrorCode::spec);
  EXPECT_EQ(unknown.error().message(),
            "layer 3: the normalisation \"group\"; needed \"layer\", \"batch\", or none at all. Correct the "
            "layer in the description of the network");
  auto network = *Network<float>::create(spec_of_both());
  std::vector<float> w(network.graph().weight_count(), 1.0F);
  w[33] = -0.5F;
  const auto negative = network.set_weights(w);
  ASSERT_FALSE(negative);
  EXPECT_EQ(negative.error().code, ErrorCode::data);
  EXPECT_EQ(negative.error().message(), "weight running_variance:h2.2: a running variance below 0; needed 0 or more");
  w[33] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_FALSE(network.set_weights(w));
}

// ---- folding ----

TYPED_TEST(Normalise, FoldedBatchNormalisationPredictsTheSame) {
  using T = TypeParam;
  Dice dice(82);
  std::size_t compared = 0;
  for (int n = 0; n < 60; ++n) {
    const auto network = training::testing::random_network<T>(
        dice,
        training::testing::normalised(dice, training::testing::random_spec(dice, {"tanh", "half_squared_error"}, 40),
                                      {"batch", "batch", ""}));
    const auto folded = fold_normalisation(network);
    ASSERT_TRUE(folded) << folded.error().message();
    EXPECT_FALSE(folded->is_normalised());
    for (std::size_t i = 0; i < folded->graph().weight_count(); ++i) {
      if (folded->is_masked(i)) {
        EXPECT_EQ(folded->weights()[i], T{0});
      }
    }
    const auto source = training::testing::random_patterns<T>(dice, 4, network.inputs(), network.outputs());
    const auto patterns = training::testing::all_patterns(4);
    const auto expected = outputs_of(network, source, patterns, false),
               got = outputs_of(*folded, source, patterns, false);
    for (std::size_t i = 0; i < got.size(); ++i, ++compared)
      EXPECT_NEAR(got[i], expected[i], 400 * std::numeric_limits<T>::epsilon());
  }
  EXPECT_GE(compared, 300u);
}

TEST(NormalisedNetwork, OverUnitsCannotBeFolded) {
  const auto network = *Network<float>::create(spec_of_both());
  const auto folded = fold_normalisation(network);
  ASSERT_FALSE(folded);
  EXPECT_EQ(folded.error().code, ErrorCode::spec);
  EXPECT_EQ(folded.error().message(),
            "layer 1: normalisation over the units of the layer, which differs from pattern to pattern; needed "
            "normalisation by batch, whose running statistics are constants. Keep the network as it is");
}

}  // namespace
}  // namespace deltarule::network
