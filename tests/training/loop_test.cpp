// Epochs: order, stopping, history, what diverges and how it is told.
#include "training/loop.hpp"

#include <cmath>
#include <limits>
#include <set>

#include "support.hpp"
#include "training/evaluate.hpp"
#include "training/sampler.hpp"

namespace deltarule::training::testing {
namespace {

ArraySource<double> xor_patterns() { return {{0, 0, 0, 1, 1, 0, 1, 1}, 2, {0, 1, 1, 0}, 1}; }

bool mentions(const Error& error, const std::string& text) { return error.message().find(text) != std::string::npos; }

TEST(Sampler, ShufflesEachEpochOnItsOwn) {
  const FitSettings settings{.seed = Seed{5}};
  auto one = *Sampler::create(100, settings), other = *Sampler::create(100, settings);
  std::set<std::vector<std::uint32_t>> orders;
  for (std::size_t epoch = 0; epoch < 10; ++epoch) {
    const auto order = one.epoch(epoch);
    std::vector<std::uint32_t> sorted(order.begin(), order.end());
    orders.insert(sorted);
    std::sort(sorted.begin(), sorted.end());
    EXPECT_EQ(sorted, all_patterns(100)) << "every pattern once";
  }
  EXPECT_EQ(orders.size(), 10u);
  const auto late = other.epoch(9);  // without the nine epochs before it
  EXPECT_TRUE(std::equal(late.begin(), late.end(), one.epoch(9).begin()));
}

TEST(Sampler, DependsOnTheSeed) {
  const FitSettings five{.seed = Seed{5}}, six{.seed = Seed{6}};
  auto one = *Sampler::create(100, five), other = *Sampler::create(100, six);
  EXPECT_FALSE(std::equal(one.epoch(0).begin(), one.epoch(0).end(), other.epoch(0).begin()));
}

TEST(Sampler, KeepsFileOrderAndGivenOrders) {
  const FitSettings in_order{.shuffle = false}, given{.order = {{2, 0}, {1, 1, 1}}};
  auto plain = *Sampler::create(3, in_order), listed = *Sampler::create(3, given);
  EXPECT_TRUE(std::ranges::equal(plain.epoch(4), std::vector<std::uint32_t>{0, 1, 2}));
  EXPECT_TRUE(std::ranges::equal(listed.epoch(0), std::vector<std::uint32_t>{2, 0}));
  EXPECT_TRUE(std::ranges::equal(listed.epoch(3), std::vector<std::uint32_t>{1, 1, 1}));
  for (const FitSettings& bad : {FitSettings{.order = {{0}, {3}}}, FitSettings{.order = {{}}}}) {
    const auto sampler = Sampler::create(3, bad);
    ASSERT_FALSE(sampler);
    EXPECT_EQ(sampler.error().code, ErrorCode::spec);
  }
}

TEST(Fit, StopsAtTheFirstEpochWhoseErrorIsBelow) {
  auto network = plain_network<double>(2, {4, 1}, 3);
  auto trainer = trainer_for<double>(network, {.optimizer = Momentum{0.1, 0.9}});
  const auto source = xor_patterns();
  std::size_t above = 0;
  FitSettings settings{.epochs = 5000, .batch_size = 1, .until_tss = 0.04};
  settings.on_epoch = [&](const EpochReport&) {
    above += total_squared_error<double>(network, source, trainer.team()) >= 0.04 ? 1 : 0;
    return false;
  };
  const auto result = fit<double>(trainer, source, nullptr, settings);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->reason, StopReason::error_below);
  EXPECT_EQ(above, result->epochs - 1);
  EXPECT_LT(total_squared_error<double>(network, source, trainer.team()), 0.04);
  EXPECT_EQ(result->steps, 4 * result->epochs);
  EXPECT_EQ(result->history.size(), result->epochs);
}

TEST(Fit, TheCallbackStopsAndSeesEveryEpoch) {
  auto network = plain_network<double>(2, {4, 1});
  auto trainer = trainer_for<double>(network, {});
  std::vector<std::size_t> seen;
  FitSettings settings{.epochs = 50, .batch_size = 3};
  settings.on_epoch = [&](const EpochReport& report) {
    seen.push_back(report.epoch);
    return report.epoch == 7;
  };
  const auto result = fit<double>(trainer, xor_patterns(), nullptr, settings);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->reason, StopReason::callback);
  EXPECT_EQ(seen, (std::vector<std::size_t>{1, 2, 3, 4, 5, 6, 7}));
  EXPECT_EQ(result->steps, 14u);
}

