// The same bits however the work is divided: any number of threads, one pattern by step or by learn_one, one epoch by
// fit or by steps.
#include "every_regime.hpp"
#include "every_rule.hpp"
#include "network/passes.hpp"
#include "support.hpp"
#include "training/evaluate.hpp"
#include "training/loop.hpp"
#include "training/schedule.hpp"

namespace deltarule::training::testing {
namespace {

constexpr std::size_t kInputs = 13, kPatterns = 700;  // more than two chunks of 256
const std::vector<std::size_t> kUnits = {21, 17, 3};

template <class T>
struct Trained {
  std::vector<T> weights;
  std::vector<EpochReport> history;
  double loss = 0;
  std::vector<double> predicted;
  std::vector<std::uint64_t> ranges;
};

template <class T>
Trained<T> train(std::size_t threads, std::size_t batch_size, const TrainerOptions& options, std::size_t epochs,
                 std::size_t work_per_thread = 0, const Schedule& schedule = {}) {
  Dice dice(31);
  const auto training = random_patterns<T>(dice, kPatterns, kInputs, kUnits.back());
  const auto validation = random_patterns<T>(dice, 300, kInputs, kUnits.back());
  auto network = plain_network<T>(kInputs, kUnits);
  TrainerOptions own = options;
  own.threads = threads;
  auto trainer = trainer_for<T>(network, own, work_per_thread);
  const auto fitted =
      fit<T>(trainer, training, &validation, {.epochs = epochs, .batch_size = batch_size, .schedule = schedule});
  EXPECT_TRUE(fitted) << fitted.error().message();
  const Evaluation evaluation = evaluate<T>(network, training, trainer.team());
  const auto ranges = trainer.team().ranges_done();
  return {
      network.weights(), fitted->history, evaluation.mean_loss, evaluation.predicted, {ranges.begin(), ranges.end()}};
}

template <class T>
void compare_threads(std::size_t batch_size, const TrainerOptions& options, std::size_t epochs,
                     const std::vector<std::size_t>& teams = {2, 3, 4, 7}, const Schedule& schedule = {}) {
  const Trained<T> alone = train<T>(1, batch_size, options, epochs, 0, schedule);
  for (const std::size_t threads : teams) {
    const Trained<T> together = train<T>(threads, batch_size, options, epochs, 0, schedule);
    EXPECT_TRUE(same_bits<T>(alone.weights, together.weights)) << threads << " threads, batch " << batch_size;
    EXPECT_TRUE(same_bits<double>(alone.predicted, together.predicted));
    EXPECT_EQ(alone.loss, together.loss);
    ASSERT_EQ(alone.history.size(), together.history.size());
    for (std::size_t e = 0; e < alone.history.size(); ++e) {
      EXPECT_EQ(alone.history[e].training_loss, together.history[e].training_loss);
      EXPECT_EQ(alone.history[e].validation_loss, together.history[e].validation_loss);
    }
    const Trained<T> claimed =
        train<T>(threads, batch_size, options, epochs, 1, schedule);  // who computes is left to chance
    EXPECT_TRUE(same_bits<T>(alone.weights, claimed.weights)) << threads << " threads claiming, batch " << batch_size;
    EXPECT_TRUE(same_bits<double>(alone.predicted, claimed.predicted));
    ASSERT_EQ(together.ranges.size(), threads);
    for (std::size_t member = 0; member < threads; ++member)
      EXPECT_GT(together.ranges[member], 0u) << "member " << member << " of " << threads << " did nothing";
  }
}

TrainerOptions penalised(const Optimizer& rule) { return {.optimizer = rule, .l2 = 1e-4}; }

TEST(AnyNumberOfThreadsGivesTheSameBits, Online) {
  compare_threads<double>(1, penalised(DeltaRule{0.01}), 1);
  compare_threads<float>(1, penalised(DeltaRule{0.01}), 1);
}
TEST(AnyNumberOfThreadsGivesTheSameBits, MiniBatch) {
  compare_threads<double>(32, penalised(Momentum{0.02, 0.9}), 3);
  compare_threads<float>(32, penalised(Adam{}), 3);
}
TEST(AnyNumberOfThreadsGivesTheSameBits, FullBatchOfSeveralChunks) {
  compare_threads<double>(0, penalised(AdamW{}), 5);
  compare_threads<float>(0, penalised(Nesterov{0.02, 0.9}), 5);
  compare_threads<float>(0, penalised(RMSProp{0.002}), 5);
}

/// A rule that is added to the registry is tested here, whoever adds it.
TEST(AnyNumberOfThreadsGivesTheSameBits, UnderEveryRule) {
  std::size_t rules = 0;
  for (const Optimizer& rule : every_rule(0.2)) {
    SCOPED_TRACE(name_of(rule));
    if (goes_by_weights(rule)) compare_threads<float>(64, penalised(rule), 2);
    if (!goes_by_weights(rule)) compare_threads<float>(0, penalised(rule), 4);
    compare_threads<double>(0, penalised(rule), 3);
    ++rules;
  }
  EXPECT_EQ(rules, std::variant_size_v<Optimizer>);
}

/// Likewise with numbers that are drawn for every pattern, and without penalties: the way that fuses step and slopes.
TEST(AnyNumberOfThreadsGivesTheSameBits, UnderEveryRuleWithDropoutAndInputNoise) {
  std::size_t rules = 0;
  for (const Optimizer& rule : every_rule(0.2)) {
    SCOPED_TRACE(name_of(rule));
    ++rules;
    if (!goes_by_weights(rule)) continue;  // refused: full_batch_test.cpp
    const TrainerOptions noisy{
        .optimizer = rule, .dropout = {.inputs = 0.2, .hidden = 0.5}, .input_noise = 0.1, .seed = Seed{3}};
    compare_threads<double>(1, noisy, 1, {2, 4});
    compare_threads<float>(64, noisy, 2, {2, 4});
    compare_threads<float>(0, noisy, 3, {2, 4});
  }
  EXPECT_EQ(rules, std::variant_size_v<Optimizer>);
}

/// And with all that the options can add to it.
TEST(AnyNumberOfThreadsGivesTheSameBits, UnderEveryRuleAndRegime) {
  std::size_t compared = 0;
  const auto run = []<class T>(const TrainerOptions& options, std::size_t batch, std::size_t threads, std::size_t least,
                               T) {
    Dice dice(32);
    const auto source = random_patterns<T>(dice, 300, kInputs, kUnits.back());
    auto network = plain_network<T>(kInputs, kUnits);
    TrainerOptions own = options;
    own.threads = threads;
    auto trainer = trainer_for<T>(network, own, least);
    EXPECT_TRUE(fit<T>(trainer, source, nullptr, {.epochs = 1, .batch_size = batch}));
    return network.weights();
  };
  for (const Optimizer& rule : every_rule(0.2)) {
    if (!goes_by_weights(rule)) continue;
    for (const Regime& regime : every_regime(rule, kUnits.size()))
      for (const std::size_t batch : {1u, 64u, 0u}) {
        const auto alone = run(regime.options, batch, 1, 0, 0.0f);
        for (const std::size_t threads : {2u, 4u}) {
          EXPECT_TRUE(same_bits<float>(alone, run(regime.options, batch, threads, 0, 0.0f)))
              << name_of(rule) << ", " << regime.name << ", batch " << batch << ", " << threads << " threads";
          EXPECT_TRUE(same_bits<float>(alone, run(regime.options, batch, threads, 1, 0.0f))) << "claiming";
          ++compared;
        }
      }
  }
  EXPECT_GE(compared, 14u * 10u * 6u);
}

/// Per-pattern learning in each of them is a step from that pattern.
TEST(OnePatternAtATime, LearnOneIsAStepOfOneUnderEveryRuleAndRegime) {
  Dice dice(38);
  const auto source = random_patterns<float>(dice, 9, kInputs, kUnits.back());
  std::size_t compared = 0;
  for (const Optimizer& rule : every_rule(0.2)) {
    if (!goes_by_weights(rule)) continue;
    for (const Regime& regime : every_regime(rule, kUnits.size())) {
      SCOPED_TRACE(std::string(name_of(rule)) + ", " + regime.name);
      auto one = plain_network<float>(kInputs, kUnits), other = one, third = one;
      auto by_pattern = trainer_for<float>(one, regime.options), by_step = trainer_for<float>(other, regime.options),
           together = trainer_for<float>(third, regime.options);
      for (std::uint32_t p = 0; p < 9; ++p) {
        ASSERT_EQ(by_pattern.learn_one(source.input(p), source.target(p)), LearnStatus::learned);
        ASSERT_TRUE(by_step.step(source, std::span(&p, 1)));
      }
      std::size_t done = 0;
      ASSERT_TRUE(together.step_each(source, all_patterns(9), done));
      EXPECT_TRUE(same_weights(one, other));
      EXPECT_TRUE(same_weights(one, third));
      ++compared;
    }
  }
  EXPECT_GE(compared, 14u * 10u);
}

/// Likewise for schedules.
TEST(AnyNumberOfThreadsGivesTheSameBits, UnderEverySchedule) {
  for (const ScheduleEntry& entry : schedules()) {
    SCOPED_TRACE(entry.name);
    compare_threads<float>(64, penalised(Adam{}), 4, {2, 3, 4, 7}, entry.defaults);
    compare_threads<double>(1, penalised(DeltaRule{0.01}), 2, {2, 3, 4, 7}, entry.defaults);
  }
  EXPECT_EQ(schedules().size(), std::variant_size_v<Schedule>);
}

TEST(OnePatternAtATime, LearnOneIsAStepOfOne) {
  Dice dice(33);
  const auto source = random_patterns<float>(dice, 50, kInputs, kUnits.back());
  auto one = plain_network<float>(kInputs, kUnits), other = one;
  const TrainerOptions options{.optimizer = Adam{}};
  auto by_pattern = trainer_for<float>(one, options), by_step = trainer_for<float>(other, options);
  for (std::uint32_t p = 0; p < 50; ++p) {
    ASSERT_EQ(by_pattern.learn_one(source.input(p), source.target(p)), LearnStatus::learned);
    ASSERT_TRUE(by_step.step(source, std::span(&p, 1)));
  }
  EXPECT_TRUE(same_weights(one, other));
  EXPECT_EQ(by_pattern.steps(), 50u);
}

TEST(OnePatternAtATime, BackwardWithTheDerivationsSlopesIsLearnOne) {
  Dice dice(34);
  std::size_t patterns = 0;
  for (const std::string activation : {"identity", "sigmoid", "tanh", "softmax", "gelu"}) {
    NetworkSpec spec = plain_network<float>(kInputs, kUnits).spec();
    spec.layers.back().activation = activation;
    const auto start = random_network<float>(dice, spec);
    const auto source = random_patterns<float>(dice, 60, kInputs, kUnits.back());
    auto one = start, other = start;
    auto learner = trainer_for<float>(one, {.optimizer = Momentum{}}),
         caller = trainer_for<float>(other, {.optimizer = Momentum{}});
    for (std::size_t p = 0; p < 60; ++p, ++patterns) {
      ASSERT_EQ(learner.learn_one(source.input(p), source.target(p)), LearnStatus::learned);
      const auto a = caller.forward(source.input(p));
      std::vector<float> slopes(a.begin(), a.end()), input_slopes(p % 2 == 0 ? kInputs : 0);
      for (std::size_t j = 0; j < slopes.size(); ++j) slopes[j] -= source.target(p)[j];
      ASSERT_EQ(caller.backward(slopes, input_slopes), LearnStatus::learned);
    }
    EXPECT_TRUE(same_weights(one, other)) << activation;
    EXPECT_TRUE(same_bits<float>(learner.state().arrays[0].span(), caller.state().arrays[0].span()));
  }
  EXPECT_EQ(patterns, 300u);
}

TEST(Ladder, AnEpochOfFitIsItsSteps) {
  Dice dice(35);
  const auto source = random_patterns<double>(dice, 50, kInputs, kUnits.back());
  auto fitted = plain_network<double>(kInputs, kUnits), stepped = fitted;
  auto trainer = trainer_for<double>(fitted, {}), other = trainer_for<double>(stepped, {});
  ASSERT_TRUE(fit<double>(trainer, source, nullptr, {.epochs = 1, .batch_size = 8, .shuffle = false}));
  const auto patterns = all_patterns(50);
  std::size_t steps = 0;
  for (std::size_t first = 0; first < 50; first += 8, ++steps)
    ASSERT_TRUE(other.step(source, std::span(patterns).subspan(first, std::min<std::size_t>(8, 50 - first))));
  EXPECT_EQ(steps, 7u);
  EXPECT_TRUE(same_weights(fitted, stepped));
}

TEST(Ladder, EpochsOfOneFitAreThoseOfSeveralInAGivenOrder) {
  Dice dice(36);
  const auto source = random_patterns<double>(dice, 20, kInputs, kUnits.back());
  auto once = plain_network<double>(kInputs, kUnits), twice = once;
  auto trainer = trainer_for<double>(once, {.optimizer = Adam{}}),
       other = trainer_for<double>(twice, {.optimizer = Adam{}});
  ASSERT_TRUE(fit<double>(trainer, source, nullptr, {.epochs = 4, .batch_size = 3, .shuffle = false}));
  for (int part = 0; part < 2; ++part)
    ASSERT_TRUE(fit<double>(other, source, nullptr, {.epochs = 2, .batch_size = 3, .shuffle = false}));
  EXPECT_TRUE(same_weights(once, twice));
}

TEST(ChunksOfAFullBatch, AreSummedInOrder) {
  Dice dice(37);
  const auto source = random_patterns<double>(dice, kPatterns, kInputs, kUnits.back());
  auto network = plain_network<double>(kInputs, kUnits);
  auto trainer = trainer_for<double>(network, {.reduction = Reduction::sum});
  const auto patterns = all_patterns(kPatterns);
  std::vector<double> sum;
  for (std::size_t first = 0; first < kPatterns; first += network::kChunk) {
    const auto part =
        *trainer.slopes(source, std::span(patterns).subspan(first, std::min(network::kChunk, kPatterns - first)));
    if (sum.empty()) sum.assign(part.size(), 0.0);
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += part[i];
  }
  EXPECT_TRUE(same_bits<double>(sum, *trainer.slopes(source, patterns)));
}

}  // namespace
}  // namespace deltarule::training::testing
