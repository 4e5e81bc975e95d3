// Dropout and input noise: of what they are a function, what they leave alone, and that a pass with them is the
// derivation's with the same factors and inputs. Same bits for any number of threads: same_bits_test.cpp.
#include "training/noise.hpp"

#include <set>

#include "error_bounds.hpp"
#include "every_rule.hpp"
#include "network/targets.hpp"
#include "support.hpp"
#include "training/evaluate.hpp"
#include "training/loop.hpp"
#include "training/trainer_state.hpp"

namespace deltarule::training::testing {
namespace {

using network::Network;
using network::Workspace;

constexpr std::size_t kInputs = 13;
const std::vector<std::size_t> kUnits = {37, 17, 3};

TrainerOptions noisy(std::uint64_t seed = 1) {
  return {.dropout = {.inputs = 0.2, .by_layer = {0.5, 0.1}}, .input_noise = 0.3, .seed = Seed{seed}};
}

template <class T>
Noise<T> noise_for(const Network<T>& network, const TrainerOptions& options) {
  auto made = Noise<T>::create(network, options);
  EXPECT_TRUE(made) << made.error().message();
  return *made;
}

/// What the pass of one pattern is made of: its inputs, and the factors of each layer.
struct Drawn {
  std::vector<double> x;
  derivation::Factors<double> factors;
  friend bool operator==(const Drawn&, const Drawn&) = default;
};

template <class T>
Drawn drawn_in(Workspace<T>& workspace, const Network<T>& network, std::size_t row) {
  Drawn drawn;
  for (std::size_t i = 0; i < network.inputs(); ++i) drawn.x.push_back(double{workspace.inputs()(row, i)});
  for (std::size_t l = 0; l < network.graph().layers().size(); ++l) {
    drawn.factors.emplace_back();
    for (std::size_t j = 0; workspace.is_masked(l) && j < network.graph().layers()[l].units; ++j)
      drawn.factors.back().push_back(double{workspace.mask(l)(row, j)});
  }
  return drawn;
}

/// The passes of some patterns; without numbers, of the first row of the source.
template <class T>
std::vector<Drawn> draw(const Network<T>& network, const Noise<T>& noise, const ArraySource<T>& source,
                        const std::vector<std::uint32_t>& patterns, std::uint64_t step) {
  Workspace<T> workspace(network, std::max<std::size_t>(patterns.size(), 2), true);
  noise.make_room(workspace);
  workspace.load(source, patterns.empty() ? std::vector<std::uint32_t>{0} : patterns, 0);
  noise.apply(workspace, {0, std::max<std::size_t>(patterns.size(), 1)}, patterns, step);
  std::vector<Drawn> all;
  for (std::size_t r = 0; r < std::max<std::size_t>(patterns.size(), 1); ++r)
    all.push_back(drawn_in(workspace, network, r));
  return all;
}

TEST(Noise, IsAFunctionOfSeedStepAndPatternAndNotOfTheRow) {
  Dice dice(1);
  const auto network = plain_network<float>(kInputs, kUnits);
  const auto source = random_patterns<float>(dice, 300, kInputs, kUnits.back());
  const auto noise = noise_for(network, noisy());
  std::vector<std::uint32_t> patterns = all_patterns(300), turned(patterns.rbegin(), patterns.rend());
  const auto one = draw(network, noise, source, patterns, 5), other = draw(network, noise, source, turned, 5);
  for (std::size_t p = 0; p < 300; ++p) ASSERT_EQ(one[p], other[299 - p]);
  for (const std::uint32_t p : {0u, 7u, 299u}) EXPECT_EQ(draw(network, noise, source, {p}, 5)[0], one[p]);
  EXPECT_EQ(draw(network, noise, source, {}, 5)[0], one[0]) << "a pattern without a number has number 0";
  EXPECT_EQ(draw(network, noise, source, {3}, 5 + (std::uint64_t{1} << 32))[0], one[3]);
  EXPECT_NE(draw(network, noise, source, {3}, 6)[0], one[3]);
  EXPECT_NE(draw(network, noise_for(network, noisy(2)), source, {3}, 5)[0], one[3]);
  EXPECT_NE(one[3].factors, one[4].factors);
  std::vector<double> first(one[3].factors[0].begin(), one[3].factors[0].begin() + 17);
  for (double& factor : first) factor = factor == 0 ? 0 : 1 / 0.9F;  // as the second layer's: of other units
  EXPECT_NE(first, one[3].factors[1]);
}

TEST(Noise, OfOneLayerDoesNotDependOnTheOthers) {
  Dice dice(2);
  const auto network = plain_network<double>(kInputs, kUnits);
  const auto source = random_patterns<double>(dice, 20, kInputs, kUnits.back());
  const auto patterns = all_patterns(20);
  const auto all = draw(network, noise_for(network, noisy()), source, patterns, 3);
  const auto second =
      draw(network, noise_for(network, {.dropout = {.by_layer = {0, 0.1}}, .seed = Seed{1}}), source, patterns, 3);
  for (std::size_t p = 0; p < 20; ++p) {
    EXPECT_TRUE(second[p].factors[0].empty());
    EXPECT_EQ(second[p].factors[1], all[p].factors[1]);
    EXPECT_TRUE(all[p].factors[2].empty()) << "outputs have none";
  }
}

TEST(Noise, DropsAsManyUnitsAsItsProbabilitySaysAndScalesTheRest) {
  Dice dice(3);
  const auto network = plain_network<double>(kInputs, kUnits);
  const auto source = random_patterns<double>(dice, 200, kInputs, kUnits.back());
  const auto noise = noise_for(network, {.dropout = {.inputs = 0.2, .by_layer = {0.5, 0.1}}, .seed = Seed{4}});
  const std::vector<double> probabilities = {0.2, 0.5, 0.1};
  std::vector<double> units(3), dropped(3);
  for (std::uint64_t step = 0; step < 50; ++step) {
    const auto all = draw(network, noise, source, all_patterns(200), step);
    for (std::size_t p = 0; p < 200; ++p) {
      for (std::size_t i = 0; i < kInputs; ++i) {
        dropped[0] += all[p].x[i] == 0 ? 1 : 0;
        ASSERT_TRUE(all[p].x[i] == 0 || all[p].x[i] == source.input(p)[i] * (1 / (1 - 0.2)));
      }
      units[0] += kInputs;
      for (std::size_t l : {1u, 2u})
        for (const double factor : all[p].factors[l - 1]) {
          dropped[l] += factor == 0 ? 1 : 0;
          units[l] += 1;
          ASSERT_TRUE(factor == 0 || factor == 1 / (1 - probabilities[l]));
        }
    }
  }
  for (std::size_t l = 0; l < 3; ++l) {  // five standard deviations of a binomial share
    const double p = probabilities[l];
    EXPECT_GE(units[l], 100000);
    EXPECT_NEAR(dropped[l] / units[l], p, 5 * std::sqrt(p * (1 - p) / units[l])) << "layer " << l;
  }
}

TEST(Noise, OfInputsHasMeanZeroAndItsDeviation) {
  Dice dice(4);
  const auto network = plain_network<double>(kInputs, kUnits);
  const auto source = random_patterns<double>(dice, 200, kInputs, kUnits.back());
  const auto noise = noise_for(network, {.input_noise = 0.3, .seed = Seed{4}});
  double sum = 0, squares = 0, n = 0;
  for (std::uint64_t step = 0; step < 50; ++step) {
    const auto all = draw(network, noise, source, all_patterns(200), step);
    for (std::size_t p = 0; p < 200; ++p)
      for (std::size_t i = 0; i < kInputs; ++i, ++n) {
        const double added = all[p].x[i] - source.input(p)[i];
        sum += added;
        squares += added * added;
      }
  }
  EXPECT_GE(n, 100000);
  EXPECT_NEAR(sum / n, 0, 5 * 0.3 / std::sqrt(n));
  EXPECT_NEAR(squares / n, 0.09, 5 * 0.09 * std::sqrt(2 / n));
}

/// A unit's net input is linear in the activations below, so that its mean under dropout is what it is without.
TEST(Dropout, LeavesTheMeanOfTheNetInputsAbove) {
  Dice dice(5);
  NetworkSpec spec{.inputs = 4, .layers = {{25, "tanh"}, {1, "identity"}}};
  const auto network = random_network<double>(dice, spec);
  const auto source = random_patterns<double>(dice, 1, 4, 1);
  const auto noise = noise_for(network, {.dropout = {.hidden = 0.5}, .seed = Seed{6}});
  Workspace<double> plain(network, 2, true), masked(network, 2, true);
  noise.make_room(masked);
  const std::vector<std::uint32_t> first = {0};
  plain.load(source, first, 0);
  network::forward(network, plain, {0, 1});
  constexpr int kSteps = 20000;
  double sum = 0, squares = 0;
  for (int step = 0; step < kSteps; ++step) {
    masked.load(source, first, 0);
    noise.apply(masked, {0, 1}, first, static_cast<std::uint64_t>(step));
    network::forward(network, masked, {0, 1});
    const double off = masked.outputs()(0, 0) - plain.outputs()(0, 0);
    sum += off;
    squares += off * off;
  }
  const double deviation = std::sqrt(squares / kSteps);
  EXPECT_GT(deviation, 0.05);
  EXPECT_LE(std::fabs(sum / kSteps), 5 * deviation / std::sqrt(kSteps));
}

struct Compared {
  std::size_t networks = 0, numbers = 0;
  double worst = 0;
  void near(double got, double expected, double bound, const char* what) {
    const double fraction = std::fabs(got - expected) / (2 * bound + std::numeric_limits<double>::min());
    EXPECT_LE(fraction, 1.0) << what << ": " << got << " instead of " << expected << ", bound " << bound;
    worst = std::max(worst, fraction);
    ++numbers;
  }
};

/// Slopes and E of a batch after `step` steps against the derivation's passes with the same factors and inputs.
template <class T>
void compare_slopes(Trainer<T>& trainer, const Noise<T>& noise, const ArraySource<T>& source, Compared& compared) {
  const auto& network = trainer.network();
  const std::vector<T> weights = network.weights();
  const std::vector<double> w(weights.begin(), weights.end());
  const double u = double{std::numeric_limits<T>::epsilon()};
  const ErrorBounds bounds(network.graph(), network.resolved(), w, u, 2);
  const auto patterns = all_patterns(source.size());
  const auto drawn =
      draw(network, noise, source, source.size() == 1 ? std::vector<std::uint32_t>{} : patterns, trainer.steps());
  std::vector<double> slopes(w.size()), bound(w.size()), sizes(w.size());
  double E = 0, E_bound = 0;
  for (std::size_t p = 0; p < source.size(); ++p) {
    const std::vector<double> t(source.target(p).begin(), source.target(p).end());
    const auto pass =
        derivation::reference_pass<double>(network.graph(), network.resolved(), w, drawn[p].x, t, drawn[p].factors);
    const Bounds own = bounds.of(pass, t);
    if (near_a_kink(network.resolved(), pass, own, t)) return;
    for (std::size_t i = 0; i < w.size(); ++i) {
      slopes[i] += pass.slopes[i];
      bound[i] += own.slopes[i];
      sizes[i] += std::fabs(pass.slopes[i]);
    }
    E += pass.E;
    E_bound += own.E;
  }
  const auto got = trainer.slopes(source, patterns);
  ASSERT_TRUE(got) << got.error().message();
  const auto loss = trainer.step(source, patterns);
  ASSERT_TRUE(loss) << loss.error().message();
  compared.near(*loss, E, E_bound, "E");
  for (std::size_t i = 0; i < w.size(); ++i)
    compared.near(double{(*got)[i]}, slopes[i], bound[i] + static_cast<double>(source.size()) * u * sizes[i], "slope");
  ++compared.networks;
}

template <class T>
Compared compare_random_networks(std::uint64_t seed) {
  Dice dice(seed);
  Compared compared;
  const std::vector<Pair> pairs = derivation::testing::valid_pairs();
  for (std::size_t n = 0; n < 500 && !::testing::Test::HasFailure(); ++n) {
    auto network = random_network<T>(dice, random_spec(dice, pairs[n % pairs.size()], n % 5 == 0 ? 37 : 6));
    const auto source = random_patterns<T>(dice, n % 4 + 1, network.inputs(), network.outputs());
    TrainerOptions options{.optimizer = DeltaRule{1e-3}, .reduction = Reduction::sum, .seed = Seed{n}};
    options.dropout.inputs = n % 3 == 0 ? 0.3 : 0;
    options.dropout.hidden = network.graph().layers().size() > 1 ? 0.5 : 0;
    options.input_noise = n % 2 == 0 ? 0.2 : 0;
    auto trainer = trainer_for<T>(network, options);
    for (int step = 0; step < 2; ++step) compare_slopes(trainer, noise_for(network, options), source, compared);
  }
  std::printf("%zu batches, %zu numbers, worst %.3f of the bound\n", compared.networks, compared.numbers,
              compared.worst);
  return compared;
}

TEST(NoisySlopes, AreTheDerivationsWithTheSameFactorsAndInputs) {
  for (const Compared& compared : {compare_random_networks<double>(7), compare_random_networks<float>(8)}) {
    EXPECT_GE(compared.networks, 900u);
    EXPECT_GE(compared.numbers, 50000u);
  }
}

/// Noise below the last digit of every input, and so none, but through every path that noise takes.
template <class T>
void compare_with_none(const Optimizer& rule, std::size_t batch_size) {
  Dice dice(9);
  const auto source = random_patterns<T>(dice, 60, kInputs, kUnits.back());
  auto plain = plain_network<T>(kInputs, kUnits), other = plain, tiny = plain;
  const FitSettings settings{.epochs = 3, .batch_size = batch_size};
  TrainerOptions options{.optimizer = rule};
  // What the per-pattern path rounds its own way has a penalty that adds nothing, which that path does not serve.
  if (batch_size == 1 && (name_of(rule) == "delta-rule" || name_of(rule) == "momentum")) options.l2 = 1e-30;
  auto trainer = trainer_for<T>(plain, options);
  options.dropout = {.inputs = 0, .hidden = 0};
  options.seed = Seed{77};
  auto with_zero = trainer_for<T>(other, options);
  options.input_noise = 1e-30;
  auto with_tiny = trainer_for<T>(tiny, options);
  for (auto* one : {&trainer, &with_zero, &with_tiny}) ASSERT_TRUE(fit<T>(*one, source, nullptr, settings));
  EXPECT_TRUE(same_weights(plain, other)) << name_of(rule) << ", batch " << batch_size;
  EXPECT_TRUE(same_weights(plain, tiny)) << name_of(rule) << ", batch " << batch_size;
}

TEST(Noise, OfNothingChangesNoBitUnderAnyRule) {
  std::size_t rules = 0;
  for (const Optimizer& rule : every_rule(0.2)) {
    ++rules;
    if (!goes_by_weights(rule)) continue;  // those refuse noise
    for (const std::size_t batch : {1u, 8u, 0u}) {
      compare_with_none<float>(rule, batch);
      compare_with_none<double>(rule, batch);
    }
  }
  EXPECT_EQ(rules, std::variant_size_v<Optimizer>);
}

TEST(Noise, IsOfTrainingAlone) {
  Dice dice(10);
  const auto training = random_patterns<float>(dice, 80, kInputs, kUnits.back()),
             validation = random_patterns<float>(dice, 40, kInputs, kUnits.back());
  for (const std::size_t batch : {1u, 16u, 0u}) {
    auto network = plain_network<float>(kInputs, kUnits);
    const auto before = network;
    auto trainer = trainer_for<float>(network, noisy());
    const auto fitted =
        fit<float>(trainer, training, &validation, {.epochs = 1, .batch_size = batch, .shuffle = false});
    ASSERT_TRUE(fitted);
    ASSERT_FALSE(same_weights(network, before));
    auto apart = plain_network<float>(kInputs, kUnits);
    ASSERT_TRUE(apart.set_weights(network.weights()));
    auto plain = trainer_for<float>(apart, {});
    EXPECT_EQ(fitted->history[0].validation_loss, mean_loss(apart, validation, plain.team()));
    // Two looks at the noisy network agree with a network that has never seen noise, to the bit.
    for (int look = 0; look < 2; ++look) {
      const auto seen = evaluate<float>(network, validation, trainer.team());
      EXPECT_EQ(seen.predicted, evaluate<float>(apart, validation, plain.team()).predicted);
    }
  }
}

TEST(Noise, IsInTheTrainingLoss) {
  Dice dice(11);
  const auto source = random_patterns<double>(dice, 40, kInputs, kUnits.back());
  auto network = plain_network<double>(kInputs, kUnits), other = network;
  TrainerOptions options = noisy();
  options.optimizer = DeltaRule{1e-300};  // no weight moves, so that both see the same ones
  auto trainer = trainer_for<double>(network, options), plain = trainer_for<double>(other, {});
  const auto fitted = fit<double>(trainer, source, nullptr, {.epochs = 2, .batch_size = 0});
  ASSERT_TRUE(fitted);
  EXPECT_NE(fitted->history[0].training_loss, mean_loss(other, source, plain.team()));
  EXPECT_NE(fitted->history[0].training_loss, fitted->history[1].training_loss) << "each step has noise of its own";
}

template <class T>
bool is_frozen_bias(const Network<T>& network, std::size_t canonical) {
  for (const base::Layer& layer : network.graph().layers())
    if (layer.bias && !layer.train_bias && canonical >= layer.first_bias && canonical < layer.first_bias + layer.units)
      return true;
  return false;
}

TEST(Noise, LeavesMaskedWeightsAtZeroAndFrozenBiasesWhereTheyAre) {
  Dice dice(12);
  std::size_t masked = 0, frozen = 0, moved = 0;
  for (const Optimizer& rule : every_rule(0.1))
    for (std::size_t n = 0; goes_by_weights(rule) && n < 6; ++n) {
      NetworkSpec spec = random_spec(dice, {"identity", "half_squared_error"}, 9);
      for (std::size_t l = 0; l + 1 < spec.layers.size(); ++l) spec.layers[l].activation = "tanh";  // none runs away
      auto network = random_network<float>(dice, spec);
      const auto source = random_patterns<float>(dice, 20, network.inputs(), network.outputs());
      TrainerOptions options{.optimizer = rule, .input_noise = 0.1, .seed = Seed{n}};
      options.dropout.inputs = 0.2;
      options.dropout.hidden = network.graph().layers().size() > 1 ? 0.4 : 0;
      const std::vector<float> before = network.weights();
      auto trainer = trainer_for<float>(network, options);
      const auto fitted = fit<float>(trainer, source, nullptr, {.epochs = 3, .batch_size = n % 3 == 0 ? 1u : 7u});
      ASSERT_TRUE(fitted) << name_of(rule) << ": " << fitted.error().message();
      const std::vector<float> after = network.weights();
      for (std::size_t i = 0; i < after.size(); ++i) {
        if (network.is_masked(i)) {
          ++masked;
          EXPECT_EQ(network.parameter(network.place_of(i)), 0.0F) << name_of(rule);
        } else if (is_frozen_bias(network, i)) {
          ++frozen;
          EXPECT_EQ(after[i], before[i]) << name_of(rule);
        } else {
          moved += after[i] != before[i] ? 1 : 0;
        }
      }
    }
  EXPECT_GE(masked, 100u);
  EXPECT_GE(frozen, 50u);
  EXPECT_GE(moved, 1000u);
}

TEST(Dropout, LeavesTheWeightsOfADroppedUnitAlone) {
  Dice dice(13);
  NetworkSpec spec{.inputs = 3, .layers = {{8, "tanh"}, {2, "identity"}}};
  auto network = random_network<double>(dice, spec);
  const auto source = random_patterns<double>(dice, 1, 3, 2);
  const TrainerOptions options{.optimizer = DeltaRule{0.1}, .dropout = {.hidden = 0.5}, .seed = Seed{3}};
  auto trainer = trainer_for<double>(network, options);
  const auto noise = noise_for(network, options);
  std::size_t dropped = 0, kept = 0;
  for (int step = 0; step < 20; ++step) {
    const Drawn drawn = draw(network, noise, source, {}, trainer.steps())[0];
    const std::vector<double> before = network.weights();
    ASSERT_EQ(trainer.learn_one(source.input(0), source.target(0)), LearnStatus::learned);
    const std::vector<double> after = network.weights();
    for (std::size_t j = 0; j < 8; ++j) {
      const bool is_dropped = drawn.factors[0][j] == 0;
      (is_dropped ? dropped : kept) += 1;
      for (const std::size_t place : {j * 3, j * 3 + 1, j * 3 + 2, 24 + j, 32 + j, 40 + j})
        EXPECT_EQ(before[place] == after[place], is_dropped) << "unit " << j << ", weight " << place;
    }
  }
  EXPECT_GE(dropped, 40u);
  EXPECT_GE(kept, 40u);
}

TEST(NoisyLearning, OfOnePatternIsAStepOfOneAndBackwardWithItsSlopes) {
  Dice dice(14);
  const auto source = random_patterns<float>(dice, 50, kInputs, kUnits.back());
  auto one = plain_network<float>(kInputs, kUnits), other = one, third = one;
  TrainerOptions options = noisy();
  options.optimizer = Adam{};
  auto learner = trainer_for<float>(one, options), stepper = trainer_for<float>(other, options),
       caller = trainer_for<float>(third, options);
  for (std::uint32_t p = 0; p < 50; ++p) {
    ASSERT_EQ(learner.learn_one(source.input(p), source.target(p)), LearnStatus::learned);
    ASSERT_TRUE(stepper.step(source, std::span(&p, 1)));
    const auto a = caller.forward(source.input(p));
    std::vector<float> slopes(a.begin(), a.end());
    for (std::size_t j = 0; j < slopes.size(); ++j) slopes[j] -= source.target(p)[j];
    ASSERT_EQ(caller.backward(slopes, {}), LearnStatus::learned);
  }
  EXPECT_TRUE(same_weights(one, other));
  EXPECT_TRUE(same_weights(one, third));
}

TEST(NoisyLearning, GivesSlopesByThePatternsOwnInputs) {
  Dice dice(15);
  auto network = random_network<double>(dice, {.inputs = 9, .layers = {{7, "tanh"}, {2, "identity"}}});
  const auto source = random_patterns<double>(dice, 1, 9, 2);
  const TrainerOptions options{.dropout = {.inputs = 0.5, .hidden = 0.3}, .input_noise = 0.2, .seed = Seed{5}};
  auto trainer = trainer_for<double>(network, options);
  const auto noise = noise_for(network, options);
  std::size_t zeros = 0, others = 0;
  for (int step = 0; step < 20; ++step) {
    const Drawn drawn = draw(network, noise, source, {}, trainer.steps())[0];
    const std::vector<double> w = network.weights(), given = {dice.uniform(-1, 1), dice.uniform(-1, 1)};
    const auto forward =
        derivation::reference_forward<double>(network.graph(), network.resolved(), w, drawn.x, {}, drawn.factors);
    const auto a = trainer.forward(source.input(0));
    for (std::size_t j = 0; j < 2; ++j) EXPECT_NEAR(a[j], forward.outputs()[j], 1e-13);
    std::vector<double> slopes(9);
    ASSERT_EQ(trainer.backward(given, slopes), LearnStatus::learned);
    for (std::size_t i = 0; i < 9; ++i) {
      // The input of the pass is m (x + noise): by complex step in it, times m.
      std::vector<derivation::Complex> x(drawn.x.begin(), drawn.x.end()), cw(w.begin(), w.end());
      derivation::Factors<derivation::Complex> factors;
      for (const auto& layer : drawn.factors) factors.emplace_back(layer.begin(), layer.end());
      x[i] += derivation::Complex(0, 1e-100);
      const auto pass =
          derivation::reference_forward<derivation::Complex>(network.graph(), network.resolved(), cw, x, {}, factors);
      double slope = 0;
      for (std::size_t j = 0; j < 2; ++j) slope += given[j] * pass.outputs()[j].imag() / 1e-100;
      const double m = drawn.x[i] == 0 ? 0 : 2;
      EXPECT_NEAR(slopes[i], m * slope, 1e-13);
      (m == 0 ? zeros : others) += 1;
    }
  }
  EXPECT_GE(zeros, 50u);
  EXPECT_GE(others, 50u);
}

TEST(NoisyLearning, OfADamagedStreamIsThatOfTheStreamWithoutTheDamage) {
  Dice dice(16);
  const auto source = random_patterns<float>(dice, 200, kInputs, kUnits.back());
  auto one = plain_network<float>(kInputs, kUnits), other = one;
  auto whole = trainer_for<float>(one, noisy()), damaged = trainer_for<float>(other, noisy());
  const std::vector<float> bad(kInputs, std::numeric_limits<float>::quiet_NaN());
  for (std::size_t p = 0; p < 200; ++p) {
    ASSERT_EQ(whole.learn_one(source.input(p), source.target(p)), LearnStatus::learned);
    if (p % 7 == 0) {
      ASSERT_EQ(damaged.learn_one(bad, source.target(p)), LearnStatus::not_finite);
    }
    ASSERT_EQ(damaged.learn_one(source.input(p), source.target(p)), LearnStatus::learned);
  }
  EXPECT_TRUE(same_weights(one, other));
  EXPECT_EQ(damaged.refused(), 29u);
}

TEST(NoisyLearning, GoesOnFromItsStateWithTheSameBits) {
  Dice dice(17);
  const auto source = random_patterns<float>(dice, 90, kInputs, kUnits.back());
  TrainerOptions options = noisy();
  options.optimizer = Adam{};
  auto one = plain_network<float>(kInputs, kUnits), other = one;
  auto through = trainer_for<float>(one, options), first = trainer_for<float>(other, options);
  const auto patterns = all_patterns(90);
  const auto steps = [&](Trainer<float>& trainer, std::size_t from, std::size_t to) {
    for (std::size_t s = from; s < to; ++s) ASSERT_TRUE(trainer.step(source, std::span(patterns).subspan(s * 9, 9)));
  };
  steps(through, 0, 10);
  steps(first, 0, 4);
  auto resumed_network = plain_network<float>(kInputs, kUnits, 99);
  auto resumed = trainer_for<float>(resumed_network, options);
  ASSERT_TRUE(resumed.restore(first.snapshot()));
  steps(resumed, 4, 10);
  EXPECT_TRUE(same_weights(one, resumed_network));
}

std::string refusal(const NetworkSpec& spec, const TrainerOptions& options) {
  auto network = Network<float>::create(spec);
  EXPECT_TRUE(network);
  const auto trainer = Trainer<float>::create(*network, options);
  if (trainer) return "accepted";
  EXPECT_EQ(trainer.error().code, ErrorCode::spec);
  return trainer.error().message();
}

TEST(Noise, ThatMakesNoSenseIsRefused) {
  const NetworkSpec two{.inputs = 2, .layers = {{3, "tanh"}, {3, "tanh"}, {1, "identity"}}},
      one{.inputs = 2, .layers = {{3, "tanh"}, {1, "identity"}}}, none{.inputs = 2, .layers = {{1, "identity"}}};
  const std::string probability = "needed a probability from 0 up to, but not including, 1";
  EXPECT_EQ(refusal(one, {.dropout = {.inputs = 1}}), "dropout of inputs: 1.000000; " + probability);
  EXPECT_EQ(refusal(one, {.dropout = {.hidden = -0.1}}), "dropout of hidden layers: -0.100000; " + probability);
  EXPECT_EQ(refusal(one, {.dropout = {.hidden = std::nan("")}}), "dropout of hidden layers: nan; " + probability);
  EXPECT_EQ(refusal(two, {.dropout = {.by_layer = {0.5, 1.5}}}), "dropout of h2: 1.500000; " + probability);
  EXPECT_EQ(refusal(two, {.dropout = {.by_layer = {0, 0, 0.5}}}),
            "dropout: a probability for h3; needed the hidden layers h1 to h2. Leave it out");
  EXPECT_EQ(refusal(one, {.dropout = {.by_layer = {0, 0.5}}}),
            "dropout: a probability for h2; needed h1, the only hidden layer. Leave it out");
  EXPECT_EQ(refusal(none, {.dropout = {.hidden = 0.5}}),
            "dropout: a probability for hidden layers; needed none, since the network has no hidden layers. Leave it "
            "out, or drop inputs");
  EXPECT_EQ(refusal(one, {.dropout = {.hidden = 0.5, .by_layer = {0.5}}}),
            "dropout: one probability for all hidden layers and some of single layers; needed one of them. Name every "
            "layer with its own");
  const std::string deviation = "needed a standard deviation";
  EXPECT_EQ(refusal(one, {.input_noise = -1}),
            "input noise: -1.000000; " + deviation + ": a finite number that is not negative");
  EXPECT_EQ(refusal(one, {.input_noise = 1e300}),
            "input noise: a deviation beyond the largest number of the run's type; needed a smaller one, or f64");
  EXPECT_EQ(refusal(none, {.dropout = {.inputs = 0.5}, .input_noise = 1}), "accepted");
}

}  // namespace
}  // namespace deltarule::training::testing