/// Training targets and validation targets contradict each other: the validation loss grows while training goes on.
struct Contradiction {
  ArraySource<double> training{{1, 2, 3, 4}, 1, {1, 2, 3, 4}, 1};
  ArraySource<double> validation{{1, 2, 3, 4}, 1, {-1, -2, -3, -4}, 1};
};

TEST(Fit, PatienceCountsEpochsAndWeightChanges) {
  const Contradiction data;
  for (const std::uint64_t patience_steps : {0u, 120u}) {
    auto network = plain_network<double>(1, {1});
    ASSERT_TRUE(network.set_weights(std::vector<double>{0, 0}));
    auto trainer = trainer_for<double>(network, {.optimizer = DeltaRule{0.01}});
    const auto result = fit<double>(trainer, data.training, &data.validation,
                                    {.epochs = 1000, .batch_size = 2, .patience = 5, .patience_steps = patience_steps});
    ASSERT_TRUE(result);
    EXPECT_EQ(result->reason, StopReason::patience);
    EXPECT_EQ(result->best_epoch, 1u);
    EXPECT_EQ(result->epochs, patience_steps == 0 ? 6u : 61u);  // two weight changes per epoch
    EXPECT_EQ(result->history.back().best_validation_loss, result->history[0].validation_loss);
    EXPECT_DOUBLE_EQ(mean_loss<double>(network, data.validation, trainer.team()), result->history[0].validation_loss)
        << "the weights of the best epoch are back";
  }
}

TEST(Fit, WithoutRestoringTheLastWeightsStay) {
  const Contradiction data;
  auto network = plain_network<double>(1, {1});
  ASSERT_TRUE(network.set_weights(std::vector<double>{0, 0}));
  auto trainer = trainer_for<double>(network, {.optimizer = DeltaRule{0.01}});
  const auto result =
      fit<double>(trainer, data.training, &data.validation, {.epochs = 1000, .patience = 5, .restore_best = false});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->best_epoch, result->epochs);
  EXPECT_DOUBLE_EQ(mean_loss<double>(network, data.validation, trainer.team()), result->history.back().validation_loss);
}

TEST(Fit, TrainingLossIsTheMeanOfTheErrorsAsTheyWereMet) {
  auto network = plain_network<double>(2, {4, 1});
  auto trainer = trainer_for<double>(network, {});
  const auto source = xor_patterns();
  const double before = mean_loss<double>(network, source, trainer.team());
  const auto result = fit<double>(trainer, source, nullptr, {.epochs = 1, .batch_size = 0});
  ASSERT_TRUE(result);
  EXPECT_NEAR(result->history[0].training_loss, before, 8 * 0x1p-52 * before);
  EXPECT_TRUE(std::isnan(result->history[0].validation_loss));
}

TEST(Fit, DivergenceNamesEpochBatchLayerAndPatternAndKeepsTheWeights) {
  auto network = plain_network<float>(1, {2, 1});
  auto trainer = trainer_for<float>(network, {});
  std::vector<float> x(12, 0.5F), t(12, 0.1F);
  x[7] = std::numeric_limits<float>::infinity();
  const ArraySource<float> source(x, 1, t, 1);
  auto unharmed = network;
  auto other = trainer_for<float>(unharmed, {});
  const auto result = fit<float>(trainer, source, nullptr, {.epochs = 3, .batch_size = 4, .shuffle = false});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::diverged);
  EXPECT_TRUE(mentions(result.error(), "epoch 1, batch 2, pattern 8, input layer")) << result.error().message();
  ASSERT_TRUE(other.step(source, all_patterns(4)));
  EXPECT_TRUE(same_weights(network, unharmed)) << "weights as they were before the bad batch";
}

