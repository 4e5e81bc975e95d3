// Learning with normalised layers: the engine against the derivation's reference over batches, running statistics,
// weights of patterns, and what is refused. The same bits for any number of threads are in same_bits_test.cpp.
#include <limits>
#include <string>
#include <vector>

#include "batch_bounds.hpp"
#include "every_rule.hpp"
#include "network/passes.hpp"
#include "support.hpp"
#include "training/evaluate.hpp"
#include "training/loop.hpp"
#include "training/running_statistics.hpp"

namespace deltarule::training::testing {
namespace {

constexpr double kFirstOrder = 0.02;  // errors of Î up to which the bounds are bounds

struct Tally : Misses {
  std::size_t networks = 0, gains = 0, skipped = 0;
};

template <class T>
derivation::ReferencePatterns<double> reference_patterns(const ArraySource<T>& source, const std::vector<T>& weights) {
  derivation::ReferencePatterns<double> patterns;
  for (std::size_t p = 0; p < source.size(); ++p) {
    patterns.x.push_back(in_double<T>(source.input(p)));
    patterns.t.push_back(in_double<T>(source.target(p)));
  }
  patterns.k = in_double<T>(weights);
  return patterns;
}

std::vector<base::ParameterKind> kinds_of(const base::Graph& graph) {
  std::vector<base::ParameterKind> kinds(graph.weight_count(), base::ParameterKind::weights);
  for (const base::Layer& layer : graph.layers())
    for (const base::UnitRow& row : layer.rows)
      for (std::size_t j = 0; j < layer.units; ++j) kinds[row.first + j] = row.kind;
  return kinds;
}

/// E and every slope of a batch; weights empty: none.
template <class T>
void compare_network(network::Network<T> network, const ArraySource<T>& source, const std::vector<T>& weights,
                     Tally& tally) {
  const std::vector<double> w = in_double<T>(network.weights());
  const double u = double{std::numeric_limits<T>::epsilon()}, n = static_cast<double>(source.size());
  const auto patterns = reference_patterns(source, weights);
  const auto batch = derivation::reference_batch<double>(network.graph(), network.resolved(), w, patterns);
  const BatchBounds bounds(network.graph(), network.resolved(), w, u, patterns, batch);
  bool near = bounds.worst_normal() > kFirstOrder;
  for (std::size_t p = 0; p < source.size(); ++p)
    near = near || near_a_kink(network.resolved(), batch.patterns[p], bounds.patterns()[p], patterns.t[p]);
  if (near) return void(++tally.skipped);
  ++tally.networks;
  auto trainer = trainer_for<T>(network, {.reduction = Reduction::sum});
  const WeightedSource<T> weighted(source, weights);
  const auto slopes = trainer.slopes(weighted, all_patterns(source.size()));
  ASSERT_TRUE(slopes) << slopes.error().message();
  const auto kinds = kinds_of(network.graph());
  for (std::size_t i = 0; i < w.size(); ++i) {
    double bound = 0, sizes = 0;
    for (std::size_t p = 0; p < source.size(); ++p) {
      bound += bounds.patterns()[p].slopes[i];
      sizes += std::fabs(batch.patterns[p].slopes[i]);
    }
    if (network.is_masked(i) || kinds[i] == base::ParameterKind::running_means ||
        kinds[i] == base::ParameterKind::running_variances) {
      EXPECT_EQ((*slopes)[i], T{0});
      continue;
    }
    tally.gains += kinds[i] == base::ParameterKind::gains ? 1 : 0;
    tally.compare(double{(*slopes)[i]}, batch.slopes[i], bound + n * u * sizes,
                  kinds[i] == base::ParameterKind::gains    ? "slope of a gain"
                  : kinds[i] == base::ParameterKind::biases ? "slope of a bias"
                                                            : "slope of a weight");
  }
  const auto loss = trainer.step(weighted, all_patterns(source.size()));
  ASSERT_TRUE(loss) << loss.error().message();
  double bound = 0;
  for (const Bounds& one : bounds.patterns()) bound += one.E;
  tally.compare(*loss, batch.E, bound, "E");
}

template <class T>
Tally compare_random_networks(std::size_t networks, std::uint64_t seed, const std::vector<std::string>& ways) {
  Dice dice(seed);
  Tally tally;
  const std::vector<Pair> pairs = derivation::testing::valid_pairs();
  for (std::size_t n = 0; n < networks; ++n) {
    const NetworkSpec spec = normalised(dice, random_spec(dice, pairs[n % pairs.size()], n % 5 == 0 ? 37 : 7), ways);
    auto network = random_network<T>(dice, spec);
    const auto source = random_patterns<T>(dice, dice.between(2, 9), network.inputs(), network.outputs());
    std::vector<T> weights;
    for (std::size_t p = 0; n % 3 == 0 && p < source.size(); ++p)
      weights.push_back(static_cast<T>(p > 1 && dice.chance(0.2) ? 0.0 : dice.uniform(0.2, 3)));
    compare_network<T>(std::move(network), source, weights, tally);
    if (::testing::Test::HasFailure()) {
      ADD_FAILURE() << "network " << n << ", output " << pairs[n % pairs.size()].activation << " with "
                    << pairs[n % pairs.size()].loss;
      break;
    }
  }
  std::printf("%zu networks, %zu numbers, %zu gains, %zu skipped; worst %.3f of the bound\n", tally.networks,
              tally.numbers, tally.gains, tally.skipped, tally.worst);
  return tally;
}

template <class T>
class Normalised : public ::testing::Test {};
using NumberTypes = ::testing::Types<float, double>;
TYPED_TEST_SUITE(Normalised, NumberTypes);

TYPED_TEST(Normalised, LayersOverUnitsAreTheDerivations) {
  const Tally tally = compare_random_networks<TypeParam>(600, 41, {"layer", "layer", ""});
  EXPECT_GE(tally.networks, 400u);
  EXPECT_GE(tally.gains, 3000u);
}

TYPED_TEST(Normalised, LayersOverBatchesAreTheDerivations) {
  const Tally tally = compare_random_networks<TypeParam>(600, 42, {"batch", "batch", ""});
  EXPECT_GE(tally.networks, 400u);
  EXPECT_GE(tally.gains, 3000u);
}

TYPED_TEST(Normalised, LayersOfBothKindsInOneNetworkAreTheDerivations) {
  const Tally tally = compare_random_networks<TypeParam>(600, 43, {"layer", "batch", ""});
  EXPECT_GE(tally.networks, 400u);
  EXPECT_GE(tally.gains, 3000u);
}

// ---- running statistics ----

/// 5 inputs, a hidden layer wider than a panel, 2 outputs.
template <class T>
network::Network<T> network_with(const std::string& normalise, std::uint64_t seed = 1, std::size_t hidden = 37) {
  NetworkSpec spec{.inputs = 5, .layers = {{hidden, "tanh"}, {2, "identity"}}};
  spec.layers[0].normalise = normalise;
  Dice dice(seed);
  return random_network<T>(dice, spec);
}

template <class T>
std::vector<double> running(const network::Network<T>& network, base::ParameterKind kind, std::size_t layer = 0) {
  const std::vector<T> w = network.weights();
  const auto* row = network.graph().layers()[layer].row(kind);
  return {w.begin() + static_cast<std::ptrdiff_t>(row->first),
          w.begin() + static_cast<std::ptrdiff_t>(row->first + network.graph().layers()[layer].units)};
}

TYPED_TEST(Normalised, StepsMoveRunningStatisticsByATenthForEachChunk) {
  using T = TypeParam;
  using enum base::ParameterKind;
  Dice dice(51);
  const std::size_t count = network::kChunk + 44;  // two chunks
  auto network = network_with<T>("batch");
  const auto source = random_patterns<T>(dice, count, 5, 2);
  const std::vector<double> w = in_double<T>(network.weights());
  std::vector<double> means = running(network, running_means), variances = running(network, running_variances);
  auto trainer = trainer_for<T>(network, {});
  ASSERT_TRUE(trainer.step(source, all_patterns(count)));
  std::size_t compared = 0;
  for (std::size_t first = 0; first < count; first += network::kChunk)
    for (std::size_t j = 0; j < means.size(); ++j) {
      std::vector<double> I;
      for (std::size_t p = first; p < std::min(count, first + network::kChunk); ++p) {
        const auto x = in_double<T>(source.input(p));
        I.push_back(derivation::reference_forward<double>(network.graph(), network.resolved(), w, x).layers[0].I[j]);
      }
      const auto s = derivation::statistics<double>(I);
      means[j] += kStatisticsMomentum * (s.mean - means[j]);
      variances[j] += kStatisticsMomentum * (s.variance - variances[j]);
    }
  const auto after_means = running(network, running_means), after_variances = running(network, running_variances);
  const double bound = 300 * double{std::numeric_limits<T>::epsilon()} * 10;  // a chain of up to 256 terms below 10
  for (std::size_t j = 0; j < means.size(); ++j, ++compared) {
    EXPECT_NEAR(after_means[j], means[j], bound);
    EXPECT_NEAR(after_variances[j], variances[j], bound);
  }
  EXPECT_EQ(compared, 37u);
}

TYPED_TEST(Normalised, RefusedStepsAndSlopesLeaveRunningStatisticsAlone) {
  using T = TypeParam;
  Dice dice(52);
  auto network = network_with<T>("batch");
  auto source = random_patterns<T>(dice, 20, 5, 2);
  auto trainer = trainer_for<T>(network, {});
  const std::vector<T> before = network.weights();
  ASSERT_TRUE(trainer.slopes(source, all_patterns(20)));
  EXPECT_EQ(network.weights(), before);
  source.x[7] = std::numeric_limits<T>::infinity();
  EXPECT_FALSE(trainer.step(source, all_patterns(20)));
  EXPECT_EQ(network.weights(), before);
  source.x[7] = std::numeric_limits<T>::max() / 4;  // finite, but its variance is not
  const auto refused = trainer.step(source, all_patterns(20));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::diverged);
  EXPECT_EQ(network.weights(), before);
}

/// With μ and σ held, the layer is an affine one.
TYPED_TEST(Normalised, BatchesInWhichOnePatternCountsGoByRunningStatistics) {
  using T = TypeParam;
  using enum base::ParameterKind;
  Dice dice(53);
  auto network = network_with<T>("batch");
  const auto source = random_patterns<T>(dice, 3, 5, 2);
  const std::vector<double> w = in_double<T>(network.weights());
  const auto pass = derivation::reference_pass<double>(network.graph(), network.resolved(), w,
                                                       in_double<T>(source.input(1)), in_double<T>(source.target(1)));
  auto trainer = trainer_for<T>(network, {});
  const std::vector<std::uint32_t> one = {1};
  const auto slopes = trainer.slopes(source, one);
  const WeightedSource<T> weighted(source, {0, 1, 0});
  const auto alone = trainer.slopes(weighted, all_patterns(3));
  ASSERT_TRUE(slopes && alone);
  std::size_t moved = 0;
  for (std::size_t i = 0; i < w.size(); ++i) {
    EXPECT_NEAR(double{(*slopes)[i]}, pass.slopes[i], 1000 * double{std::numeric_limits<T>::epsilon()});
    EXPECT_EQ((*slopes)[i], (*alone)[i]);
    moved += (*slopes)[i] != 0 ? 1 : 0;
  }
  EXPECT_GE(moved, 200u) << "a batch of one teaches nothing";
  const auto means = running(network, running_means), variances = running(network, running_variances);
  ASSERT_TRUE(trainer.step(source, one));
  EXPECT_NE(in_double<T>(network.weights()), w);
  EXPECT_EQ(running(network, running_means), means);
  EXPECT_EQ(running(network, running_variances), variances);
}

TYPED_TEST(Normalised, WeightsOfOneChangeNoBitAndWeightsOfZeroLeavePatternsOut) {
  using T = TypeParam;
  Dice dice(54);
  for (const std::string normalise : {"layer", "batch"}) {
    const auto start = network_with<T>(normalise);
    const auto source = random_patterns<T>(dice, 12, 5, 2);
    auto plain = start, ones = start, without = start, zeros = start;
    ASSERT_TRUE(trainer_for<T>(plain, {}).step(source, all_patterns(12)));
    ASSERT_TRUE(trainer_for<T>(ones, {}).step(WeightedSource<T>(source, std::vector<T>(12, T{1})), all_patterns(12)));
    EXPECT_TRUE(same_weights(plain, ones)) << normalise;
    std::vector<T> weights(12, T{1});
    weights[0] = weights[5] = weights[11] = T{0};
    const std::vector<std::uint32_t> rest = {1, 2, 3, 4, 6, 7, 8, 9, 10};
    ASSERT_TRUE(trainer_for<T>(without, {}).step(source, rest));
    ASSERT_TRUE(trainer_for<T>(zeros, {}).step(WeightedSource<T>(source, weights), all_patterns(12)));
    EXPECT_TRUE(same_weights(without, zeros)) << normalise;
  }
}

// ---- what is refused ----

TYPED_TEST(Normalised, BatchLayersDoNotLearnPatternByPattern) {
  using T = TypeParam;
  Dice dice(55);
  const auto source = random_patterns<T>(dice, 9, 5, 2);
  auto network = network_with<T>("batch");
  auto trainer = trainer_for<T>(network, {});
  const std::vector<T> before = network.weights();
  EXPECT_EQ(trainer.learn_one(source.input(0), source.target(0)), LearnStatus::needs_batch);
  const std::vector<T> slopes(2, T{1});
  ASSERT_EQ(trainer.forward(source.input(0)).size(), 2u);
  EXPECT_EQ(trainer.backward(slopes, {}), LearnStatus::needs_batch);
  const std::string message =
      "layer 1: one pattern per weight change, which has no mean and variance to be normalised by; needed batches of "
      "at least 2 patterns for layers normalised by batch. use a larger batch size, or normalise by \"layer\"";
  std::size_t done = 7;
  const auto each = trainer.step_each(source, all_patterns(9), done);
  ASSERT_FALSE(each);
  EXPECT_EQ(each.error().code, ErrorCode::spec);
  EXPECT_EQ(each.error().message(), message);
  EXPECT_EQ(done, 0u);
  const auto run = fit<T>(trainer, source, nullptr, {.epochs = 1, .batch_size = 1});
  ASSERT_FALSE(run);
  EXPECT_EQ(run.error().message(), message);
  EXPECT_EQ(network.weights(), before);

  auto layered = network_with<T>("layer");
  auto learner = trainer_for<T>(layered, {});
  EXPECT_EQ(learner.learn_one(source.input(0), source.target(0)), LearnStatus::learned);
  EXPECT_TRUE(fit<T>(learner, source, nullptr, {.epochs = 1, .batch_size = 1}));
}

TYPED_TEST(Normalised, LayersWhoseVarianceIsNotFiniteAreRefused) {
  using T = TypeParam;
  Dice dice(56);
  auto source = random_patterns<T>(dice, 4, 5, 2);
  auto network = network_with<T>("layer");
  auto trainer = trainer_for<T>(network, {});
  // Small enough to be squared as an input, not as a net input.
  source.x[0] = std::sqrt(std::numeric_limits<T>::max()) / 2;
  std::vector<T> w = network.weights();
  for (T& one : w) one *= T{50};
  ASSERT_TRUE(network.set_weights(w));
  EXPECT_EQ(trainer.learn_one(source.input(0), source.target(0)), LearnStatus::not_finite);
  EXPECT_FALSE(trainer.step(source, all_patterns(4)));
  EXPECT_EQ(network.weights(), w);
}

// ---- single patterns ----

TYPED_TEST(Normalised, LayerLearnOneIsAStepOfOne) {
  using T = TypeParam;
  Dice dice(57);
  const auto source = random_patterns<T>(dice, 30, 5, 2);
  std::size_t rules = 0;
  for (const Optimizer& rule : every_rule(0.1)) {
    if (!goes_by_weights(rule)) continue;
    auto one = network_with<T>("layer"), other = one;
    auto by_pattern = trainer_for<T>(one, {.optimizer = rule}), by_step = trainer_for<T>(other, {.optimizer = rule});
    for (std::uint32_t p = 0; p < 30; ++p) {
      ASSERT_EQ(by_pattern.learn_one(source.input(p), source.target(p)), LearnStatus::learned);
      ASSERT_TRUE(by_step.step(source, std::span(&p, 1)));
    }
    EXPECT_TRUE(same_weights(one, other)) << name_of(rule);
    ++rules;
  }
  EXPECT_EQ(rules, rules_of_weights().size());
}

TEST(NormalisedLearning, InputSlopesOfALayerNormalisedNetworkAreTheComplexStep) {
  Dice dice(58);
  std::size_t compared = 0;
  for (int round = 0; round < 60; ++round) {
    const NetworkSpec spec = normalised(dice, random_spec(dice, {"tanh", "half_squared_error"}, 9), {"layer", ""});
    auto network = random_network<double>(dice, spec);
    const auto source = random_patterns<double>(dice, 1, network.inputs(), network.outputs());
    std::vector<double> slopes(network.outputs()), got(network.inputs());
    for (double& s : slopes) s = dice.uniform(-1, 1);
    const std::vector<double> weights = network.weights();
    auto trainer = trainer_for<double>(network, {});
    ASSERT_EQ(trainer.forward(source.input(0)).size(), network.outputs());
    ASSERT_EQ(trainer.backward(slopes, got), LearnStatus::learned);
    const std::vector<derivation::Complex> w(weights.begin(), weights.end());
    for (std::size_t i = 0; i < got.size(); ++i, ++compared) {
      std::vector<derivation::Complex> x(source.input(0).begin(), source.input(0).end());
      x[i] += derivation::Complex(0, 1e-100);
      const auto pass = derivation::reference_forward<derivation::Complex>(network.graph(), network.resolved(), w, x);
      double expected = 0;
      for (std::size_t j = 0; j < slopes.size(); ++j) expected += slopes[j] * pass.outputs()[j].imag() / 1e-100;
      EXPECT_NEAR(got[i], expected, 1e-10 * std::max(1.0, std::fabs(expected)));
    }
  }
  EXPECT_GE(compared, 150u);
}

/// Dropout acts on f(y), after all of it.
TEST(NormalisedLearning, FactorsOfActivationsGoWithNormalisedLayers) {
  Dice dice(61);
  std::size_t compared = 0;
  for (int n = 0; n < 60; ++n) {
    const auto network = random_network<double>(
        dice, normalised(dice, random_spec(dice, {"tanh", "half_squared_error"}, 37), {"layer", ""}));
    const auto source = random_patterns<double>(dice, 3, network.inputs(), network.outputs());
    const std::size_t layers = network.graph().layers().size();
    network::Workspace<double> workspace(network, 3, true);
    std::vector<derivation::Factors<double>> factors(3, derivation::Factors<double>(layers));
    for (std::size_t l = 0; l + 1 < layers; ++l) {
      ASSERT_TRUE(workspace.mask_layer(l));
      for (std::size_t r = 0; r < 3; ++r)
        for (std::size_t j = 0; j < network.graph().layers()[l].units; ++j) {
          factors[r][l].push_back(dice.chance(0.3) ? 0.0 : dice.uniform(-2, 2));
          workspace.mask(l)(r, j) = factors[r][l].back();
        }
    }
    workspace.load(source, all_patterns(3), 0);
    network::forward(network, workspace, {0, 3});
    network::deltas(network, workspace, {0, 3});
    for (std::size_t r = 0; r < 3; ++r) {
      const auto pass = derivation::reference_pass<double>(network.graph(), network.resolved(), network.weights(),
                                                           source.input(r), source.target(r), factors[r]);
      for (std::size_t l = 0; l < layers; ++l)
        for (std::size_t j = 0; j < pass.layers[l].a.size(); ++j, ++compared) {
          const double delta = pass.layers[l].delta[j];
          EXPECT_NEAR(workspace.activations(l)(r, j), pass.layers[l].a[j], 1e-9) << "network " << n;
          EXPECT_NEAR(workspace.deltas(l)(r, j), delta, 1e-9 * std::max(1.0, std::fabs(delta))) << "network " << n;
        }
    }
  }
  EXPECT_GE(compared, 3000u);
}

// ---- threads ----

TYPED_TEST(Normalised, LearningHasTheSameBitsForAnyNumberOfThreads) {
  using T = TypeParam;
  Dice dice(59);
  const auto source = random_patterns<T>(dice, 300, 5, 2);
  std::size_t compared = 0;
  for (const std::vector<std::string>& ways : {std::vector<std::string>{"layer"}, {"batch"}, {"layer", "batch", ""}}) {
    const auto start = random_network<T>(
        dice, normalised(dice, {.inputs = 5, .layers = {{37, "tanh"}, {20, "relu"}, {2, "identity"}}}, ways));
    std::vector<network::Network<T>> learned;
    for (const std::size_t threads : {1u, 2u, 4u}) {
      learned.push_back(start);
      auto trainer = trainer_for<T>(learned.back(), {.optimizer = Adam{}, .threads = threads}, 0);
      for (const std::size_t size : {300u, 64u, 17u, 2u}) ASSERT_TRUE(trainer.step(source, all_patterns(size)));
      EXPECT_TRUE(same_weights(learned.front(), learned.back()));
      EXPECT_FALSE(same_weights(start, learned.back()));
      ++compared;
    }
  }
  EXPECT_EQ(compared, 9u);
}

// ---- what it is for ----

/// Accuracy and loss of a network of equal hidden layers after 100 epochs of XOR of the signs of two numbers, which no
/// network learns whose layers pass nothing on.
struct Learnt {
  double loss = 0;
  std::size_t right = 0;  // of 400
};
Learnt learn_xor(const LayerSpec& hidden, std::size_t layers, const std::string& init, const Optimizer& rule) {
  Dice dice(60);
  auto source = random_patterns<float>(dice, 400, 2, 1);
  for (std::size_t p = 0; p < 400; ++p) source.t[p] = source.x[2 * p] * source.x[2 * p + 1] > 0 ? 1.0F : 0.0F;
  NetworkSpec spec{.inputs = 2, .layers = std::vector<LayerSpec>(layers, hidden), .loss = "binary_cross_entropy"};
  spec.layers.push_back({1, "sigmoid"});
  auto network = *network::Network<float>::create(spec);
  network::draw_weights(network, Seed{1}, *network::find_init(init));
  auto trainer = trainer_for<float>(network, {.optimizer = rule});
  EXPECT_TRUE(fit<float>(trainer, source, nullptr, {.epochs = 100, .batch_size = 40, .seed = Seed{2}}));
  const Evaluation found = evaluate<float>(network, source, trainer.team());
  Learnt learnt{found.mean_loss};
  for (std::size_t p = 0; p < 400; ++p) learnt.right += (found.predicted[p] > 0.5) == (found.target[p] > 0.5) ? 1 : 0;
  return learnt;
}

void expect_normalisation_to_help(const std::string& activation, std::size_t layers, const std::string& init,
                                  const Optimizer& rule) {
  const Learnt without = learn_xor({16, activation}, layers, init, rule);
  std::printf("%zu layers of %s: loss %.3f, %zu of 400 right", layers, activation.c_str(), without.loss, without.right);
  EXPECT_GE(without.loss, 0.4);
  EXPECT_LE(without.right, 350u);
  for (const std::string normalise : {"layer", "batch"}) {
    const Learnt with = learn_xor({.units = 16, .activation = activation, .normalise = normalise}, layers, init, rule);
    std::printf("; %s: %.3f, %zu", normalise.c_str(), with.loss, with.right);
    EXPECT_LE(with.loss, 0.33) << normalise;
    EXPECT_GE(with.right, 375u) << normalise;
  }
  std::printf("\n");
}

/// 205 of 400 are what the larger class has: ln 2 is what knowing nothing costs.
TEST(NormalisedLearning, SigmoidUnitsThatPassHardlyAnythingOnLearnWhenNormalised) {
  expect_normalisation_to_help("sigmoid", 4, "auto", Momentum{0.05, 0.9});
}
TEST(NormalisedLearning, SaturatedTanhUnitsLearnWhenNormalised) {
  expect_normalisation_to_help("tanh", 10, "uniform(3)", Adam{.learning_rate = 0.005});
}

}  // namespace
}  // namespace deltarule::training::testing
