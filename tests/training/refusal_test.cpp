// Patterns that are not finite: refused, counted, and without a trace in weights, rule state or what is learned later.
#include <limits>

#include "every_regime.hpp"
#include "every_rule.hpp"
#include "support.hpp"
#include "training/updates/registry.hpp"

namespace deltarule::training::testing {
namespace {

constexpr std::size_t kPatterns = 100000, kInputs = 5, kOutputs = 2;

/// NaN, ±infinity, 1e300 (infinite in f32), and the largest number whose square still overflows, in turn.
template <class T>
T bad_number(std::size_t which) {
  const double all[] = {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(),
                        -std::numeric_limits<double>::infinity(), 1e300, -1e300};
  return static_cast<T>(all[which % 5]);
}

/// Learns every pattern; one in a hundred has a bad number in an input or a target, and is refused or left out.
template <class T>
std::size_t learn_all(Trainer<T>& trainer, Dice dice, bool leave_bad_out, std::size_t patterns) {
  std::vector<T> x(kInputs), t(kOutputs);
  std::size_t bad = 0;
  for (std::size_t p = 0; p < patterns; ++p) {
    for (T& one : x) one = static_cast<T>(dice.uniform(-1, 1));
    for (T& one : t) one = static_cast<T>(dice.uniform(-1, 1));
    const bool is_bad = p % 100 == 37;
    if (is_bad) {
      const std::size_t place = bad % (kInputs + kOutputs);
      (place < kInputs ? x[place] : t[place - kInputs]) = bad_number<T>(bad / (kInputs + kOutputs));
      ++bad;
      if (leave_bad_out) continue;
    }
    const LearnStatus status = trainer.learn_one(x, t);
    if (status != (is_bad ? LearnStatus::not_finite : LearnStatus::learned)) {
      ADD_FAILURE() << "pattern " << p;
      return bad;
    }
  }
  return bad;
}

bool same_number(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

template <class T>
void expect_same_state(const Trainer<T>& one, const Trainer<T>& other) {
  const BatchErrors &errors = one.state().errors, &others = other.state().errors;
  EXPECT_TRUE(same_number(errors.now, others.now) && same_number(errors.before, others.before));
  EXPECT_EQ(one.state().numbers, other.state().numbers);
  ASSERT_EQ(one.state().arrays.size(), other.state().arrays.size());
  for (std::size_t k = 0; k < one.state().arrays.size(); ++k)
    EXPECT_TRUE(same_bits<T>(one.state().arrays[k].span(), other.state().arrays[k].span()));
}

template <class T>
void compare_with_the_run_without(const Optimizer& optimizer, std::size_t patterns = kPatterns) {
  auto with = plain_network<T>(kInputs, {6, kOutputs}), without = with;
  const TrainerOptions options{.optimizer = optimizer, .l2 = 1e-5};
  auto trainer = trainer_for<T>(with, options), other = trainer_for<T>(without, options);
  const std::size_t bad = learn_all(trainer, Dice(41), false, patterns);
  EXPECT_EQ(learn_all(other, Dice(41), true, patterns), bad);
  EXPECT_EQ(bad, patterns / 100);
  EXPECT_EQ(trainer.refused(), bad);
  EXPECT_EQ(other.refused(), 0u);
  EXPECT_EQ(trainer.steps(), patterns - bad);
  EXPECT_EQ(other.steps(), patterns - bad);
  EXPECT_TRUE(same_weights(with, without));
  expect_same_state(trainer, other);
}

TEST(PatternsThatAreNotFinite, LeaveNoTraceInDouble) {
  for (const Optimizer& rule : {Optimizer{DeltaRule{0.01}}, Optimizer{Adam{}}})
    compare_with_the_run_without<double>(rule);
}
TEST(PatternsThatAreNotFinite, LeaveNoTraceInFloat) {
  for (const Optimizer& rule : {Optimizer{Momentum{0.01, 0.9}}, Optimizer{AdamW{}}})
    compare_with_the_run_without<float>(rule);
}

TEST(PatternsThatAreNotFinite, LeaveNoTraceUnderAnyRule) {
  std::size_t rules = 0;
  for (const Optimizer& rule : every_rule(0.2)) {
    if (!goes_by_weights(rule)) continue;
    SCOPED_TRACE(name_of(rule));
    compare_with_the_run_without<float>(rule, 4000);
    ++rules;
  }
  EXPECT_EQ(rules, rules_of_weights().size());
}

/// Under any rule and all that the options add to it. The batches between are learned as though the bad one had never
/// been: weights, state, and the errors that are compared.
TEST(BatchesThatAreNotFinite, LeaveNoTraceUnderAnyRuleAndRegime) {
  std::size_t refused = 0;
  std::size_t regimes = 0;
  for (const Optimizer& rule : every_rule())
    for (const Regime& regime : every_regime(rule, 2)) {
      if (!goes_by_weights(rule) && !suit_all_together(regime.options)) continue;  // refused: full_batch_test.cpp
      SCOPED_TRACE(std::string(name_of(rule)) + ", " + regime.name);
      ++regimes;
      Dice dice(42);
      auto source = random_patterns<double>(dice, 12, kInputs, kOutputs);
      source.x[11 * kInputs] = bad_number<double>(refused);
      auto with = plain_network<double>(kInputs, {6, kOutputs}), without = with;
      auto trainer = trainer_for<double>(with, regime.options), other = trainer_for<double>(without, regime.options);
      const std::vector<std::uint32_t> good{0, 1, 2, 3, 4, 5, 6, 7}, bad{8, 9, 10, 11};
      for (int s = 0; s < 20; ++s) {
        ASSERT_TRUE(trainer.step(source, good));
        ASSERT_TRUE(other.step(source, good));
        ASSERT_FALSE(trainer.step(source, bad));
        ++refused;
      }
      EXPECT_EQ(trainer.steps(), 20u);
      EXPECT_TRUE(same_weights(with, without));
      expect_same_state(trainer, other);
    }
  EXPECT_EQ(refused, 20 * regimes);
  EXPECT_GE(regimes, 10 * rules_of_weights().size() + 7 * rules_together().size());
}

/// Every way into a pattern's arithmetic: what overflows only inside is refused as well.
TEST(PatternsThatAreNotFinite, AreCaughtWhereverTheyOverflow) {
  NetworkSpec spec{.inputs = 1, .layers = {{1, "relu"}, {1, "identity"}}};
  auto network = *network::Network<float>::create(spec);
  ASSERT_TRUE(network.set_weights(std::vector<float>{1e18F, 0, 1e18F, 0}));
  auto trainer = trainer_for<float>(network, {});
  const float x = 1e3F, t = 0;
  EXPECT_EQ(trainer.learn_one({&x, 1}, {&t, 1}), LearnStatus::not_finite);  // activation of 1e21, square too large
  const float small = 1e-3F;
  EXPECT_EQ(trainer.learn_one({&small, 1}, {&t, 1}), LearnStatus::not_finite);  // output of 1e33
  ASSERT_TRUE(network.set_weights(std::vector<float>{1, 0, 1, 0}));
  const float x_large = 1e10F, t_large = 1e15F;
  EXPECT_EQ(trainer.learn_one({&x_large, 1}, {&t_large, 1}), LearnStatus::not_finite);  // slope of 1e25
  EXPECT_EQ(network.weights(), (std::vector<float>{1, 0, 1, 0}));
  EXPECT_EQ(trainer.refused(), 3u);
  EXPECT_EQ(trainer.steps(), 0u);
}

TEST(PatternsThatAreNotFinite, AreRefusedThoughTheirDeltasWouldBeFinite) {
  std::size_t refused = 0;
  for (const std::string loss : {"huber", "output_sum", "half_squared_error"})
    for (std::size_t which = 0; which < 5; ++which) {
      auto network = *network::Network<double>::create({.inputs = 1, .layers = {{1, "identity"}}, .loss = loss});
      auto trainer = trainer_for<double>(network, {});
      const double x = 1, t = bad_number<double>(which);
      EXPECT_EQ(trainer.learn_one({&x, 1}, {&t, 1}), LearnStatus::not_finite) << loss << ", target " << t;
      EXPECT_EQ(trainer.refused(), 1u);
      ++refused;
    }
  EXPECT_EQ(refused, 15u);
}

/// Deviances exist for counts and amounts only; the plain and the general way of a pattern both refuse others.
TEST(TargetsOutOfRange, AreRefusedAndChangeNothing) {
  std::size_t refused = 0;
  for (const auto& [loss, bad] : std::vector<std::pair<std::string, double>>{
           {"poisson_deviance", -1}, {"poisson_deviance", -1e-30}, {"gamma_deviance", 0}, {"gamma_deviance", -2}})
    for (const Optimizer& rule : {Optimizer{DeltaRule{0.1}}, Optimizer{Adam{}}}) {
      auto network = *network::Network<double>::create({.inputs = 1, .layers = {{2, "exp"}}, .loss = loss});
      const auto before = network.weights();
      auto trainer = trainer_for<double>(network, {.optimizer = rule});
      const std::vector<double> x{0.5}, t{1, bad}, good{1, 2};
      EXPECT_EQ(trainer.learn_one(x, t), LearnStatus::target_out_of_range) << loss << ' ' << bad;
      EXPECT_EQ(trainer.refused(), 1u);
      const ArraySource<double> source({0.5, 0.25, 1}, 1, {1, 2, 3, 4, 1, bad}, 2);
      for (const auto& patterns : {std::vector<std::uint32_t>{0, 1, 2}, std::vector<std::uint32_t>{2}}) {
        const auto step = trainer.step(source, patterns);
        ASSERT_FALSE(step);
        EXPECT_EQ(step.error().code, ErrorCode::data);
        EXPECT_EQ(step.error().place, "pattern 3");
        EXPECT_EQ(step.error().got, "a target that the loss " + loss + " is not defined for");
        EXPECT_EQ(step.error().needed, loss == "gamma_deviance" ? "a target above 0" : "a target from 0 up");
        ++refused;
      }
      EXPECT_EQ(network.weights(), before);
      EXPECT_EQ(trainer.learn_one(x, good), LearnStatus::learned);
      EXPECT_NE(network.weights(), before);
    }
  EXPECT_EQ(refused, 16u);
}

TEST(PatternsThatAreNotFinite, AreRefusedByBackwardWithoutTouchingInputSlopes) {
  auto network = plain_network<float>(3, {4, 2});
  const auto before = network.weights();
  auto trainer = trainer_for<float>(network, {.optimizer = Adam{}});
  const std::vector<float> x{0.1F, 0.2F, 0.3F};
  std::vector<float> input_slopes{7, 8, 9};
  std::size_t refused = 0;
  for (std::size_t which = 0; which < 5; ++which) {
    ASSERT_EQ(trainer.forward(x).size(), 2u);
    const std::vector<float> slopes{0.5F, bad_number<float>(which)};
    EXPECT_EQ(trainer.backward(slopes, input_slopes), LearnStatus::not_finite);
    EXPECT_EQ(trainer.refused(), ++refused);
  }
  const std::vector<float> bad_x{0.1F, std::numeric_limits<float>::infinity(), 0.3F}, slopes{0.5F, 0.5F};
  trainer.forward(bad_x);
  EXPECT_EQ(trainer.backward(slopes, input_slopes), LearnStatus::not_finite);
  EXPECT_EQ(network.weights(), before);
  EXPECT_EQ(trainer.steps(), 0u);
  EXPECT_EQ(input_slopes, (std::vector<float>{7, 8, 9}));
}

/// Input slopes are handed to somebody else's network: infinite ones must not get there with a changed network behind.
TEST(PatternsThatAreNotFinite, AreRefusedWhereOnlyTheInputSlopesOverflow) {
  auto network = *network::Network<float>::create({.inputs = 1, .layers = {{1, "identity"}}});
  ASSERT_TRUE(network.set_weights(std::vector<float>{1e15F, 0.0F}));
  const auto before = network.weights();
  auto trainer = trainer_for<float>(network, {.optimizer = DeltaRule{1e-3}});
  const std::vector<float> x{0.0F}, slopes{1e10F};
  std::vector<float> input_slopes{7};
  trainer.forward(x);
  EXPECT_EQ(trainer.backward(slopes, input_slopes), LearnStatus::not_finite);
  EXPECT_EQ(trainer.refused(), 1u);
  EXPECT_EQ(trainer.steps(), 0u);
  EXPECT_EQ(input_slopes[0], 7.0F);
  EXPECT_EQ(network.weights(), before);
  trainer.forward(x);
  EXPECT_EQ(trainer.backward(slopes, {}), LearnStatus::learned) << "nothing of what was asked for overflows";
  EXPECT_NE(network.weights(), before);
}

/// A rate so large that finite slopes still blow the weights up: the step is taken back, rule state and all.
TEST(StepsThatWouldMakeWeightsInfinite, AreTakenBack) {
  std::size_t rules = 0;
  for (const UpdateEntry& entry : rules_of_weights()) {
    Optimizer optimizer = entry.defaults;
    for (const char* name : {"learning_rate", "delta0", "delta_max"})
      if (const UpdateSetting* setting = find_setting(entry, name); setting != nullptr)
        *setting->field(optimizer) = 1e38;
    if (const UpdateSetting* decay = find_setting(entry, "weight_decay"); decay != nullptr)
      *decay->field(optimizer) = 0;
    auto network = plain_network<float>(1, {1});
    auto trainer = trainer_for<float>(network, {.optimizer = optimizer});
    const auto before = network.weights();
    const float x = 1e3F, t = 1e6F;
    EXPECT_EQ(trainer.learn_one({&x, 1}, {&t, 1}), LearnStatus::not_finite) << entry.name;
    EXPECT_EQ(network.weights(), before);
    EXPECT_EQ(trainer.steps(), 0u);
    auto untouched = network;
    expect_same_state(trainer, trainer_for<float>(untouched, {.optimizer = optimizer}));
    ++rules;
  }
  EXPECT_EQ(rules, rules_of_weights().size());
}

TEST(LearnOne, RefusesArraysOfTheWrongSize) {
  auto network = plain_network<float>(3, {4, 2});
  auto trainer = trainer_for<float>(network, {});
  const std::vector<float> x(3), t(2), wrong(5);
  EXPECT_EQ(trainer.learn_one(wrong, t), LearnStatus::shape_error);
  EXPECT_EQ(trainer.learn_one(x, wrong), LearnStatus::shape_error);
  EXPECT_TRUE(trainer.forward(wrong).empty());
  EXPECT_EQ(trainer.backward(t, {}), LearnStatus::shape_error) << "backward without forward";
  trainer.forward(x);
  EXPECT_EQ(trainer.backward(wrong, {}), LearnStatus::shape_error);
  std::vector<float> slopes(4);
  EXPECT_EQ(trainer.backward(t, slopes), LearnStatus::shape_error);
  EXPECT_EQ(trainer.backward(t, {}), LearnStatus::learned);
  EXPECT_EQ(trainer.backward(t, {}), LearnStatus::shape_error) << "the weights have moved since the forward pass";
  EXPECT_EQ(trainer.steps(), 1u);
  EXPECT_EQ(trainer.refused(), 0u);
}

}  // namespace
}  // namespace deltarule::training::testing