TEST(Fit, ARateThatIsTooLargeDivergesWithFiniteWeights) {
  std::size_t runs = 0;
  for (const double rate : {1e2, 1e4, 1e8, 1e16, 1e30}) {
    NetworkSpec spec{.inputs = 2, .layers = {{8, "relu"}, {8, "relu"}, {1, "identity"}}};
    auto network = *network::Network<float>::create(spec);
    network::draw_weights(network, Seed{1}, {});
    auto trainer = trainer_for<float>(network, {.optimizer = DeltaRule{rate}});
    const ArraySource<float> source({0, 0, 0, 3, 3, 0, 3, 3}, 2, {0, 5, 5, 0}, 1);
    const auto result = fit<float>(trainer, source, nullptr, {.epochs = 200, .batch_size = 1});
    for (const float w : network.weights()) ASSERT_TRUE(std::isfinite(w)) << rate;
    if (result) continue;  // all units may die before anything overflows
    ++runs;
    EXPECT_EQ(result.error().code, ErrorCode::diverged);
    EXPECT_TRUE(mentions(result.error(), "epoch ") && mentions(result.error(), "batch ")) << result.error().message();
  }
  EXPECT_GE(runs, 2u);
}

TEST(Fit, DivergenceInsideNamesTheLayer) {
  NetworkSpec spec{.inputs = 1, .layers = {{1, "identity"}, {1, "identity"}, {1, "identity"}}};
  auto network = *network::Network<float>::create(spec);
  ASSERT_TRUE(network.set_weights(std::vector<float>{1, 0, 1e30F, 0, 1, 0}));
  auto trainer = trainer_for<float>(network, {});
  const ArraySource<float> source({1}, 1, {0}, 1);
  const auto result = fit<float>(trainer, source, nullptr, {});
  ASSERT_FALSE(result);
  EXPECT_TRUE(mentions(result.error(), "epoch 1, batch 1, pattern 1, layer 2")) << result.error().message();
}

TEST(Fit, DivergenceOfASlopeNamesItsLayer) {
  // Every pattern is finite, and so is each square in it; the slope is too large only in the second layer.
  auto network = *network::Network<float>::create({.inputs = 1, .layers = {{1, "identity"}, {1, "identity"}}});
  ASSERT_TRUE(network.set_weights(std::vector<float>{0, 1e10F, 1e-20F, 0}));
  const auto before = network.weights();
  auto trainer = trainer_for<float>(network, {});
  const ArraySource<float> source({1}, 1, {1e15F}, 1);
  const auto result = fit<float>(trainer, source, nullptr, {});
  ASSERT_FALSE(result);
  EXPECT_TRUE(mentions(result.error(), "epoch 1, batch 1, layer 2")) << result.error().message();
  EXPECT_EQ(network.weights(), before);
}

TEST(Fit, RefusesWhatDoesNotFit) {
  auto network = plain_network<double>(2, {4, 1});
  auto trainer = trainer_for<double>(network, {});
  const auto source = xor_patterns();
  const ArraySource<double> narrow({1, 2}, 1, {1, 2}, 1), empty({}, 2, {}, 1);
  const auto check = [&](const ArraySource<double>& training, const ArraySource<double>* validation,
                         const FitSettings& settings, ErrorCode code) {
    const auto result = fit<double>(trainer, training, validation, settings);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, code) << result.error().message();
  };
  check(narrow, nullptr, {}, ErrorCode::shape);
  check(source, &narrow, {}, ErrorCode::shape);
  check(empty, nullptr, {}, ErrorCode::data);
  check(source, nullptr, {.patience = 3}, ErrorCode::spec);
  check(source, nullptr, {.until_tss = std::numeric_limits<double>::quiet_NaN()}, ErrorCode::spec);
  check(source, nullptr, {.order = {{9}}}, ErrorCode::spec);
  EXPECT_EQ(trainer.steps(), 0u);
}

