// Per-pattern learning: whatever looks at the weights meanwhile, and however the patterns arrive, the bits are the
// same; looking ahead differs by rounding only; refused patterns leave no trace; the changes are the derivation's.
#include "training/online.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "base/floating_point_mode.hpp"
#include "error_bounds.hpp"
#include "network/passes.hpp"
#include "network/predict_one.hpp"
#include "support.hpp"
#include "training/evaluate.hpp"
#include "training/loop.hpp"

namespace deltarule::training::testing {
namespace {

const std::vector<Optimizer>& rules() {
  static const std::vector<Optimizer> kRules = {DeltaRule{0.05}, Momentum{0.03, 0.7}, Nesterov{0.03, 0.7}, Adam{}};
  return kRules;
}

/// Any wiring with any pair of outputs and loss: skip connections, masks, frozen and missing biases.
template <class T>
network::Network<T> any_network(Dice& dice) {
  static const std::vector<Pair> kPairs = derivation::testing::valid_pairs();
  return random_network<T>(dice, random_spec(dice, dice.one_of(kPairs), 40));
}

template <class T>
class OnlineLearning : public ::testing::Test {};
using NumberTypes = ::testing::Types<float, double>;
TYPED_TEST_SUITE(OnlineLearning, NumberTypes);

TYPED_TEST(OnlineLearning, LearnOneStepAndFitHaveTheSameBits) {
  using T = TypeParam;
  Dice dice(61);
  std::size_t networks = 0, refused = 0;
  for (int round = 0; round < 60; ++round) {
    const auto start = any_network<T>(dice);
    const auto source = random_patterns<T>(dice, 21, start.inputs(), start.outputs());
    for (const Optimizer& rule : rules()) {
      auto one = start, two = start, three = start;
      const TrainerOptions options{.optimizer = rule};
      auto by_pattern = trainer_for<T>(one, options), by_step = trainer_for<T>(two, options),
           by_fit = trainer_for<T>(three, options);
      bool all = true;
      double sum = 0;
      for (std::uint32_t p = 0; all && p < source.size(); ++p) {
        const auto loss = by_step.step(source, std::span(&p, 1));
        all = by_pattern.learn_one(source.input(p), source.target(p)) == LearnStatus::learned;
        ASSERT_EQ(static_cast<bool>(loss), all);
        if (all) sum += *loss;
      }
      EXPECT_TRUE(same_weights(one, two));
      if (!all && ++refused > 0) continue;
      const auto fitted = fit<T>(by_fit, source, nullptr, {.epochs = 1, .batch_size = 1, .shuffle = false});
      ASSERT_TRUE(fitted) << fitted.error().message();
      EXPECT_TRUE(same_weights(one, three));
      EXPECT_EQ(fitted->history.at(0).training_loss, sum / static_cast<double>(source.size()));
      EXPECT_EQ(by_pattern.steps(), source.size());
      ++networks;
    }
  }
  EXPECT_GE(networks, 200u);
  EXPECT_LE(refused, 20u);
}

/// Looks at the network in one of the ways there are.
template <class T>
void look(network::Network<T>& network, Trainer<T>& trainer, const ArraySource<T>& source, std::uint64_t way) {
  switch (way) {
    case 0:
      return void(network.weights());
    case 1:
      return void(network.parameters());
    case 2:
      return void(trainer.state());
    case 3:
      return void(trainer.forward(source.input(0)));
    case 4:
      return void(mean_loss<T>(network, source, trainer.team()));
    case 5:
      return void(network::Network<T>(network));
    default:
      return void(trainer.slopes(source, all_patterns(3)));
  }
}

// A narrow chain learns in one kernel call; forward() and backward() go the general way, change by change.
TYPED_TEST(OnlineLearning, NarrowChainsHaveTheBitsOfForwardAndBackward) {
  using T = TypeParam;
  Dice dice(67);
  std::size_t compared = 0;
  for (const std::size_t inputs : {1u, 2u, 8u, 9u, 64u})
    for (const std::size_t hidden : {1u, 2u, 8u, 11u, 16u, 17u})
      for (const char* activation : {"sigmoid", "tanh", "relu", "identity", "gelu"}) {
        const NetworkSpec spec{.inputs = inputs, .layers = {{hidden, activation}, {3, "sigmoid"}}};
        const auto start = random_network<T>(dice, spec);
        const auto source = random_patterns<T>(dice, 9, inputs, 3);
        auto one = start, two = start;
        auto at_once = trainer_for<T>(one, {.optimizer = DeltaRule{0.1}}),
             in_steps = trainer_for<T>(two, {.optimizer = DeltaRule{0.1}});
        for (std::size_t p = 0; p < source.size(); ++p) {
          ASSERT_EQ(at_once.learn_one(source.input(p), source.target(p)), LearnStatus::learned);
          const auto y = in_steps.forward(source.input(p));
          std::array<T, 3> slopes{};
          for (std::size_t k = 0; k < 3; ++k) slopes[k] = y[k] - source.target(p)[k];
          ASSERT_EQ(in_steps.backward(slopes, {}), LearnStatus::learned);
        }
        EXPECT_TRUE(same_weights(one, two)) << inputs << '-' << hidden << "-3 " << activation;
        ++compared;
      }
  EXPECT_EQ(compared, 150u);
}

TYPED_TEST(OnlineLearning, LookingMeanwhileChangesNothing) {
  using T = TypeParam;
  Dice dice(62);
  std::size_t looks = 0;
  for (int round = 0; round < 40; ++round) {
    auto alone = any_network<T>(dice), watched = alone;
    const auto source = random_patterns<T>(dice, 40, alone.inputs(), alone.outputs());
    const TrainerOptions options{.optimizer = rules()[dice.between(0, 1)]};
    auto trainer = trainer_for<T>(alone, options), other = trainer_for<T>(watched, options);
    for (std::size_t p = 0; p < source.size(); ++p) {
      ASSERT_EQ(trainer.learn_one(source.input(p), source.target(p)),
                other.learn_one(source.input(p), source.target(p)));
      for (; dice.chance(0.5); ++looks) look(watched, other, source, dice.between(0, 6));
    }
    EXPECT_TRUE(same_weights(alone, watched));
  }
  EXPECT_GE(looks, 1000u);
}

TYPED_TEST(OnlineLearning, ReadersSeeAPendingChangeWithoutMakingIt) {
  using T = TypeParam;
  Dice dice(63);
  std::size_t compared = 0;
  for (int round = 0; round < 60; ++round) {
    auto network = any_network<T>(dice);
    const auto source = random_patterns<T>(dice, 20, network.inputs(), network.outputs());
    auto trainer = trainer_for<T>(network, {.optimizer = rules()[dice.between(0, 1)]});
    for (std::size_t p = 0; p < source.size(); ++p)
      if (trainer.learn_one(source.input(p), source.target(p)) != LearnStatus::learned) break;
    if (network.pending() == nullptr) continue;
    const network::Network<T>& reader = network;
    const auto weights = reader.weights();
    const network::Network<T> copy = reader;
    std::vector<T> predicted(reader.outputs());
    base::AlignedBuffer<T> scratch(network::predict_scratch(reader));
    const base::FlushDenormals mode;
    network::predict_one(reader, source.input(0).data(), predicted.data(), scratch.span());
    const double loss = mean_loss<T>(reader, source, trainer.team());
    ASSERT_NE(reader.pending(), nullptr) << "nobody has made it";
    ASSERT_EQ(copy.pending(), nullptr);
    EXPECT_EQ(reader.parameter(reader.place_of(0)), weights[0]);
    network.settle();
    EXPECT_TRUE(same_bits<T>(weights, reader.weights()));
    EXPECT_TRUE(same_weights(copy, reader));
    std::vector<T> again(reader.outputs());
    network::predict_one(reader, source.input(0).data(), again.data(), scratch.span());
    EXPECT_TRUE(same_bits<T>(predicted, again));
    EXPECT_EQ(loss, mean_loss<T>(reader, source, trainer.team()));
    ++compared;
  }
  EXPECT_GE(compared, 50u);
}

TYPED_TEST(OnlineLearning, ZerosAreSkippedExactly) {
  using T = TypeParam;
  Dice dice(64);
  std::size_t compared = 0;
  for (const double share : {0.05, 0.2, 0.5, 1.0}) {
    // A mask that masks one weight only keeps the other network from skipping; that weight is zero in both.
    NetworkSpec spec{.inputs = 90, .layers = {{37, "tanh"}, {3, "sigmoid"}}};
    auto skipping = random_network<T>(dice, spec);
    spec.layers[0].from.emplace_back(0);
    spec.layers[0].from[0].mask.assign(37 * 90, 1);
    spec.layers[0].from[0].mask[0] = 0;
    auto plain = *network::Network<T>::create(spec);
    auto weights = skipping.weights();
    weights[0] = 0;
    ASSERT_TRUE(plain.set_weights(weights));
    ASSERT_TRUE(skipping.set_weights(weights));
    auto source = random_patterns<T>(dice, 30, 90, 3);
    for (std::size_t i = 0; i < source.x.size(); ++i)
      if (i % 90 == 0 || !dice.chance(share)) source.x[i] = T{0};  // input 1 is always zero: weight 1 never moves
    auto one = trainer_for<T>(skipping, {.optimizer = DeltaRule{0.1}}),
         other = trainer_for<T>(plain, {.optimizer = DeltaRule{0.1}});
    for (std::size_t p = 0; p < source.size(); ++p) {
      ASSERT_EQ(one.learn_one(source.input(p), source.target(p)), LearnStatus::learned);
      ASSERT_EQ(other.learn_one(source.input(p), source.target(p)), LearnStatus::learned);
      EXPECT_EQ(skipping.weights(), plain.weights());
      ++compared;
    }
  }
  EXPECT_EQ(compared, 120u);
}

/// All patterns in pairs, or one at a time.
template <class T>
network::Network<T> learned(network::Network<T> network, const ArraySource<T>& source, std::size_t first, bool ahead) {
  UpdateState<T> state;
  const auto online = Online<T>::create(network, {.optimizer = DeltaRule{0.05}}, state, ahead ? 0 : SIZE_MAX);
  EXPECT_EQ(online->looks_ahead(), ahead);
  const base::FlushDenormals mode;
  for (std::size_t p = first; p < source.size();) {
    std::array<double, 2> losses{};
    if (ahead && p + 1 < source.size()) {
      EXPECT_EQ(online->learn_pair({source.input(p).data(), source.input(p + 1).data()},
                                   {source.target(p).data(), source.target(p + 1).data()}, losses),
                2u);
      p += 2;
    } else {
      online->finish_pairs();
      EXPECT_TRUE(online->learn(source.input(p).data(), source.target(p).data(), nullptr));
      ++p;
    }
  }
  online->finish_pairs();
  network.settle();
  return network;
}

TYPED_TEST(OnlineLearning, LookingAheadDiffersByRoundingOnly) {
  using T = TypeParam;
  Dice dice(65);
  std::size_t compared = 0, different = 0;
  for (const std::size_t patterns : {1u, 2u, 7u, 24u}) {
    NetworkSpec spec{.inputs = 60, .layers = {{45, "tanh"}, {9, "sigmoid"}, {4, "sigmoid"}}};
    spec.layers[2].from = {Connection(0), Connection(1), Connection(2)};
    const auto start = random_network<T>(dice, spec);
    const auto source = random_patterns<T>(dice, patterns, 60, 4);
    const auto ahead = learned<T>(start, source, 0, true).weights(),
               plain = learned<T>(start, source, 0, false).weights();
    EXPECT_TRUE(same_bits<T>(ahead, learned<T>(start, source, 0, true).weights())) << "the same every time";
    // A net input has 60 terms; a change passes on a relative error of that many roundings at most per step.
    const T bound = static_cast<T>(patterns * 60 * 8) * std::numeric_limits<T>::epsilon();
    for (std::size_t i = 0; i < ahead.size(); ++i, ++compared) {
      EXPECT_LE(std::fabs(ahead[i] - plain[i]), bound);
      different += ahead[i] != plain[i] ? 1 : 0;
    }
  }
  EXPECT_GE(compared, 4u * 3000u);
  EXPECT_GE(different, 100u) << "it did look ahead";
}

TYPED_TEST(OnlineLearning, APatternThatIsNotFiniteLeavesNoTraceAmongPairs) {
  using T = TypeParam;
  Dice dice(66);
  std::size_t compared = 0;
  for (const std::size_t bad : {0u, 1u, 4u, 5u}) {
    auto network = plain_network<T>(600, {500, 3}), other = network;
    auto source = random_patterns<T>(dice, 8, 600, 3);
    for (T& x : source.x) x *= T(0.01);
    source.x[bad * 600 + 17] = std::numeric_limits<T>::quiet_NaN();
    auto trainer = trainer_for<T>(network, {.optimizer = DeltaRule{0.01}}),
         before = trainer_for<T>(other, {.optimizer = DeltaRule{0.01}});
    std::size_t done = 99, done_before = 99;
    const auto failed = trainer.step_each(source, all_patterns(8), done);
    ASSERT_FALSE(failed);
    EXPECT_EQ(done, bad);
    EXPECT_EQ(trainer.steps(), bad);
    const auto whole = all_patterns(bad);
    ASSERT_TRUE(before.step_each(source, whole, done_before));
    EXPECT_TRUE(same_weights(network, other)) << bad;
    ++compared;
  }
  EXPECT_EQ(compared, 4u);
}

TYPED_TEST(OnlineLearning, TheChangeIsTheDerivations) {
  using T = TypeParam;
  Dice dice(67);
  std::size_t compared = 0;
  for (int round = 0; round < 200; ++round) {
    auto network = any_network<T>(dice);
    const auto source = random_patterns<T>(dice, 2, network.inputs(), network.outputs());
    const double u = double{std::numeric_limits<T>::epsilon()}, eta = 0.0625;
    const auto before = network.weights();
    const std::vector<double> w(before.begin(), before.end());
    const std::vector<double> x(source.input(1).begin(), source.input(1).end());
    const std::vector<double> t(source.target(1).begin(), source.target(1).end());
    const auto pass = derivation::reference_pass<double>(network.graph(), network.resolved(), w, x, t);
    const auto bound = ErrorBounds(network.graph(), network.resolved(), w, u).of(pass, t);
    if (near_a_kink(network.resolved(), pass, bound, t)) continue;
    auto trainer = trainer_for<T>(network, {.optimizer = DeltaRule{eta}});
    if (trainer.learn_one(source.input(1), source.target(1)) != LearnStatus::learned) continue;
    const auto after = network.weights();
    for (std::size_t i = 0; i < w.size(); ++i) {
      const bool still =
          network.is_masked(i) || (!network.movable().empty() && network.movable()[network.place_of(i)] == T{0});
      const double expected = still ? w[i] : w[i] - eta * pass.slopes[i];
      const double room = 2 * (eta * (bound.slopes[i] + 2 * u * std::fabs(pass.slopes[i])) + u * std::fabs(expected));
      ASSERT_LE(std::fabs(static_cast<double>(after[i]) - expected), room + std::numeric_limits<double>::min());
      ++compared;
    }
  }
  EXPECT_GE(compared, 20000u);
}

}  // namespace
}  // namespace deltarule::training::testing
