// Schedules of the learning rate: their factors, and that a factor is what a smaller rate would have been, on every way
// of learning.
#include "training/schedule.hpp"

#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <set>

#include "every_rule.hpp"
#include "support.hpp"
#include "training/loop.hpp"

namespace deltarule::training::testing {
namespace {

constexpr double kPi = 3.14159265358979323846;

/// A run of `epochs` epochs of `steps` steps: the factor of each.
std::vector<double> factors_of(const Schedule& schedule, std::size_t epochs, std::size_t steps) {
  std::vector<double> factors;
  for (std::size_t e = 1; e <= epochs; ++e)
    for (std::size_t s = 0; s < steps; ++s) {
      const double before = static_cast<double>(e - 1), all = static_cast<double>(steps);
      factors.push_back(rate_factor(
          schedule, {e, before + static_cast<double>(s) / all, before + static_cast<double>(s + 1) / all, epochs}));
    }
  return factors;
}

/// By name: the factor of step s of n in epoch e of a run of 12, as one reads it in deltarule/schedule.hpp, for the
/// schedules of examples().
using Formula = std::function<double(double e, double s, double n)>;
std::map<std::string, Formula> formulas() {
  return {
      {"constant", [](double, double, double) { return 1.0; }},
      {"step", [](double e, double, double) { return e <= 3   ? 1
                                                     : e <= 6 ? 0.5
                                                     : e <= 9 ? 0.25
                                                              : 0.125; }},
      {"exponential", [](double e, double, double) { return std::pow(0.9, e - 1); }},
      {"cosine",
       [](double e, double s, double n) {
         const double b = e - 1 + s / n, end = e - 1 + (s + 1) / n;
         if (b < 2.5) return std::min(1.0, end / 2.5);
         return 0.1 + 0.9 * (1 + std::cos(kPi * (b - 2.5) / 9.5)) / 2;
       }},
      {"one-cycle",
       [](double e, double s, double n) {
         const double b = e - 1 + s / n;
         if (b < 3) return 0.04 + 0.96 * (1 - std::cos(kPi * b / 3)) / 2;
         return 0.001 + 0.999 * (1 + std::cos(kPi * (b - 3) / 9)) / 2;
       }},
      {"plateau", [](double, double, double) { return 1.0; }},
  };
}
std::vector<Schedule> examples() {
  return {ConstantRate{},
          StepRate{3, 0.5},
          ExponentialRate{0.9},
          CosineRate{.warmup = 2.5, .minimum = 0.1},
          OneCycleRate{.rise = 0.25, .end = 0.001},
          PlateauRate{.patience = 1, .factor = 0.5, .minimum = 0.1}};
}

TEST(Schedule, TheFactorsAreThoseOfTheFormulas) {
  std::size_t kinds = 0, compared = 0;
  for (const Schedule& schedule : examples()) {
    const std::string name(entry_of(schedule).name);
    ASSERT_TRUE(formulas().contains(name)) << name;
    ++kinds;
    for (const std::size_t steps : {1u, 4u, 7u}) {
      const std::vector<double> factors = factors_of(schedule, 12, steps);
      for (std::size_t i = 0; i < factors.size(); ++i, ++compared) {
        const double e = static_cast<double>(i / steps + 1), s = static_cast<double>(i % steps);
        // Some operations and one function of 4 ulp.
        EXPECT_NEAR(factors[i], formulas().at(name)(e, s, static_cast<double>(steps)), 1e-14) << name << ", step " << i;
        EXPECT_TRUE(factors[i] >= 0 && factors[i] <= 1) << name;
      }
    }
  }
  EXPECT_EQ(kinds, std::variant_size_v<Schedule>);
  EXPECT_EQ(kinds, schedules().size());
  EXPECT_EQ(compared, kinds * 12 * 12);
}

TEST(Schedule, ARunThatIsCutShortKeepsTheRatesOfTheLongOne) {
  for (const Schedule& schedule : examples()) {
    const std::vector<double> whole = factors_of(schedule, 12, 3), part = factors_of(for_length(schedule, 12), 5, 3);
    for (std::size_t i = 0; i < part.size(); ++i) EXPECT_EQ(part[i], whole[i]) << entry_of(schedule).name;
  }
  EXPECT_EQ(std::get<CosineRate>(for_length(CosineRate{.epochs = 7}, 12)).epochs, 7) << "a length that was given";
  EXPECT_NE(factors_of(CosineRate{}, 12, 3)[6], factors_of(CosineRate{}, 5, 3)[6]);
}

TEST(Schedule, APlateauMultipliesAfterItsPatienceAndNotBelowItsMinimum) {
  const PlateauRate plateau{.patience = 2, .factor = 0.5, .minimum = 0.2};
  PlateauState state;
  std::vector<double> factors;
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const double goal : {3.0, 2.0, 2.0, 1.95, 1.5, nan, 1.6, 1.45, 7.0, 8.0, 9.0}) {
    observe(plateau, goal, 0.1, state);
    factors.push_back(state.factor);
  }
  // 2.0 is better than 3; 2.0 and 1.95 are no better by more than 0.1; 1.5 is; NaN and 1.6 are not; and so on.
  EXPECT_EQ(factors, (std::vector<double>{1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.2, 0.2, 0.2}));
}

TEST(Schedule, SettingsThatMakeNoSenseAreRefusedByName) {
  const Optimizer rule = DeltaRule{};
  const std::vector<std::pair<Schedule, std::string>> wrong = {{StepRate{0, 0.5}, "every 0"},
                                                               {StepRate{2.5, 0.5}, "every 2.5"},
                                                               {StepRate{3, 0}, "factor 0"},
                                                               {ExponentialRate{1.5}, "factor 1.5"},
                                                               {ExponentialRate{std::nan("")}, "factor"},
                                                               {CosineRate{.warmup = -1}, "warmup -1"},
                                                               {CosineRate{.warmup = 12}, "warm-up of 12"},
                                                               {CosineRate{.warmup = 5, .epochs = 5}, "warm-up of 5"},
                                                               {CosineRate{.minimum = 2}, "minimum 2"},
                                                               {OneCycleRate{.rise = 1}, "rise 1"},
                                                               {OneCycleRate{.start = 1.5}, "start 1.5"},
                                                               {OneCycleRate{.end = -0.1}, "end -0.1"},
                                                               {PlateauRate{.patience = 0}, "patience 0"},
                                                               {PlateauRate{.factor = 1}, "factor 1"},
                                                               {PlateauRate{.minimum = -1}, "minimum -1"}};
  for (const auto& [schedule, word] : wrong) {
    const auto checked = check_schedule(schedule, 12, rule);
    ASSERT_FALSE(checked) << word;
    EXPECT_EQ(checked.error().code, ErrorCode::spec);
    EXPECT_EQ(checked.error().place, "schedule " + std::string(entry_of(schedule).name));
    EXPECT_NE(checked.error().message().find(word), std::string::npos) << checked.error().message();
  }
  for (const Schedule& schedule : examples()) EXPECT_TRUE(check_schedule(schedule, 12, rule));
}

TEST(Schedule, ARuleWithoutARateHasNoneToSchedule) {
  std::size_t without = 0;
  for (const Optimizer& rule : every_rule()) {
    EXPECT_TRUE(check_schedule(ConstantRate{}, 12, rule));
    const auto checked = check_schedule(ExponentialRate{}, 12, rule);
    EXPECT_EQ(checked.ok(), has_rate(rule)) << name_of(rule);
    if (checked) continue;
    ++without;
    EXPECT_EQ(checked.error().code, ErrorCode::spec);
    EXPECT_NE(checked.error().message().find(std::string(name_of(rule))), std::string::npos);
    EXPECT_NE(checked.error().message().find("an optimizer that has a learning rate"), std::string::npos);
  }
  EXPECT_EQ(without, 4u + rules_together().size());
  auto network = plain_network<double>(2, {3, 1});
  auto trainer = trainer_for<double>(network, {.optimizer = RpropPlus{}});
  Dice dice(1);
  const auto refused = fit<double>(trainer, random_patterns<double>(dice, 4, 2, 1), nullptr,
                                   {.epochs = 2, .schedule = ExponentialRate{}});
  ASSERT_FALSE(refused) << "fit() asks, too";
  EXPECT_EQ(refused.error().place, "schedule exponential");
}

// ---- a factor is a smaller rate ----

template <class T>
struct Way {
  std::string name;
  std::size_t inputs;
  std::vector<std::size_t> units;
  std::size_t batch;
  double l2;
};

/// Fused batches, stored slopes, one pattern at a time: in general, as a narrow chain, looking ahead, with zeros.
template <class T>
std::vector<Way<T>> ways() {
  return {{"batches", 20, {30, 3}, 16, 0},       {"stored slopes", 20, {30, 3}, 16, 1e-3},
          {"several chunks", 5, {9, 2}, 300, 0}, {"wide layers, one pattern at a time", 20, {90, 3}, 1, 0},
          {"a narrow chain", 6, {5, 3}, 1, 0},   {"single patterns with penalties", 6, {5, 3}, 1, 1e-3},
          {"looking ahead", 600, {500, 3}, 1, 0}};
}

template <class T>
std::vector<T> learned(const Way<T>& way, const Optimizer& rule, double factor) {
  Dice dice(5);
  const std::size_t count = way.units[0] == 500 ? 12 : way.batch > 200 ? 300 : 48;
  auto source = random_patterns<T>(dice, count, way.inputs, way.units.back());
  if (way.inputs == 600)
    for (T& x : source.x) x *= T(0.01);
  auto network = plain_network<T>(way.inputs, way.units);
  auto trainer = trainer_for<T>(network, {.optimizer = rule, .l2 = way.l2});
  trainer.set_rate_factor(factor);
  EXPECT_TRUE(fit<T>(trainer, source, nullptr, {.epochs = 3, .batch_size = way.batch}));
  EXPECT_EQ(trainer.rate_factor(), factor);
  return network.weights();
}

template <class T>
std::size_t compare_factors() {
  std::size_t compared = 0;
  for (const Way<T>& way : ways<T>())
    for (const Optimizer& rule : every_rule(0.2)) {
      if (!has_rate(rule)) continue;
      if (way.inputs == 600 && !std::holds_alternative<DeltaRule>(rule)) continue;  // only there it differs
      Optimizer half = rule;
      *find_setting(entry_of(half), "learning_rate")->field(half) *= 0.5;
      const auto by_rate = learned<T>(way, half, 1.0), by_factor = learned<T>(way, rule, 0.5),
                 whole = learned<T>(way, rule, 1.0);
      EXPECT_TRUE(same_bits<T>(by_rate, by_factor)) << way.name << ", " << name_of(rule);
      EXPECT_FALSE(same_bits<T>(by_rate, whole)) << way.name << ", " << name_of(rule);
      ++compared;
    }
  return compared;
}

/// Halves are exact, so that nothing rounds otherwise.
TEST(RateFactor, AHalfIsHalfTheRateToTheBitUnderEveryRuleAndWayOfLearning) {
  EXPECT_EQ(compare_factors<float>(), 6u * 10u + 1u);
  EXPECT_EQ(compare_factors<double>(), 6u * 10u + 1u);
}

/// The pattern before has asked for a change with the rate that it was learnt with.
TEST(RateFactor, ActsFromTheNextChangeOnAndNotOnOneThatIsPending) {
  Dice dice(6);
  std::size_t compared = 0;
  for (const auto& units : {std::vector<std::size_t>{4, 2}, std::vector<std::size_t>{90, 2}})
    for (const Optimizer& rule : {Optimizer{DeltaRule{0.1}}, Optimizer{Momentum{0.1, 0.5}}}) {
      const auto source = random_patterns<float>(dice, 4, 6, 2);
      const auto start = plain_network<float>(6, units);
      auto one = start, other = start;
      auto looked_at = trainer_for<float>(one, {.optimizer = rule}),
           left = trainer_for<float>(other, {.optimizer = rule});
      for (std::uint32_t p = 0; p < 4; ++p) {
        looked_at.set_rate_factor(p % 2 == 0 ? 1.0 : 0.25);
        left.set_rate_factor(p % 2 == 0 ? 1.0 : 0.25);
        ASSERT_EQ(looked_at.learn_one(source.input(p), source.target(p)), LearnStatus::learned);
        ASSERT_EQ(left.learn_one(source.input(p), source.target(p)), LearnStatus::learned);
        one.settle();
        ++compared;
      }
      EXPECT_TRUE(same_weights(one, other));
    }
  EXPECT_EQ(compared, 16u);
}

// ---- schedules in fit() ----

std::vector<double> rates_in(const FitResult& result) {
  std::vector<double> rates;
  for (const EpochReport& report : result.history) rates.push_back(report.rate_factor);
  return rates;
}

/// Steps by hand, with the factor set before each.
template <class T>
std::vector<T> by_hand(const ArraySource<T>& source, const Schedule& schedule, std::size_t epochs, std::size_t size) {
  auto network = plain_network<T>(7, {12, 2});
  auto trainer = trainer_for<T>(network, {.optimizer = Adam{0.01}});
  const auto patterns = all_patterns(source.size());
  for (std::size_t e = 1; e <= epochs; ++e)
    for (std::size_t first = 0; first < patterns.size(); first += size) {
      const std::size_t count = std::min(size, patterns.size() - first);
      const double before = static_cast<double>(e - 1), all = static_cast<double>(patterns.size());
      trainer.set_rate_factor(rate_factor(schedule, {e, before + static_cast<double>(first) / all,
                                                     before + static_cast<double>(first + count) / all, epochs}));
      EXPECT_TRUE(trainer.step(source, std::span(patterns).subspan(first, count)));
    }
  return network.weights();
}

TEST(ScheduledFit, IsItsStepsWithTheFactorsSetByHand) {
  Dice dice(7);
  const auto source = random_patterns<double>(dice, 50, 7, 2);
  std::set<std::vector<double>> results;
  for (const Schedule& schedule : examples()) {
    if (std::holds_alternative<PlateauRate>(schedule)) continue;
    for (const std::size_t size : {8u, 50u}) {
      auto network = plain_network<double>(7, {12, 2});
      auto trainer = trainer_for<double>(network, {.optimizer = Adam{0.01}});
      const auto result = fit<double>(trainer, source, nullptr,
                                      {.epochs = 12, .batch_size = size, .shuffle = false, .schedule = schedule});
      ASSERT_TRUE(result) << result.error().message();
      EXPECT_TRUE(same_bits<double>(network.weights(), by_hand<double>(source, schedule, 12, size)));
      results.insert(network.weights());
      EXPECT_EQ(trainer.rate_factor(), 1.0) << "as before the run";
      EXPECT_EQ(result->history.size(), 12u);
    }
  }
  EXPECT_EQ(results.size(), 2 * (examples().size() - 1)) << "every schedule makes a difference";
}

TEST(ScheduledFit, AsksEach256PatternsOfAnEpochInPerPatternLearning) {
  Dice dice(8);
  const auto source = random_patterns<float>(dice, 600, 5, 2);
  const Schedule schedule = CosineRate{.warmup = 1};
  auto one = plain_network<float>(5, {6, 2}), other = one;
  auto trainer = trainer_for<float>(one, {.optimizer = DeltaRule{0.01}}),
       stepping = trainer_for<float>(other, {.optimizer = DeltaRule{0.01}});
  const auto result =
      fit<float>(trainer, source, nullptr, {.epochs = 3, .batch_size = 1, .shuffle = false, .schedule = schedule});
  ASSERT_TRUE(result);
  const auto patterns = all_patterns(600);
  for (std::size_t e = 1; e <= 3; ++e)
    for (std::size_t first = 0; first < 600; first += 256) {
      const std::size_t count = std::min<std::size_t>(256, 600 - first);
      const double before = static_cast<double>(e - 1);
      stepping.set_rate_factor(rate_factor(schedule, {e, before + static_cast<double>(first) / 600,
                                                      before + static_cast<double>(first + count) / 600, 3}));
      std::size_t done = 0;
      ASSERT_TRUE(stepping.step_each(source, std::span(patterns).subspan(first, count), done));
    }
  EXPECT_TRUE(same_weights(one, other));
}

TEST(ScheduledFit, APlateauGoesByScoreElseValidationLossElseTrainingLoss) {
  Dice dice(9);
  const auto source = random_patterns<double>(dice, 20, 3, 1), held = random_patterns<double>(dice, 20, 3, 1);
  FitSettings settings{.epochs = 6, .schedule = PlateauRate{.patience = 1, .factor = 0.5, .minimum = 0}};
  const auto run = [&](bool validates) {
    auto network = plain_network<double>(3, {4, 1});
    auto trainer = trainer_for<double>(network, {.optimizer = DeltaRule{0.05}});
    return *fit<double>(trainer, source, validates ? &held : nullptr, settings);
  };
  const auto expected = [](const std::vector<double>& goals) {
    std::vector<double> rates;
    double best = std::numeric_limits<double>::infinity(), factor = 1;
    for (const double goal : goals) {
      rates.push_back(factor);
      if (goal < best)
        best = goal;
      else
        factor *= 0.5;
    }
    return rates;
  };
  const auto goals = [](const FitResult& result, double EpochReport::* goal) {
    std::vector<double> values;
    for (const EpochReport& report : result.history) values.push_back(report.*goal);
    return values;
  };
  const FitResult alone = run(false), validated = run(true);
  EXPECT_EQ(rates_in(alone), expected(goals(alone, &EpochReport::training_loss)));
  EXPECT_EQ(rates_in(validated), expected(goals(validated, &EpochReport::validation_loss)));
  settings.higher_is_better = true;
  std::vector<double> scores;
  settings.score = [&scores](Rows<double>, Rows<double>) {
    const double given[] = {1, 3, 2, 4, 4, 5};
    scores.push_back(-given[scores.size() % 6]);
    return -scores.back();
  };
  EXPECT_EQ(rates_in(run(true)), (std::vector<double>{1, 1, 1, 0.5, 0.5, 0.25}));
}

/// What a limit in time ended is repeated by its number of steps.
TEST(ScheduledFit, ARunThatWasStoppedIsRepeatedByItsSteps) {
  Dice dice(10);
  const auto source = random_patterns<float>(dice, 600, 5, 2);
  std::size_t compared = 0;
  for (const Schedule& schedule : examples())
    for (const std::size_t size : {1u, 32u}) {
      auto one = plain_network<float>(5, {6, 2}), other = one;
      auto trainer = trainer_for<float>(one, {}), again = trainer_for<float>(other, {});
      FitSettings settings{.epochs = 12, .batch_size = size, .schedule = schedule};
      std::size_t asked = 0;
      settings.stop_now = [&asked, size] { return ++asked == (size == 1 ? 8u : 70u); };
      const auto stopped = fit<float>(trainer, source, nullptr, settings);
      ASSERT_TRUE(stopped);
      ASSERT_EQ(stopped->reason, StopReason::stopped);
      settings.stop_now = {};
      settings.steps = stopped->steps;
      const auto repeated = fit<float>(again, source, nullptr, settings);
      ASSERT_TRUE(repeated);
      EXPECT_TRUE(same_weights(one, other)) << entry_of(schedule).name << ", batch " << size;
      EXPECT_EQ(repeated->history.back().training_loss, stopped->history.back().training_loss);
      ++compared;
    }
  EXPECT_EQ(compared, 12u);
}

}  // namespace
}  // namespace deltarule::training::testing