TEST(Evaluation, IsThePatternsOneByOne) {
  Dice dice(51);
  auto network = plain_network<double>(3, {5, 2});
  const auto source = random_patterns<double>(dice, 600, 3, 2);
  base::ThreadTeam team(3);
  const Evaluation evaluation = evaluate<double>(network, source, team);
  ASSERT_EQ(evaluation.predicted.size(), 1200u);
  EXPECT_EQ(evaluation.target, source.t);
  EXPECT_EQ(total_squared_error<double>(network, source, team),
            network::total_squared_error(evaluation.a(), evaluation.t()));
  EXPECT_NEAR(2 * 600 * evaluation.mean_loss, network::total_squared_error(evaluation.a(), evaluation.t()),
              1200 * 0x1p-52 * 2000);
  EXPECT_EQ(mean_loss<double>(network, source, team), evaluation.mean_loss);
}

/// Twelve patterns in batches of five: three steps per epoch, the last of two patterns.
struct Twelve {
  ArraySource<double> training{{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, 1, {2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11}, 1};
  ArraySource<double> validation{{1, 2, 3}, 1, {1, 2, 2}, 1};
};

template <class T>
std::vector<T> weights_after(const base::PatternSource<T>& training, const base::PatternSource<T>* validation,
                             const FitSettings& settings, FitResult& result,
                             const std::vector<std::size_t>& units = {3, 1}) {
  auto network = plain_network<T>(training.inputs(), units);
  auto trainer = trainer_for<T>(network, {.optimizer = DeltaRule{0.001}});
  auto done = fit<T>(trainer, training, validation, settings);
  EXPECT_TRUE(done);
  if (done) result = *done;
  return network.weights();
}

TEST(Fit, StepsEndARunInTheMiddleOfAnEpochWithTheBitsOfTheStepsBefore) {
  const Twelve data;
  FitResult result, whole;
  for (const std::size_t size : {1u, 5u, 0u}) {
    const std::size_t per_epoch = size == 1 ? 12 : (size == 5 ? 3 : 1);
    FitSettings settings{.epochs = 3, .batch_size = size};
    const auto all = weights_after<double>(data.training, nullptr, settings, whole);
    EXPECT_EQ(whole.steps, 3 * per_epoch);
    std::vector<std::vector<double>> after;
    for (std::uint64_t steps = 1; steps <= 3 * per_epoch; ++steps) {
      settings.steps = steps;
      after.push_back(weights_after<double>(data.training, nullptr, settings, result));
      EXPECT_EQ(result.steps, steps);
      EXPECT_EQ(result.reason, StopReason::steps);
      EXPECT_EQ(result.epochs, (steps + per_epoch - 1) / per_epoch);
      if (steps > 1) {
        EXPECT_NE(after[steps - 1], after[steps - 2]);
      }
    }
    EXPECT_EQ(after.back(), all);
    EXPECT_EQ(result.history.back().training_loss, whole.history.back().training_loss);
  }
}

TEST(Fit, ARunThatAStopTokenEndsIsRepeatedByItsSteps) {
  const Twelve data;
  std::size_t compared = 0;
  for (const std::size_t size : {1u, 5u}) {
    for (const std::size_t limit : {1u, 4u, 7u}) {
      std::size_t asked = 0;
      FitSettings settings{.epochs = 100, .batch_size = size, .patience = 50};
      settings.stop_now = [&] { return ++asked == limit; };
      FitResult stopped, repeated;
      const auto first = weights_after<double>(data.training, &data.validation, settings, stopped);
      EXPECT_EQ(stopped.reason, StopReason::stopped);
      EXPECT_EQ(stopped.steps, size == 1 ? 12 * limit : limit) << "a short epoch of single patterns is one question";
      settings.stop_now = {};
      settings.steps = stopped.steps;
      EXPECT_EQ(weights_after<double>(data.training, &data.validation, settings, repeated), first);
      EXPECT_EQ(repeated.reason, StopReason::steps);
      EXPECT_EQ(repeated.best_epoch, stopped.best_epoch);
      ++compared;
    }
  }
  EXPECT_EQ(compared, 6u);
}

TEST(Fit, EveryStepIsReportedAndMayBeTheLast) {
  const Twelve data;
  for (const std::size_t size : {1u, 5u, 0u}) {
    FitSettings settings{.epochs = 3, .batch_size = size};
    FitResult plain, watched, stopped, repeated;
    const auto all = weights_after<double>(data.training, nullptr, settings, plain);
    std::vector<StepReport> seen;
    settings.on_step = [&](const StepReport& report) {
      seen.push_back(report);
      return false;
    };
    EXPECT_EQ(weights_after<double>(data.training, nullptr, settings, watched), all) << "watching changes no bit";
    ASSERT_EQ(seen.size(), plain.steps);
    double sum = 0;
    std::size_t before = 0;
    for (std::size_t s = 0; s < seen.size(); ++s) {
      EXPECT_EQ(seen[s].step, s + 1);
      sum += seen[s].loss * static_cast<double>(seen[s].patterns - before);
      before = seen[s].patterns;
      if (before < 12) continue;
      EXPECT_NEAR(sum / 12, plain.history[seen[s].epoch - 1].training_loss, 1e-14 * sum);
      EXPECT_EQ(watched.history[seen[s].epoch - 1].training_loss, plain.history[seen[s].epoch - 1].training_loss);
      sum = 0;
      before = 0;
    }
    settings.on_step = [](const StepReport& report) { return report.step == 2; };
    const auto two = weights_after<double>(data.training, nullptr, settings, stopped);
    EXPECT_EQ(stopped.reason, StopReason::callback);
    EXPECT_EQ(stopped.steps, 2u);
    settings.on_step = {};
    settings.steps = 2;
    EXPECT_EQ(weights_after<double>(data.training, nullptr, settings, repeated), two);
    EXPECT_NE(two, all);
  }
}

TEST(Fit, AskingInTheMiddleOfAnEpochChangesNoBitOfALayerThatLooksAhead) {
  constexpr std::size_t kInputs = 600, kUnits = 450, kPatterns = 301;  // more than 2^18 weights; one question within
  std::vector<float> x, t;
  for (std::size_t i = 0; i < kInputs * kPatterns; ++i) x.push_back(static_cast<float>(i * 7 % 13) / 13.0f - 0.4f);
  for (std::size_t p = 0; p < kPatterns; ++p) t.push_back(static_cast<float>(p % 5) / 5.0f);
  const ArraySource<float> source{x, kInputs, t, 1};
  FitResult plain, asked, cut;
  std::size_t questions = 0;
  FitSettings settings{.epochs = 1, .batch_size = 1};
  const auto weights = weights_after<float>(source, nullptr, settings, plain, {kUnits, 1});
  settings.stop_now = [&] { return ++questions > 100; };
  EXPECT_EQ(weights_after<float>(source, nullptr, settings, asked, {kUnits, 1}), weights);
  EXPECT_EQ(questions, 2u);
  EXPECT_EQ(asked.history[0].training_loss, plain.history[0].training_loss);
  std::size_t reports = 0;
  FitSettings watching = settings;
  watching.stop_now = {};
  watching.on_step = [&](const StepReport& report) { return report.step != std::min(2 * ++reports, kPatterns); };
  EXPECT_EQ(weights_after<float>(source, nullptr, watching, asked, {kUnits, 1}), weights);
  EXPECT_EQ(reports, 151u) << "pairs, and the last pattern by itself";
  questions = 100;
  const auto half = weights_after<float>(source, nullptr, settings, cut, {kUnits, 1});
  EXPECT_EQ(cut.steps, 256u);
  settings.stop_now = {};
  settings.steps = 256;
  EXPECT_EQ(weights_after<float>(source, nullptr, settings, asked, {kUnits, 1}), half);
  EXPECT_NE(half, weights);
}

TEST(Fit, AScoreDecidesInPlaceOfTheLossAndItsBestWeightsComeBack) {
  const Contradiction data;  // the loss is best after the first epoch
  for (const bool higher : {false, true}) {
    auto network = plain_network<double>(1, {1});
    ASSERT_TRUE(network.set_weights(std::vector<double>{0, 0}));
    auto trainer = trainer_for<double>(network, {.optimizer = DeltaRule{0.01}});
    std::size_t called = 0;
    std::vector<double> best;
    FitSettings settings{.epochs = 100, .batch_size = 2, .patience = 5};
    settings.higher_is_better = higher;
    settings.score = [&](Rows<double> a, Rows<double> t) {
      EXPECT_EQ(a.count, 4u);
      EXPECT_EQ(t.columns, 1u);
      EXPECT_EQ(t.data[2], -3.0);
      const double peak = std::fabs(static_cast<double>(++called) - 8.0);  // epoch 8 is the best
      if (called == 8) best = network.weights();
      return higher ? 10.0 - peak : peak;
    };
    const auto result = fit<double>(trainer, data.training, &data.validation, settings);
    ASSERT_TRUE(result);
    EXPECT_EQ(result->reason, StopReason::patience);
    EXPECT_EQ(result->best_epoch, 8u);
    EXPECT_EQ(result->epochs, 13u);
    EXPECT_EQ(result->history.back().best_validation_score, higher ? 10.0 : 0.0);
    EXPECT_EQ(result->history.back().best_validation_loss, result->history[0].validation_loss);
    EXPECT_EQ(network.weights(), best);
  }
}

TEST(Fit, AScoreThatIsNeverANumberKeepsTheLastWeights) {
  const Contradiction data;
  FitSettings settings{.epochs = 4, .batch_size = 2, .patience = 50};
  settings.score = [](Rows<double>, Rows<double>) { return std::numeric_limits<double>::quiet_NaN(); };
  FitResult result;
  const auto weights = weights_after<double>(data.training, &data.validation, settings, result);
  EXPECT_EQ(result.best_epoch, 4u);
  EXPECT_TRUE(std::isnan(result.history.back().best_validation_score));
  settings.score = {};
  settings.patience = 0;
  EXPECT_EQ(weights_after<double>(data.training, &data.validation, settings, result), weights);
}

TEST(Fit, AnImprovementThatIsTooSmallIsNone) {
  const Contradiction data;
  for (const double least : {0.0, 0.9, 1.0, 2.5}) {
    std::size_t called = 0;
    FitSettings settings{.epochs = 12, .batch_size = 2, .patience = 100, .min_improvement = least};
    settings.score = [&](Rows<double>, Rows<double>) { return 100.0 - static_cast<double>(++called); };
    FitResult result;
    (void)weights_after<double>(data.training, &data.validation, settings, result);
    // Falls by one per epoch: taken every time, or, beyond one and two, each second and each third time.
    EXPECT_EQ(result.best_epoch, least < 1 ? 12u : (least == 1.0 ? 11u : 10u)) << least;
  }
}

TEST(Fit, SettingsOfEarlyStoppingThatMakeNoSenseAreRefusedByName) {
  const Contradiction data;
  auto network = plain_network<double>(1, {1});
  auto trainer = trainer_for<double>(network, {.optimizer = DeltaRule{0.01}});
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const double bad : {-0.1, nan, std::numeric_limits<double>::infinity()}) {
    const auto result = fit<double>(trainer, data.training, &data.validation, {.min_improvement = bad});
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().place, "min_improvement");
  }
  FitSettings settings;
  settings.score = [](Rows<double>, Rows<double>) { return 0.0; };
  const auto alone = fit<double>(trainer, data.training, nullptr, settings);
  ASSERT_FALSE(alone);
  EXPECT_EQ(alone.error().place, "score");
}

}  // namespace
}  // namespace deltarule::training::testing
