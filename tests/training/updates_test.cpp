// The update rules: how they relate to each other, what each does in cases that one can work out by hand, and their
// settings. That they apply what their formulas say is in applied_updates_test.cpp.
#include <cmath>
#include <limits>

#include "every_rule.hpp"
#include "support.hpp"
#include "training/updates/registry.hpp"

namespace deltarule::training::testing {
namespace {

/// Some masked weights, a layer without biases, and one with frozen ones.
NetworkSpec spec_with_everything() {
  NetworkSpec spec{.inputs = 3, .layers = {{5, "tanh"}, {4, "sigmoid"}, {2, "identity"}}};
  spec.layers[0].from = {Connection(0, {1, 1, 0, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 0, 1})};
  spec.layers[1].from = {Connection(0), Connection(1)};
  spec.layers[1].train_bias = false;
  return spec;
}

/// Weights after some steps under a rule.
template <class T>
std::vector<T> weights_after(const Optimizer& optimizer, std::size_t steps, double l2 = 0) {
  Dice dice(22);
  auto network = random_network<T>(dice, spec_with_everything());
  const auto source = random_patterns<T>(dice, 6, network.inputs(), network.outputs());
  auto trainer = trainer_for<T>(network, {.optimizer = optimizer, .l2 = l2});
  for (std::size_t s = 0; s < steps; ++s) EXPECT_TRUE(trainer.step(source, all_patterns(6)));
  return network.weights();
}

TEST(UpdateRules, MomentumZeroIsTheDeltaRule) {
  const auto plain = weights_after<double>(DeltaRule{0.1}, 20);
  for (const Optimizer& rule : {Optimizer{Momentum{0.1, 0.0}}, Optimizer{Nesterov{0.1, 0.0}}}) {
    const auto other = weights_after<double>(rule, 20);
    for (std::size_t i = 0; i < plain.size(); ++i) EXPECT_NEAR(plain[i], other[i], 20 * 8 * 0x1p-52);
  }
}

TEST(UpdateRules, AdamWWithoutDecayIsAdamToTheBit) {
  EXPECT_EQ(weights_after<float>(Adam{}, 20), weights_after<float>(AdamW{.weight_decay = 0}, 20));
}

/// m̂ and ŝ of the first step are g and g², whatever the betas: a correction for other betas than those in use, such as
/// unrounded ones, is off by as much as 1 − β₂ changes when β₂ is rounded.
template <class T>
void first_adam_step(double beta2) {
  Dice dice(23);
  auto network = random_network<T>(dice, {.inputs = 3, .layers = {{5, "tanh"}, {2, "identity"}}});
  const auto source = random_patterns<T>(dice, 4, 3, 2);
  const double rate = 0.01;
  auto trainer = trainer_for<T>(network, {.optimizer = Adam{.learning_rate = rate, .beta2 = beta2}});
  const std::vector<T> before = network.weights(), slopes = *trainer.slopes(source, all_patterns(4));
  ASSERT_TRUE(trainer.step(source, all_patterns(4)));
  const std::vector<T> after = network.weights();
  std::size_t compared = 0;
  for (std::size_t i = 0; i < before.size(); ++i) {
    const double g = double{slopes[i]}, w = double{before[i]}, epsilon = double{std::numeric_limits<T>::epsilon()};
    if (std::fabs(g) < 1e-4) continue;  // where Adam's own epsilon counts
    EXPECT_NEAR(double{after[i]} - w, -rate * g / (std::fabs(g) + 1e-8), 32 * epsilon * (std::fabs(w) + rate)) << beta2;
    ++compared;
  }
  EXPECT_GE(compared, 20u);
}

TEST(UpdateRules, TheFirstAdamStepIsTheLearningRateWhateverTheBetas) {
  for (const double beta2 : {0.9, 0.999, 0.9999999}) {
    first_adam_step<double>(beta2);
    first_adam_step<float>(beta2);
  }
}

/// s of the first step is (1 − ρ)g², without Adam's correction: the step is η/√(1−ρ), whatever the slope's size.
TEST(UpdateRules, TheFirstRMSPropStepIsTheRateOverTheRootOfOneMinusRho) {
  Dice dice(24);
  auto network = random_network<double>(dice, {.inputs = 3, .layers = {{5, "tanh"}, {2, "identity"}}});
  const auto source = random_patterns<double>(dice, 4, 3, 2);
  const double rho = 0.9, rate = 0.01;
  auto trainer = trainer_for<double>(network, {.optimizer = RMSProp{.learning_rate = rate, .rho = rho}});
  const std::vector<double> before = network.weights(), slopes = *trainer.slopes(source, all_patterns(4));
  ASSERT_TRUE(trainer.step(source, all_patterns(4)));
  const std::vector<double> after = network.weights();
  std::size_t compared = 0;
  for (std::size_t i = 0; i < before.size(); ++i) {
    const double g = slopes[i], size = rate / std::sqrt(1 - rho), w = before[i];
    if (std::fabs(g) < 1e-4) continue;  // where ε counts
    EXPECT_NEAR(after[i] - w, std::copysign(size, -g), 32 * 0x1p-52 * (std::fabs(w) + size) + size * 1e-8 / 3e-5);
    ++compared;
  }
  EXPECT_GE(compared, 20u);
}

TEST(UpdateRules, DecayAndPenaltyAreNotTheSameUnderAdam) {
  EXPECT_NE(weights_after<double>(Adam{}, 20, 0.01), weights_after<double>(AdamW{.weight_decay = 0.01}, 20));
}

// ---- cases that one can work out by hand ----

/// One weight, w x with x = 1 and the sum of the outputs as error: the slope is 1 whatever happens; with `turns` it is
/// −1 in every second step.
std::vector<double> path_of(const Optimizer& optimizer, std::size_t steps, bool turns = false) {
  auto network = *network::Network<double>::create(
      {.inputs = 1, .layers = {{.units = 1, .activation = "identity", .bias = false}}, .loss = "output_sum"});
  EXPECT_TRUE(network.set_weights(std::vector<double>{8}));
  auto trainer = trainer_for<double>(network, {.optimizer = optimizer});
  std::vector<double> path;
  for (std::size_t s = 0; s < steps; ++s) {
    const std::vector<double> x{turns && s % 2 == 1 ? -1.0 : 1.0}, t{0};
    EXPECT_EQ(trainer.learn_one(x, t), LearnStatus::learned);
    path.push_back(network.weights()[0]);
  }
  return path;
}

TEST(Rprop, StepsGrowWhileTheSignStaysAndNoFurtherThanTheyMay) {
  const std::vector<double> expected{7, 5, 1, -4, -9};
  EXPECT_EQ(path_of(RpropMinus{1, 2, 0.5, 0, 5}, 5), expected);
  EXPECT_EQ(path_of(RpropPlus{1, 2, 0.5, 0, 5}, 5), expected);
  EXPECT_EQ(path_of(IRpropMinus{1, 2, 0.5, 0, 5}, 5), expected);
  EXPECT_EQ(path_of(IRpropPlus{1, 2, 0.5, 0, 5}, 5), expected);
}

/// Slopes 1, −1, 1, −1, and E = w, −w, w, −w has fallen at each turn.
TEST(Rprop, TheFourDifferWhereTheSlopeTurns) {
  EXPECT_EQ(path_of(RpropMinus{1, 2, 0.5, 0.25, 5}, 4, true), (std::vector<double>{7, 7.5, 7.25, 7.5}));
  EXPECT_EQ(path_of(RpropPlus{1, 2, 0.5, 0.25, 5}, 4, true), (std::vector<double>{7, 8, 7.5, 8}));
  EXPECT_EQ(path_of(IRpropMinus{1, 2, 0.5, 0.25, 5}, 4, true), (std::vector<double>{7, 7, 6.5, 6.5}));
  EXPECT_EQ(path_of(IRpropPlus{1, 2, 0.5, 0.25, 5}, 4, true), (std::vector<double>{7, 7, 6.5, 6.5}));
}

/// The error of a batch in one weight: the parabola (8 − w)²/2 of one pattern, which a step of 10 overshoots.
TEST(Rprop, IRpropPlusGoesBackWhereTheErrorHasRisen) {
  const auto after_two = [](const Optimizer& rule, double start) {
    auto network = *network::Network<double>::create(
        {.inputs = 1, .layers = {{.units = 1, .activation = "identity", .bias = false}}});
    EXPECT_TRUE(network.set_weights(std::vector<double>{start}));
    auto trainer = trainer_for<double>(network, {.optimizer = rule});
    const std::vector<double> x{1}, t{8};
    for (int s = 0; s < 2; ++s) EXPECT_EQ(trainer.learn_one(x, t), LearnStatus::learned);
    return network.weights()[0];
  };
  EXPECT_EQ(after_two(IRpropPlus{.delta0 = 10}, 5), 5) << "at 15 the error is larger";
  EXPECT_EQ(after_two(IRpropPlus{.delta0 = 10}, 2), 12) << "at 12 the error is smaller, though the slope has turned";
  EXPECT_EQ(after_two(IRpropMinus{.delta0 = 10}, 5), 15);
  EXPECT_EQ(after_two(RpropPlus{.delta0 = 10}, 2), 2);
  EXPECT_EQ(after_two(RpropMinus{.delta0 = 10}, 5), 10);
}

TEST(Rprop, SlopesWhoseProductVanishesStillAgree) {
  auto network = *network::Network<float>::create(
      {.inputs = 1, .layers = {{.units = 1, .activation = "identity", .bias = false}}, .loss = "output_sum"});
  auto trainer = trainer_for<float>(network, {.optimizer = RpropMinus{.delta0 = 1, .eta_plus = 2}});
  const std::vector<float> x{1e-30F}, t{0};
  for (int s = 0; s < 2; ++s) EXPECT_EQ(trainer.learn_one(x, t), LearnStatus::learned);
  EXPECT_EQ(network.weights()[0], -3.0F);
}

/// In one weight and a parabola, the second step of Quickprop ends at the minimum.
TEST(Quickprop, FindsTheMinimumOfAParabola) {
  auto network = *network::Network<double>::create(
      {.inputs = 1, .layers = {{.units = 1, .activation = "identity", .bias = false}}});
  auto trainer = trainer_for<double>(network, {.optimizer = Quickprop{.learning_rate = 0.5}});
  const std::vector<double> x{1}, t{8};
  std::vector<double> path;
  for (int s = 0; s < 4; ++s) {
    EXPECT_EQ(trainer.learn_one(x, t), LearnStatus::learned);
    path.push_back(network.weights()[0]);
  }
  // From 0 by ½ · 8 to 4; there s = −4, s' = −8: 4 · −4 / (−8 + 4) = 4, and ½ · 4 on top: 10; then back.
  EXPECT_EQ(path[0], 4);
  EXPECT_EQ(path[1], 10);
  EXPECT_NEAR(path[2], 8, 1e-15);
}

/// Each step μ = 2 times the step before, and ε s on top.
TEST(Quickprop, GrowsByNoMoreThanMu) { EXPECT_EQ(path_of(Quickprop{1, 2}, 3), (std::vector<double>{7, 4, -3})); }

TEST(Quickprop, AWeightWithoutSlopeStaysWhereItIs) {
  auto network = plain_network<double>(2, {3, 1});
  auto trainer = trainer_for<double>(network, {.optimizer = Quickprop{}});
  const auto before = network.weights();
  const std::vector<double> silent{0, 0.5}, t{1};
  for (int s = 0; s < 5; ++s) EXPECT_EQ(trainer.learn_one(silent, t), LearnStatus::learned);
  const std::vector<double> after = network.weights();
  for (const std::size_t from_silent : {0u, 2u, 4u}) EXPECT_EQ(before[from_silent], after[from_silent]);
  EXPECT_NE(before[1], after[1]);
}

TEST(Adagrad, ASumOfSquaresStaysFinite) {
  auto network = *network::Network<float>::create(
      {.inputs = 1, .layers = {{.units = 1, .activation = "identity", .bias = false}}, .loss = "output_sum"});
  auto trainer = trainer_for<float>(network, {.optimizer = Adagrad{}});
  const std::vector<float> x{1.5e19F}, t{0};
  for (int s = 0; s < 8; ++s) EXPECT_EQ(trainer.learn_one(x, t), LearnStatus::learned);
  EXPECT_EQ(trainer.state().arrays[0].data()[0], std::numeric_limits<float>::max());
}

TEST(Lion, StepsHaveTheSizeOfTheRate) {
  EXPECT_EQ(path_of(Lion{.learning_rate = 0.5}, 3), (std::vector<double>{7.5, 7, 6.5}));
  EXPECT_EQ(path_of(Lion{.learning_rate = 0.5, .weight_decay = 0.5}, 2), (std::vector<double>{5.5, 3.625}));
}

TEST(UpdateRules, LeaveConnectionsThatDoNotExistAtZero) {
  std::size_t looked_at = 0;
  for (const Optimizer& rule : every_rule()) {
    Dice dice(25);
    auto network = random_network<float>(dice, spec_with_everything());
    const auto source = random_patterns<float>(dice, 6, network.inputs(), network.outputs());
    auto trainer = trainer_for<float>(network, {.optimizer = rule, .l2 = 0.01, .l1 = 0.01});
    for (int s = 0; s < 30; ++s) ASSERT_TRUE(trainer.step(source, all_patterns(6)));
    const std::vector<float> after = network.weights();
    for (std::size_t i = 0; i < after.size(); ++i) {
      if (!network.is_masked(i)) continue;
      EXPECT_TRUE(after[i] == 0.0F && !std::signbit(after[i])) << name_of(rule);
      ++looked_at;
    }
  }
  EXPECT_EQ(looked_at, 3 * std::variant_size_v<Optimizer>);
}

TEST(UpdateRules, AreFoundByNameAndAlias) {
  std::size_t found = 0;
  for (const UpdateEntry& entry : update_rules()) {
    EXPECT_EQ(name_of(entry.defaults), entry.name);
    EXPECT_EQ((*find_update(entry.name))->name, entry.name);
    for (const auto alias : entry.aliases) EXPECT_EQ((*find_update(alias))->name, entry.name);
    ++found;
  }
  EXPECT_EQ(found, std::variant_size_v<Optimizer>);
  EXPECT_EQ((*find_update("sgd"))->name, "delta-rule");
  EXPECT_EQ((*find_update("delta_rule"))->name, "delta-rule");
  EXPECT_EQ((*find_update("irprop_plus"))->name, "irprop+");
  const auto unknown = find_update("irprop++");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, ErrorCode::spec);
  EXPECT_NE(unknown.error().message().find("adamw"), std::string::npos);
}

TEST(UpdateRules, SettingsAreReachedByName) {
  Optimizer optimizer = Adam{};
  EXPECT_TRUE(set_setting(optimizer, "lr", 0.5));
  EXPECT_TRUE(set_setting(optimizer, "eps", 0.25));
  EXPECT_FALSE(set_setting(optimizer, "momentum", 0.5));
  EXPECT_EQ(std::get<Adam>(optimizer).learning_rate, 0.5);
  EXPECT_EQ(std::get<Adam>(optimizer).epsilon, 0.25);
  const auto settings = settings_of(optimizer);
  ASSERT_EQ(settings.size(), 4u);
  EXPECT_EQ(settings[1].first, "beta1");
  EXPECT_EQ(settings[1].second, 0.9);
}

TEST(UpdateRules, SettingsThatMakeNoSenseAreRefused) {
  auto network = plain_network<float>(2, {2});
  const double nan = std::numeric_limits<double>::quiet_NaN(), inf = std::numeric_limits<double>::infinity();
  const std::vector<TrainerOptions> bad{
      {.optimizer = DeltaRule{0}},
      {.optimizer = DeltaRule{-1}},
      {.optimizer = DeltaRule{nan}},
      {.optimizer = DeltaRule{inf}},
      {.optimizer = DeltaRule{1e-60}},
      {.optimizer = DeltaRule{1e60}},
      {.optimizer = Momentum{0.1, 1}},
      {.optimizer = Momentum{0.1, -0.5}},
      {.optimizer = Nesterov{0.1, nan}},
      {.optimizer = Momentum{0.1, 1 - 1e-12}},
      {.optimizer = Adam{.beta1 = 1}},
      {.optimizer = Adam{.beta2 = 1}},
      {.optimizer = Adam{.epsilon = 0}},
      {.optimizer = AdamW{.weight_decay = -1}},
      {.optimizer = RMSProp{.rho = 1}},
      {.optimizer = RMSProp{.rho = -0.1}},
      {.optimizer = RMSProp{.epsilon = 0}},
      {.optimizer = AdamW{.learning_rate = 1, .weight_decay = 2}},
      {.optimizer = Adagrad{.epsilon = 0}},
      {.optimizer = Adadelta{.rho = 1}},
      {.optimizer = Adadelta{.epsilon = 0}},
      {.optimizer = Lion{.beta1 = 1}},
      {.optimizer = Lion{.learning_rate = 1, .weight_decay = 2}},
      {.optimizer = RpropMinus{.delta0 = 0}},
      {.optimizer = RpropPlus{.eta_plus = 0.9}},
      {.optimizer = IRpropMinus{.eta_minus = 0}},
      {.optimizer = IRpropMinus{.eta_minus = 1.1}},
      {.optimizer = IRpropPlus{.delta_min = -1}},
      {.optimizer = IRpropPlus{.delta_max = inf}},
      {.optimizer = RpropPlus{.delta0 = 60}},
      {.optimizer = RpropMinus{.delta0 = 0.01, .delta_min = 0.1}},
      {.optimizer = Quickprop{.mu = 0}},
      {.optimizer = Quickprop{.weight_decay = -1}},
      {.l2 = -1},
      {.l1 = nan},
      {.l2 = inf},
      {.threads = 0},
  };
  for (std::size_t i = 0; i < bad.size(); ++i) {
    const auto made = Trainer<float>::create(network, bad[i]);
    ASSERT_FALSE(made) << "settings number " << i;
    EXPECT_EQ(made.error().code, ErrorCode::spec);
    EXPECT_FALSE(made.error().got.empty());
  }
  EXPECT_EQ(bad.size(), 37u);
}

}  // namespace
}  // namespace deltarule::training::testing
