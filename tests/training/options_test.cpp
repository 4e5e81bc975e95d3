// What a trainer refuses to be built from, by name, and what it makes of layers with rates of their own.
#include "training/options.hpp"

#include <cmath>
#include <limits>

#include "every_regime.hpp"
#include "every_rule.hpp"
#include "support.hpp"

namespace deltarule::training::testing {
namespace {

TEST(Options, ThatMakeNoSenseAreRefusedByName) {
  const double nan = std::nan(""), infinity = std::numeric_limits<double>::infinity();
  const std::vector<std::pair<TrainerOptions, std::string>> wrong = {
      {{.clip_value = -1}, "clip_value"},
      {{.clip_value = nan}, "clip_value"},
      {{.clip_norm = -0.1}, "clip_norm"},
      {{.clip_norm = infinity}, "clip_norm"},
      {{.max_norm = -2}, "max_norm"},
      {{.max_norm = nan}, "max_norm"},
      {{.max_norm = 1e-300}, "rounded to the number type"},
      {{.layer_rates = {{0, 0.5}}}, "layer 0"},
      {{.layer_rates = {{4, 0.5}}}, "layers from 1 to 3"},
      {{.layer_rates = {{2, 0.5}, {2, 0.5}}}, "two factors"},
      {{.layer_rates = {{2, -0.5}}}, "that is not negative"},
      {{.layer_rates = {{2, nan}}}, "that is not negative"},
      {{.layer_rates = {{1, 0}, {2, 0}, {3, 0}}}, "every layer frozen"},
      {{.optimizer = RpropPlus{}, .layer_rates = {{1, 0.5}}}, "an optimizer that has a learning rate"},
      {{.optimizer = AdamW{.learning_rate = 0.1, .weight_decay = 5}, .layer_rates = {{1, 3}}}, "largest factor"}};
  for (const auto& [options, word] : wrong) {
    auto network = plain_network<float>(2, {4, 3, 1});
    const auto made = Trainer<float>::create(network, options);
    ASSERT_FALSE(made) << word;
    EXPECT_EQ(made.error().code, ErrorCode::spec);
    EXPECT_NE(made.error().message().find(word), std::string::npos) << made.error().message();
  }
  EXPECT_TRUE(check_options<double>({.max_norm = 1e-300}, 3)) << "a number of f64";
  EXPECT_TRUE(check_options<float>({.optimizer = RpropPlus{}, .layer_rates = {{1, 0}, {2, 1}}}, 3));
}

/// Layers that all have a factor learn as the network does with that much of the rate.
TEST(LayerRates, OfEveryLayerAreARateOfTheNetwork) {
  std::size_t compared = 0;
  for (const Optimizer& rule : every_rule(0.2)) {
    if (!has_rate(rule)) continue;
    Dice dice(3);
    const auto source = random_patterns<double>(dice, 20, 4, 2);
    auto one = plain_network<double>(4, {5, 2}), other = one;
    auto by_layer = trainer_for<double>(one, {.optimizer = rule, .layer_rates = {{1, 0.5}, {2, 0.5}}}),
         by_factor = trainer_for<double>(other, {.optimizer = rule});
    by_factor.set_rate_factor(0.5);
    for (int s = 0; s < 5; ++s) {
      ASSERT_TRUE(by_layer.step(source, all_patterns(20)));
      ASSERT_TRUE(by_factor.step(source, all_patterns(20)));
    }
    EXPECT_TRUE(same_weights(one, other)) << name_of(rule);
    ++compared;
  }
  EXPECT_EQ(compared, 10u);
}

TEST(FrozenLayers, KeepWeightsAndStateToTheBit) {
  std::size_t compared = 0;
  const auto patterns = all_patterns(20);
  for (const Optimizer& rule : every_rule()) {
    if (!goes_by_weights(rule)) continue;
    for (const std::size_t batch : {1u, 7u, 20u}) {
      Dice dice(4);
      const auto source = random_patterns<float>(dice, 20, 4, 2);
      auto network = plain_network<float>(4, {5, 3, 2});
      const auto before = network.weights();
      auto trainer = trainer_for<float>(
          network, {.optimizer = rule, .l2 = 0.1, .decay_biases = true, .layer_rates = {{2, 0}}, .max_norm = 0.3});
      const auto state = trainer.snapshot();
      for (std::size_t first = 0; first + batch <= 20; first += batch)
        ASSERT_TRUE(trainer.step(source, std::span(patterns).subspan(first, batch)));
      const auto after = network.weights();
      std::size_t moved = 0;
      for (std::size_t i = 0; i < after.size(); ++i) {
        moved += after[i] != before[i] ? 1 : 0;
        if (i < 25 || i >= 43) continue;  // 5 x 3 weights and 3 biases follow 4 x 5 weights and 5 biases
        EXPECT_EQ(after[i], before[i]) << name_of(rule) << ", place " << i;
        const std::size_t place = network.place_of(i);
        for (std::size_t k = 0; k < state.update.arrays.size(); ++k)
          EXPECT_EQ(trainer.state().arrays[k].data()[place], state.update.arrays[k].data()[place]);
        ++compared;
      }
      EXPECT_GE(moved, 20u) << "the others learn";
    }
  }
  EXPECT_EQ(compared, rules_of_weights().size() * 3 * 18);
}

TEST(Limits, ThatAreNotReachedChangeNoBit) {
  for (const Optimizer& rule : every_rule()) {
    if (!goes_by_weights(rule)) continue;
    Dice dice(5);
    const auto source = random_patterns<double>(dice, 30, 4, 2);
    std::vector<std::vector<double>> results;
    for (const TrainerOptions& limits : {TrainerOptions{}, TrainerOptions{.clip_value = 1e6},
                                         TrainerOptions{.clip_norm = 1e6}, TrainerOptions{.max_norm = 1e6}}) {
      TrainerOptions options = limits;
      options.optimizer = rule;
      auto network = plain_network<double>(4, {5, 2});
      auto trainer = trainer_for<double>(network, options);
      for (int s = 0; s < 5; ++s) ASSERT_TRUE(trainer.step(source, all_patterns(30)));
      results.push_back(network.weights());
    }
    for (const auto& result : results) EXPECT_TRUE(same_bits<double>(results[0], result)) << name_of(rule);
  }
}

}  // namespace
}  // namespace deltarule::training::testing
