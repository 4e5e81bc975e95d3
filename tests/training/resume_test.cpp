// A run that is left at any weight change and taken up by another trainer ends with the bits of the run that was never
// left: weights, history, result. Every state is taken up, not a sample.
#include <functional>
#include <limits>

#include "every_rule.hpp"
#include "support.hpp"
#include "training/loop.hpp"

namespace deltarule::training::testing {
namespace {

constexpr std::size_t kInputs = 5, kTargets = 2;

/// One run, with all that it needs.
template <class T>
struct Course {
  Course(std::size_t patterns, bool validates) {
    Dice dice(81);
    training.emplace(random_patterns<T>(dice, patterns, kInputs, kTargets));
    if (validates) validation.emplace(random_patterns<T>(dice, 12, kInputs, kTargets));
  }
  std::optional<ArraySource<T>> training, validation;
  TrainerOptions options = {};
  FitSettings settings = {};
  std::vector<std::size_t> units = {7, kTargets};
  std::size_t inputs = kInputs;

  struct Outcome {
    FitResult result;
    std::vector<T> weights;
    TrainerState<T> state;
  };
  Outcome run(const Checkpoints<T>& checkpoints, std::uint64_t seed = 1, std::size_t threads = 1) const {
    auto network = plain_network<T>(inputs, units, seed);
    TrainerOptions own = options;
    own.threads = threads;
    auto trainer = trainer_for<T>(network, own);
    const auto result = fit<T>(trainer, *training, validation ? &*validation : nullptr, settings, checkpoints);
    EXPECT_TRUE(result) << result.error().message();
    return {*result, network.weights(), trainer.snapshot()};
  }
  /// All states on the way, each taken where a question was asked.
  std::vector<FitState<T>> states() const {
    std::vector<FitState<T>> taken;
    Checkpoints<T> checkpoints;
    checkpoints.is_due = [](const FitPlace&) { return true; };
    checkpoints.keep = [&](const FitState<T>& state) { return taken.push_back(state), false; };
    kept = run(checkpoints);
    return taken;
  }
  mutable Outcome kept = {};
};

void expect_same(const FitResult& a, const FitResult& b) {
  EXPECT_EQ(a.reason, b.reason);
  EXPECT_EQ(a.epochs, b.epochs);
  EXPECT_EQ(a.best_epoch, b.best_epoch);
  EXPECT_EQ(a.steps, b.steps);
  ASSERT_EQ(a.history.size(), b.history.size());
  for (std::size_t e = 0; e < a.history.size(); ++e) {
    const EpochReport &one = a.history[e], &other = b.history[e];
    EXPECT_EQ(one.epoch, other.epoch);
    EXPECT_EQ(one.steps, other.steps);
    for (const auto member :
         {&EpochReport::training_loss, &EpochReport::validation_loss, &EpochReport::best_validation_loss,
          &EpochReport::validation_score, &EpochReport::best_validation_score})
      EXPECT_EQ(std::memcmp(&(one.*member), &(other.*member), sizeof(double)), 0) << "epoch " << e + 1;
  }
}

/// How many states of the run were taken up again.
template <class T>
std::size_t resume_everywhere(const Course<T>& course) {
  const auto whole = course.run({});
  const auto states = course.states();
  expect_same(course.kept.result, whole.result);
  EXPECT_TRUE(same_bits<T>(course.kept.weights, whole.weights)) << "keeping states changed the run";
  std::size_t threads = 0;
  for (const FitState<T>& state : states) {
    Checkpoints<T> checkpoints;
    checkpoints.resume_from = &state;
    const auto resumed = course.run(checkpoints, 77, 1 + threads++ % 3);
    expect_same(resumed.result, whole.result);
    EXPECT_TRUE(same_bits<T>(resumed.weights, whole.weights)) << "epoch " << state.epoch << ", " << state.patterns;
    if (::testing::Test::HasFailure()) break;
  }
  return states.size();
}

TEST(AResumedRun, EndsWithTheSameBitsUnderEveryRuleByBatchesAndByPatterns) {
  std::size_t rules = 0;
  for (const Optimizer& rule : every_rule(0.05)) {
    SCOPED_TRACE(name_of(rule));
    Course<float> course(20, true);
    course.options.optimizer = rule;
    course.settings = {.epochs = 4, .batch_size = 6, .patience = 3};
    if (goes_by_weights(rule)) {
      EXPECT_EQ(resume_everywhere(course), 16u) << "after each weight change; the last is the run's end";
      course.settings.batch_size = 1;
      EXPECT_EQ(resume_everywhere(course), 4u) << "after each epoch";
    } else {
      course.settings.batch_size = 0;
      EXPECT_EQ(resume_everywhere(course), 4u);
    }
    Course<double> exact(20, false);
    exact.options = {.optimizer = rule, .l2 = 1e-3};
    exact.settings = {.epochs = 12, .batch_size = 0};
    EXPECT_EQ(resume_everywhere(exact), 12u);
    ++rules;
  }
  EXPECT_EQ(rules, std::variant_size_v<Optimizer>);
}

TEST(AResumedRun, GoesOnInTheMiddleOfAnEpochOfSinglePatterns) {
  for (const Optimizer& rule : {Optimizer{DeltaRule{0.01}}, Optimizer{Momentum{0.01, 0.9}}, Optimizer{Adam{}}}) {
    Course<float> course(700, true);  // three pieces
    course.options.optimizer = rule;
    course.settings = {.epochs = 3, .batch_size = 1};
    EXPECT_EQ(resume_everywhere(course), 9u);
    course.settings.steps = 1200;
    EXPECT_EQ(resume_everywhere(course), 5u) << "and ends after the given weight change";
  }
}

TEST(AResumedRun, GoesOnWhereALayerLooksAhead) {
  Course<float> course(2, false);
  Dice dice(82);
  course.inputs = 600;
  course.units = {450, 1};  // more than 2^18 weights
  course.training.emplace(random_patterns<float>(dice, 301, 600, 1));
  course.options.optimizer = DeltaRule{0.0005};
  course.settings = {.epochs = 1, .batch_size = 1};
  EXPECT_EQ(resume_everywhere(course), 2u);
}

TEST(AResumedRun, DrawsTheNoiseThatItWouldHaveDrawn) {
  for (const std::size_t size : {1u, 7u}) {
    Course<float> course(300, true);
    course.options = {.optimizer = Adam{}, .dropout = {.inputs = 0.2, .by_layer = {0.3}}, .input_noise = 0.1};
    course.settings = {.epochs = 2, .batch_size = size};
    EXPECT_EQ(resume_everywhere(course), size == 1 ? 4u : 86u);
  }
}

TEST(AResumedRun, KnowsWhereInItsScheduleItIs) {
  std::size_t schedules_taken = 0;
  for (const ScheduleEntry& entry : schedules()) {
    SCOPED_TRACE(entry.name);
    for (const std::size_t size : {1u, 100u}) {
      Course<float> course(700, true);
      course.options.optimizer = Momentum{0.01, 0.9};
      course.settings = {.epochs = 5, .batch_size = size, .schedule = entry.defaults, .min_improvement = 0.1};
      if (auto* plateau = std::get_if<PlateauRate>(&course.settings.schedule)) plateau->patience = 1;
      EXPECT_EQ(resume_everywhere(course), size == 1 ? 15u : 35u);
    }
    ++schedules_taken;
  }
  EXPECT_EQ(schedules_taken, std::variant_size_v<Schedule>);
}

TEST(AResumedRun, KnowsWhatEarlyStoppingHasSeen) {
  Course<double> course(24, true);
  course.options.optimizer = DeltaRule{0.4};
  course.settings = {.epochs = 60, .batch_size = 5, .patience = 3, .min_improvement = 1e-4};
  const std::size_t taken = resume_everywhere(course);
  EXPECT_EQ(course.kept.result.reason, StopReason::patience);
  EXPECT_LT(course.kept.result.best_epoch, course.kept.result.epochs);
  EXPECT_EQ(taken, course.kept.result.epochs * 5);
  course.settings.score = [](Rows<double> a, Rows<double> t) { return -std::abs(a.data[0] - t.data[0]); };
  course.settings.higher_is_better = true;
  EXPECT_GT(resume_everywhere(course), 10u);
}

TEST(AResumedRun, StillEndsByItsGoalItsStepsAndItsCallback) {
  Course<double> course(24, true);
  course.options.optimizer = Momentum{0.1, 0.9};
  course.settings = {.epochs = 500, .batch_size = 5, .until_tss = 1.5};
  EXPECT_GT(resume_everywhere(course), 5u);
  EXPECT_EQ(course.kept.result.reason, StopReason::error_below);
  course.settings = {.epochs = 500, .steps = 33, .batch_size = 5};
  EXPECT_EQ(resume_everywhere(course), 33u);
  EXPECT_EQ(course.kept.result.reason, StopReason::steps);
  course.settings = {.epochs = 500, .batch_size = 5};
  course.settings.on_epoch = [](const EpochReport& report) { return report.epoch == 4; };
  EXPECT_EQ(resume_everywhere(course), 20u);
  EXPECT_EQ(course.kept.result.reason, StopReason::callback);
}

TEST(AKeptRun, IsPausedWhereItsKeeperSaysSo) {
  Course<float> course(20, true);
  course.settings = {.epochs = 5, .batch_size = 6};
  const auto whole = course.run({});
  std::size_t epochs_told = 0;
  course.settings.on_epoch = [&](const EpochReport&) { return ++epochs_told, false; };
  std::size_t sessions = 0;
  std::optional<FitState<float>> last;
  typename Course<float>::Outcome outcome;
  for (bool over = false; !over; ++sessions) {
    const std::optional<FitState<float>> from = last;
    Checkpoints<float> checkpoints;
    std::uint64_t due = from ? from->result.steps + 3 : 3;
    checkpoints.is_due = [&](const FitPlace& place) { return place.steps >= due; };
    checkpoints.keep = [&](const FitState<float>& state) { return last = state, !state.ended; };
    checkpoints.resume_from = from ? &*from : nullptr;
    outcome = course.run(checkpoints, 1 + sessions);  // the first weights are the first session's only
    over = outcome.result.reason != StopReason::paused;
    ASSERT_LT(sessions, 50u);
  }
  EXPECT_GT(sessions, 5u);
  EXPECT_EQ(epochs_told, 5u) << "each epoch is told once";
  EXPECT_EQ(outcome.result.epochs, 5u);
  ASSERT_TRUE(last && last->ended);
  EXPECT_TRUE(last->trainer.update.arrays.empty());
  expect_same(last->result, whole.result);
  EXPECT_TRUE(same_bits<float>(outcome.weights, whole.weights));
}

TEST(AState, ThatIsNotOfTheRunIsRefusedByWhatIsWrong) {
  Course<double> course(20, true);
  course.settings = {.epochs = 3, .batch_size = 6, .patience = 2};
  const FitState<double> good = course.states()[5];
  std::size_t refused = 0;
  const auto refuse = [&](const std::function<void(FitState<double>&)>& spoil, const std::string& words) {
    FitState<double> bad = good;
    spoil(bad);
    Checkpoints<double> checkpoints;
    checkpoints.resume_from = &bad;
    auto network = plain_network<double>(kInputs, course.units);
    const auto before = network.weights();
    auto trainer = trainer_for<double>(network, course.options);
    const auto result = fit<double>(trainer, *course.training, &*course.validation, course.settings, checkpoints);
    ASSERT_FALSE(result) << words;
    EXPECT_EQ(result.error().code, ErrorCode::shape);
    EXPECT_NE(result.error().message().find(words), std::string::npos) << result.error().message();
    EXPECT_EQ(network.weights(), before);
    ++refused;
  };
  refuse([](auto& state) { state.trainer.parameters = base::AlignedBuffer<double>(3); }, "3 parameters");
  refuse([](auto& state) { state.best.parameters.pop_back(); }, "of the best epoch");
  refuse([](auto& state) { state.result.history.pop_back(); }, "a history of 0 epochs");
  refuse([](auto& state) { state.epoch = 0; }, "epoch 0 after 1");
  refuse([](auto& state) { state.epoch = 4; }, "epoch 4 after 1");
  refuse([](auto& state) { state.patterns = 20; }, "20 patterns learnt");
  refuse([](auto& state) { state.trainer.update.arrays.emplace_back(3); }, "arrays of a rule");
  EXPECT_EQ(refused, 7u);
}

}  // namespace
}  // namespace deltarule::training::testing
