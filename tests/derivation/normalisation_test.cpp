// Normalised layers: every partial derivative of the reference passes is the complex step of E and the central
// difference, over units and over the patterns of weighted batches, mixed in one network.
//
// Tolerances as in partial_derivatives_test.cpp, times what 1/√(σ² + ε) ≤ 317 may do to a rounding: 1e-10 for complex
// steps, 1e-6 for central differences. Their third derivatives grow with the square of that, so that h is smaller here.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "derivation/reference_batch.hpp"
#include "random_networks.hpp"

namespace deltarule::derivation {
namespace {

using testing::Dice;
using testing::Trial;

constexpr double kComplexStep = 1e-100;
constexpr double kStep = 3e-7;
constexpr double kSteep = 100;  // slopes beyond it have third derivatives that a difference is not for

/// A network with a batch of patterns.
struct BatchTrial {
  Trial network;
  ReferencePatterns<double> patterns;
  bool smooth = true;  // no corner that a difference could cross
};

/// Every number that E follows from: a parameter, an input, or I, y or a of a unit in one pattern.
template <class T>
struct Changed {
  std::vector<T> w;
  ReferencePatterns<T> patterns;
  BatchNudge<T> nudge;
};

template <class T>
std::vector<T> as(const std::vector<double>& from) {
  return {from.begin(), from.end()};
}

template <class T>
Changed<T> unchanged(const BatchTrial& trial) {
  Changed<T> numbers{as<T>(trial.network.w), {}, {}};
  for (const auto& x : trial.patterns.x) numbers.patterns.x.push_back(as<T>(x));
  for (const auto& t : trial.patterns.t) numbers.patterns.t.push_back(as<T>(t));
  numbers.patterns.k = as<T>(trial.patterns.k);
  return numbers;
}

struct Counted {
  std::size_t complex = 0, central = 0;
  double worst_complex = 0, worst_central = 0;

