// The update rules: the change they apply against a plain re-coding of each formula, penalties and what they spare, and
// how the rules relate to each other.
#include <cmath>
#include <functional>
#include <limits>
#include <map>

#include "support.hpp"
#include "training/updates/registry.hpp"

namespace deltarule::training::testing {
namespace {

/// One weight's memory, and the rules as one reads them in deltarule/rules.hpp, a weight at a time in double.
struct Memory {
  double v = 0, m = 0, s = 0;
};
using Recoded = std::function<double(const Optimizer&, double w, double g, Memory&, double step, bool is_bias)>;

double adam_change(double eta, double beta1, double beta2, double epsilon, double g, Memory& memory, double step) {
  memory.m = beta1 * memory.m + (1 - beta1) * g;
  memory.s = beta2 * memory.s + (1 - beta2) * g * g;
  const double m = memory.m / (1 - std::pow(beta1, step)), s = memory.s / (1 - std::pow(beta2, step));
  return -eta * m / (std::sqrt(s) + epsilon);
}

const std::map<std::string, Recoded>& recoded() {
  static const std::map<std::string, Recoded> all{
      {"delta-rule", [](const Optimizer& o, double, double g, Memory&, double,
                        bool) { return -std::get<DeltaRule>(o).learning_rate * g; }},
      {"momentum",
       [](const Optimizer& o, double, double g, Memory& memory, double, bool) {
         const auto& s = std::get<Momentum>(o);
         return memory.v = s.momentum * memory.v - s.learning_rate * g;
       }},
      {"nesterov",
       [](const Optimizer& o, double, double g, Memory& memory, double, bool) {
         const auto& s = std::get<Nesterov>(o);
         memory.v = s.momentum * memory.v - s.learning_rate * g;
         return s.momentum * memory.v - s.learning_rate * g;
       }},
      {"adam",
       [](const Optimizer& o, double, double g, Memory& memory, double step, bool) {
         const auto& s = std::get<Adam>(o);
         return adam_change(s.learning_rate, s.beta1, s.beta2, s.epsilon, g, memory, step);
       }},
      {"adamw",
       [](const Optimizer& o, double w, double g, Memory& memory, double step, bool is_bias) {
         const auto& s = std::get<AdamW>(o);
         const double decay = is_bias ? 0 : s.learning_rate * s.weight_decay * w;
         return adam_change(s.learning_rate, s.beta1, s.beta2, s.epsilon, g, memory, step) - decay;
       }},
      {"rmsprop",
       [](const Optimizer& o, double, double g, Memory& memory, double, bool) {
         const auto& s = std::get<RMSProp>(o);
         memory.s = s.rho * memory.s + (1 - s.rho) * g * g;
         return -s.learning_rate * g / (std::sqrt(memory.s) + s.epsilon);
       }},
  };
  return all;
}

/// By canonical position: 0 a weight, 1 a bias, 2 a weight that does not exist or a bias that is frozen.
template <class T>
std::vector<int> kinds_of(const network::Network<T>& network) {
  std::vector<int> kinds(network.graph().weight_count(), 0);
  for (const base::Layer& layer : network.graph().layers())
    for (std::size_t u = 0; layer.bias && u < layer.units; ++u) kinds[layer.first_bias + u] = layer.train_bias ? 1 : 2;
  for (std::size_t i = 0; i < kinds.size(); ++i)
    if (network.is_masked(i)) kinds[i] = 2;
  return kinds;
}

/// Some masked weights, a layer without biases, and one with frozen ones.
NetworkSpec spec_with_everything() {
  NetworkSpec spec{.inputs = 3, .layers = {{5, "tanh"}, {4, "sigmoid"}, {2, "identity"}}};
  spec.layers[0].from = {Connection(0, {1, 1, 0, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 0, 1})};
  spec.layers[1].from = {Connection(0), Connection(1)};
  spec.layers[1].train_bias = false;
  return spec;
}

template <class T>
std::size_t compare_rule(const Optimizer& optimizer, Reduction reduction, double l1, double l2) {
  Dice dice(21);
  auto network = random_network<T>(dice, spec_with_everything());
  const auto source = random_patterns<T>(dice, 7, network.inputs(), network.outputs());
  auto trainer = trainer_for<T>(network, {.optimizer = optimizer, .reduction = reduction, .l2 = l2, .l1 = l1});
  const std::vector<int> kinds = kinds_of(network);
  std::vector<Memory> memory(kinds.size());
  const Recoded& rule = recoded().at(std::string(name_of(optimizer)));
  std::size_t compared = 0;
  for (int step = 1; step <= 5; ++step) {
    const auto patterns = all_patterns(step % 2 == 0 ? 7 : 3);
    const std::vector<T> before = network.weights(), slopes = *trainer.slopes(source, patterns);
    EXPECT_TRUE(trainer.step(source, patterns));
    const std::vector<T> after = network.weights();
    for (std::size_t i = 0; i < before.size(); ++i) {
      const double w = double{before[i]};
      if (kinds[i] == 2) {
        EXPECT_EQ(before[i], after[i]) << "a weight that may not move, place " << i;
        continue;
      }
      double g = double{slopes[i]};
      if (kinds[i] == 0) g += l2 * w + l1 * static_cast<double>((w > 0) - (w < 0));
      const double expected = w + rule(optimizer, w, g, memory[i], step, kinds[i] == 1);
      // A handful of operations per step, each off by half an ulp of its result; in f32 the constants are rounded, too.
      const double bound = 32.0 * step * double{std::numeric_limits<T>::epsilon()} * (std::fabs(w) + 1);
      EXPECT_NEAR(double{after[i]}, expected, bound) << name_of(optimizer) << ", step " << step << ", place " << i;
      ++compared;
    }
  }
  return compared;
}

TEST(UpdateRules, ApplyWhatTheirFormulasSay) {
  std::size_t compared = 0, rules = 0;
  for (const UpdateEntry& entry : update_rules()) {
    ASSERT_TRUE(recoded().contains(std::string(entry.name))) << "no re-coding of rule " << entry.name;
    ++rules;
    for (const Reduction reduction : {Reduction::mean, Reduction::sum})
      for (const double l1 : {0.0, 0.03})
        for (const double l2 : {0.0, 0.1}) {
          compared += compare_rule<double>(entry.defaults, reduction, l1, l2);
          compared += compare_rule<float>(entry.defaults, reduction, l1, l2);
        }
  }
  EXPECT_EQ(rules, std::variant_size_v<Optimizer>);
  EXPECT_GE(compared, rules * 8 * 2 * 5 * 40);
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

TEST(UpdateRules, AreFoundByNameAndAlias) {
  std::size_t found = 0;
  for (const UpdateEntry& entry : update_rules()) {
    EXPECT_EQ(name_of(entry.defaults), entry.name);
    EXPECT_EQ((*find_update(entry.name))->name, entry.name);
    for (const auto alias : entry.aliases) EXPECT_EQ((*find_update(alias))->name, entry.name);
    ++found;
  }
  EXPECT_EQ(found, 6u);
  EXPECT_EQ((*find_update("sgd"))->name, "delta-rule");
  EXPECT_EQ((*find_update("delta_rule"))->name, "delta-rule");
  const auto unknown = find_update("irprop+");
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
  EXPECT_EQ(bad.size(), 22u);
}

}  // namespace
}  // namespace deltarule::training::testing