  void add(double got, double expected, double tolerance, bool is_complex, const std::string& what) {
    const double miss = std::fabs(got - expected) / (tolerance * std::max(1.0, std::fabs(expected)));
    EXPECT_LE(miss, 1.0) << what << " is " << got << ", " << (is_complex ? "complex step " : "difference ") << expected;
    ++(is_complex ? complex : central);
    double& worst = is_complex ? worst_complex : worst_central;
    worst = std::max(worst, std::isnan(miss) ? 1e300 : miss);
  }
};

/// ∂E of the batch by one number, in both ways. `change` adds to it.
template <class Change>
void check(const BatchTrial& trial, double got, const Change& change, const std::string& what, Counted& counted) {
  const auto E = [&](auto amount) {
    using T = decltype(amount);
    Changed<T> numbers = unchanged<T>(trial);
    change(numbers, amount);
    return reference_batch_forward<T>(trial.network.graph, trial.network.resolved, numbers.w, numbers.patterns,
                                      numbers.nudge)
        .E;
  };
  counted.add(got, E(Complex(0, kComplexStep)).imag() / kComplexStep, 1e-10, true, what);
  if (!trial.smooth || std::fabs(got) > kSteep) return;
  counted.add(got, (E(kStep) - E(-kStep)) / (2 * kStep), 1e-6, false, what);
}

void check_parameters(const BatchTrial& trial, const ReferenceBatch<double>& batch, Counted& counted) {
  using enum base::ParameterKind;
  for (const base::Layer& layer : trial.network.graph.layers()) {
    const auto one = [&](std::size_t index, const char* what) {
      check(trial, batch.slopes[index], [index](auto& at, auto amount) { at.w[index] += amount; }, what, counted);
    };
    for (const base::Block& block : layer.blocks)
      for (std::size_t k = 0; k < layer.units * block.sending; ++k)
        if (block.mask.empty() || block.mask[k] != 0) one(block.first_weight + k, "dE/dw");
    for (const base::UnitRow& row : layer.rows)
      for (std::size_t j = 0; j < layer.units; ++j) one(row.first + j, row.kind == gains ? "dE/dgamma" : "dE/dbeta");
  }
}

void check_units(const BatchTrial& trial, const ReferenceBatch<double>& batch, Counted& counted) {
  const std::size_t layers = trial.network.graph.layers().size();
  for (std::size_t p = 0; p < batch.patterns.size(); ++p)
    for (std::size_t l = 0; l < layers; ++l) {
      const ReferenceLayer<double>& layer = batch.patterns[p].layers[l];
      for (std::size_t j = 0; j < layer.I.size(); ++j) {
        const auto nudged = [p, l, j]<class T>(Changed<T>& at, T amount, typename Nudge<T>::What what) {
          at.nudge = {p, {what, l, j, amount}};
        };
        check(
            trial, equation_5_dE_dI(layer.delta[j]),
            [&]<class T>(Changed<T>& at, T amount) { nudged(at, amount, Nudge<T>::What::net_input); }, "dE/dI",
            counted);
        check(
            trial, equation_5_dE_dI(layer.delta_y[j]),
            [&]<class T>(Changed<T>& at, T amount) { nudged(at, amount, Nudge<T>::What::seen); }, "dE/dy", counted);
        if (l + 1 == layers) continue;  // losses from net inputs do not look at a
        check(
            trial, layer.dE_da[j],
            [&]<class T>(Changed<T>& at, T amount) { nudged(at, amount, Nudge<T>::What::activation); }, "dE/da",
            counted);
      }
    }
}

void check_inputs(const BatchTrial& trial, const ReferenceBatch<double>& batch, Counted& counted) {
  for (std::size_t p = 0; p < batch.patterns.size(); ++p)
    for (std::size_t i = 0; i < trial.patterns.x[p].size(); ++i)
      check(
          trial, batch.patterns[p].dE_dx[i], [p, i](auto& at, auto amount) { at.patterns.x[p][i] += amount; }, "dE/dx",
          counted);
}

/// Zero weights of patterns, too, as long as two count.
Result<BatchTrial> random_batch(Dice& dice, const testing::Pair& output, const std::vector<std::string>& ways,
                                std::size_t patterns, bool weighted) {
  static const std::vector<std::string> kSmooth = {"identity", "sigmoid", "tanh", "gelu", "swish", "softplus", "sin"};
  const bool smooth = dice.chance(0.6);
  const std::string first = dice.one_of(smooth ? kSmooth : testing::kDeepActivations);
  auto network = testing::random_trial(dice, output, dice.between(0, 2), first, ways);
  if (!network) return network.error();
  BatchTrial trial{*std::move(network), {}};
  for (const Activation& f : trial.network.resolved.activations)
    trial.smooth = trial.smooth && (f.kind == base::ActivationKind::softmax ||
                                    std::find(kSmooth.begin(), kSmooth.end(), f.name) != kSmooth.end());
  const base::LossKind loss = trial.network.resolved.loss.kind;
  trial.smooth = trial.smooth && loss != base::LossKind::absolute_error && loss != base::LossKind::pinball &&
                 loss != base::LossKind::huber;
  for (std::size_t p = 0; p < patterns; ++p) {
    trial.patterns.x.emplace_back();
    trial.patterns.t.emplace_back();
    for (std::size_t i = 0; i < trial.network.x.size(); ++i) trial.patterns.x[p].push_back(dice.uniform(-2, 2));
    for (std::size_t j = 0; j < trial.network.t.size(); ++j)
      trial.patterns.t[p].push_back(testing::detail::target(dice, trial.network.resolved.loss));
    if (weighted) trial.patterns.k.push_back(p > 1 && dice.chance(0.3) ? 0.0 : dice.uniform(0.2, 3));
  }
  return trial;
}

Counted check_batches(std::uint64_t seed, const std::vector<std::string>& ways, std::size_t least_patterns) {
  Dice dice(seed);
  Counted counted;
  std::size_t networks = 0;
  for (const testing::Pair& pair : testing::valid_pairs()) {
    const auto trial = random_batch(dice, pair, ways, dice.between(least_patterns, 4), dice.chance(0.5));
    EXPECT_TRUE(trial.ok());
    const auto batch =
        reference_batch<double>(trial->network.graph, trial->network.resolved, trial->network.w, trial->patterns);
    check_parameters(*trial, batch, counted);
    check_units(*trial, batch, counted);
    check_inputs(*trial, batch, counted);
    ++networks;
    if (::testing::Test::HasFailure()) {
      ADD_FAILURE() << "network " << networks << ", " << pair.activation << " with " << pair.loss;
      break;
    }
  }
  std::printf("%zu networks, %zu complex steps, %zu differences; worst %.3g and %.3g of the tolerance\n", networks,
              counted.complex, counted.central, counted.worst_complex, counted.worst_central);
  return counted;
}

TEST(Normalisation, OverTheUnitsOfALayerHasTheDerivativesOfTheDerivation) {
  const Counted counted = check_batches(31, {"layer"}, 1);
  EXPECT_GE(counted.complex, 5000U);
  EXPECT_GE(counted.central, 500U);
}

TEST(Normalisation, OverTheWeightedPatternsOfABatchHasTheDerivativesOfTheDerivation) {
  const Counted counted = check_batches(32, {"batch"}, 2);
  EXPECT_GE(counted.complex, 5000U);
  EXPECT_GE(counted.central, 500U);
}

TEST(Normalisation, MixedInOneNetworkHasTheDerivativesOfTheDerivation) {
  const Counted counted = check_batches(33, {"", "layer", "batch"}, 2);
  EXPECT_GE(counted.complex, 5000U);
  EXPECT_GE(counted.central, 500U);
}

/// Where patterns do not meet, a batch is its patterns one by one.
TEST(Normalisation, OverUnitsIsThatOfEachPatternByItself) {
  Dice dice(34);
  std::size_t compared = 0;
  for (int round = 0; round < 60; ++round) {
    const auto trial = random_batch(dice, {"sigmoid", "half_squared_error"}, {"", "layer"}, 3, false);
    ASSERT_TRUE(trial.ok());
    const Trial& net = trial->network;
    const auto batch = reference_batch<double>(net.graph, net.resolved, net.w, trial->patterns);
    for (std::size_t p = 0; p < 3; ++p) {
      const auto pass =
          reference_pass<double>(net.graph, net.resolved, net.w, trial->patterns.x[p], trial->patterns.t[p]);
      EXPECT_EQ(pass.outputs(), batch.patterns[p].outputs());
      EXPECT_EQ(pass.slopes, batch.patterns[p].slopes);
      compared += pass.slopes.size();
    }
  }
  EXPECT_GE(compared, 1000U);
}

/// By running statistics a layer is an affine one, whose slopes follow from constants.
TEST(Normalisation, ByRunningStatisticsHasTheDerivativesOfTheDerivation) {
  Dice dice(35);
  std::size_t compared = 0;
  for (int round = 0; round < 120; ++round) {
    const auto trial =
        testing::random_trial(dice, {"tanh", "half_squared_error"}, dice.between(1, 2), "gelu", {"batch", "layer"});
    ASSERT_TRUE(trial.ok());
    const auto pass = reference_pass<double>(trial->graph, trial->resolved, trial->w, trial->x, trial->t);
    const auto x = as<Complex>(trial->x), t = as<Complex>(trial->t);
    for (const base::Layer& layer : trial->graph.layers()) {
      const auto* means = layer.row(base::ParameterKind::running_means);
      for (std::size_t i = layer.blocks.front().first_weight;
           i < (means != nullptr ? means->first : layer.rows.back().first + layer.units); ++i) {
        auto w = as<Complex>(trial->w);
        w[i] += Complex(0, kComplexStep);
        const Complex E = reference_error<Complex>(trial->graph, trial->resolved, w, x, t);
        EXPECT_NEAR(pass.slopes[i], E.imag() / kComplexStep, 1e-11 * std::max(1.0, std::fabs(pass.slopes[i])));
        ++compared;
      }
      for (std::size_t j = 0; means != nullptr && j < 2 * layer.units; ++j)
        EXPECT_EQ(pass.slopes[means->first + j], 0.0) << "running statistics have no slopes";
    }
  }
  EXPECT_GE(compared, 2000U);
}

TEST(Normalisation, OfNumbersThatAreAllAlikeIsZeroAndHasNoSlope) {
  const std::vector<double> alike(5, 3.25), g = {1, -2, 0.5, 3, 0};
  const auto s = statistics<double>(alike);
  for (const double I : alike) EXPECT_EQ(normal(I, s), 0.0);
  const auto one = statistics<double>(std::vector<double>{7.5});
  EXPECT_EQ(normal(7.5, one), 0.0);
  EXPECT_EQ(normalised_deltas<double>(std::vector<double>{2.5}, std::vector<double>{0.0}, one).front(), 0.0);
}

TEST(Normalisation, GivesMeanZeroAndVarianceOneUpToEpsilon) {
  const std::vector<double> I = {1, 2, 4, 9}, k = {1, 0.5, 2, 3};
  for (const auto& weights : {std::vector<double>{}, k}) {
    const auto s = statistics<double>(I, weights);
    std::vector<double> normals, squares;
    for (const double one : I) {
      normals.push_back(normal(one, s));
      squares.push_back(normals.back() * normals.back());
    }
    EXPECT_NEAR(weighted_mean<double>(normals, weights), 0.0, 1e-15);
    EXPECT_NEAR(weighted_mean<double>(squares, weights), s.variance / (s.variance + kNormalisationEpsilon), 1e-14);
  }
}

}  // namespace
}  // namespace deltarule::derivation
