// Runs that go astray and back: what they end with, what they tell, and that it is the same every time.
#include "training/rollback.hpp"

#include <cmath>
#include <limits>

#include "every_rule.hpp"
#include "support.hpp"
#include "training/evaluate.hpp"
#include "training/loop.hpp"

namespace deltarule::training::testing {
namespace {

constexpr auto kBack = OnDivergence::rollback;

/// A linear network on inputs so large that a rate above `about` 0.1 diverges.
template <class T>
network::Network<T> linear_network(std::size_t inputs) {
  auto made = network::Network<T>::create({.inputs = inputs, .layers = {{1, "identity"}}});
  EXPECT_TRUE(made);
  return std::move(*made);
}
template <class T>
ArraySource<T> linear_patterns(std::size_t count) {
  Dice dice(91);
  return random_patterns<T>(dice, count, 4, 1);
}

template <class T>
void expect_finite(const FitResult& result, std::size_t epochs) {
  ASSERT_EQ(result.history.size(), epochs);
  EXPECT_EQ(result.epochs, epochs);
  for (std::size_t e = 0; e < epochs; ++e) {
    EXPECT_EQ(result.history[e].epoch, e + 1);
    EXPECT_TRUE(std::isfinite(result.history[e].training_loss));
  }
}

TEST(Rollback, ARunThatGoesBackToItsBeginningIsTheRunWithTheLowerRate) {
  std::size_t rollbacks = 0;
  for (const std::size_t batch : {1u, 16u}) {
    const auto source = linear_patterns<float>(2000);
    auto one = linear_network<float>(4), other = one;
    auto trainer = trainer_for<float>(one, {.optimizer = DeltaRule{4.0}});
    const auto result =
        fit<float>(trainer, source, nullptr, {.epochs = 5, .batch_size = batch, .on_divergence = kBack});
    ASSERT_TRUE(result) << result.error().message();
    expect_finite<float>(*result, 5);
    ASSERT_FALSE(result->rollbacks.empty());
    double factor = 1.0;
    std::uint64_t step = 0;
    for (const Rollback& back : result->rollbacks) {
      EXPECT_EQ(back.epoch, 1u);
      EXPECT_EQ(back.back_to, 0u);
      EXPECT_EQ(back.rate_factor, factor *= 0.5);
      EXPECT_GT(back.step, step);
      step = back.step;
      EXPECT_EQ(back.why.rfind("epoch 1", 0), 0u) << back.why;
      ++rollbacks;
    }
    auto low = trainer_for<float>(other, {.optimizer = DeltaRule{4.0 * factor}});
    const auto plain = fit<float>(low, source, nullptr, {.epochs = 5, .batch_size = batch});
    ASSERT_TRUE(plain);
    EXPECT_TRUE(same_weights(one, other)) << "batch " << batch;
    EXPECT_EQ(result->steps, plain->steps + step) << "all weight changes are counted";
    EXPECT_EQ(trainer.steps(), low.steps()) << "the rule counts those that it remembers";
    EXPECT_EQ(result->history.back().rate_factor, factor);
    EXPECT_EQ(trainer.rate_factor(), 1.0) << "as before the run";
    for (std::size_t e = 0; e < 5; ++e) EXPECT_EQ(result->history[e].training_loss, plain->history[e].training_loss);
  }
  EXPECT_GE(rollbacks, 2u);
}

TEST(Rollback, IsToldWhenItHappensAndChangesNothing) {
  const auto source = linear_patterns<float>(2000);
  auto one = linear_network<float>(4), other = one;
  FitSettings settings{.epochs = 5, .batch_size = 16, .on_divergence = kBack};
  auto plain = trainer_for<float>(other, {.optimizer = DeltaRule{4.0}});
  ASSERT_TRUE(fit<float>(plain, source, nullptr, settings));
  std::vector<std::uint64_t> told;
  std::uint64_t last_epoch = 0;
  settings.on_rollback = [&](const Rollback& back) {
    EXPECT_GE(back.epoch, last_epoch) << "no epoch after it has been reported";
    told.push_back(back.step);
  };
  settings.on_epoch = [&](const EpochReport& report) { return last_epoch = report.epoch, false; };
  auto trainer = trainer_for<float>(one, {.optimizer = DeltaRule{4.0}});
  const auto result = fit<float>(trainer, source, nullptr, settings);
  ASSERT_TRUE(result);
  ASSERT_FALSE(told.empty());
  ASSERT_EQ(told.size(), result->rollbacks.size());
  for (std::size_t k = 0; k < told.size(); ++k) EXPECT_EQ(told[k], result->rollbacks[k].step);
  EXPECT_TRUE(same_weights(one, other));
}

/// The rate rises over the epochs, until the loss grows without being infinite: re-coded with a copy of the trainer.
/// Epochs have so many patterns that the state is kept after each.
TEST(Rollback, GoesBackToTheLastGoodEpochWhenTheLossHasRunAway) {
  constexpr std::size_t kPatterns = kPatternsPerGoodState;
  const auto source = linear_patterns<double>(kPatterns);
  const auto patterns = all_patterns(kPatterns);
  const Schedule schedule = OneCycleRate{.rise = 0.9, .start = 0.01};
  constexpr std::size_t kEpochs = 60;
  auto one = linear_network<double>(4), other = one;
  const TrainerOptions options{.optimizer = Momentum{6.0, 0.3}};
  auto trainer = trainer_for<double>(one, options);
  const auto result =
      fit<double>(trainer, source, nullptr,
                  {.epochs = kEpochs, .batch_size = 0, .shuffle = false, .schedule = schedule, .on_divergence = kBack});
  ASSERT_TRUE(result) << result.error().message();
  expect_finite<double>(*result, kEpochs);
  ASSERT_GE(result->rollbacks.size(), 1u);

  auto by_hand = trainer_for<double>(other, options);
  auto good = by_hand.snapshot(), next = good;
  std::size_t good_epochs = 0, next_epochs = 0;
  std::vector<double> losses;
  const auto of_first = [](const std::vector<double>& all, std::size_t columns) {
    return std::vector<double>(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(kPatternsOfFirstLoss * columns));
  };
  const ArraySource<double> beginning(of_first(source.x, 4), 4, of_first(source.t, 1), 1);
  const double first = mean_loss<double>(other, beginning, by_hand.team());
  std::size_t backs = 0;
  double factor = 1.0;
  for (std::size_t e = 1; e <= kEpochs;) {
    const double begin = static_cast<double>(e - 1);
    by_hand.set_rate_factor(factor * rate_factor(schedule, {e, begin, begin + 1, kEpochs}));
    const auto loss = by_hand.step(source, patterns);
    ASSERT_TRUE(loss);
    double smallest = first;
    for (const double earlier : losses) smallest = std::min(smallest, earlier);
    const bool astray = *loss / kPatterns > std::max({1000 * smallest, 2 * first, 1.0});
    if (astray) {
      ASSERT_TRUE(by_hand.restore(good));
      factor *= 0.5;
      ASSERT_LT(backs, result->rollbacks.size());
      EXPECT_EQ(result->rollbacks[backs].epoch, e);
      EXPECT_EQ(result->rollbacks[backs].back_to, good_epochs);
      EXPECT_NE(result->rollbacks[backs].why.find("a training loss of"), std::string::npos);
      ++backs;
      losses.resize(good_epochs);
      e = good_epochs + 1;
      next_epochs = 0;
      continue;
    }
    losses.push_back(*loss / kPatterns);
    if (next_epochs > 0) {  // a step of its own: only the next one tells whether it was good
      good = next;
      good_epochs = next_epochs;
    }
    next = by_hand.snapshot();
    next_epochs = e++;
  }
  EXPECT_EQ(backs, result->rollbacks.size());
  EXPECT_GE(result->rollbacks[0].back_to, 5u) << "not at the beginning";
  EXPECT_TRUE(same_weights(one, other));
}

/// Of a small table a good state is kept after each 2048 patterns, and epochs since then are taken back, too.
TEST(Rollback, EpochsThatWereTakenBackAreNotInTheHistory) {
  const auto source = linear_patterns<double>(230);
  auto network = linear_network<double>(4);
  auto trainer = trainer_for<double>(network, {.optimizer = DeltaRule{3.0}});
  FitSettings settings{.epochs = 200, .batch_size = 0, .shuffle = false};
  settings.schedule = OneCycleRate{.rise = 0.9, .start = 0.01};
  settings.on_divergence = kBack;
  std::vector<std::size_t> reported;
  settings.on_epoch = [&](const EpochReport& report) {
    reported.push_back(report.epoch);
    return false;
  };
  const auto result = fit<double>(trainer, source, nullptr, settings);
  ASSERT_TRUE(result) << result.error().message();
  expect_finite<double>(*result, 200);
  ASSERT_FALSE(result->rollbacks.empty());
  std::size_t taken_back = 0;
  for (const Rollback& back : result->rollbacks) {
    EXPECT_EQ(back.back_to % 9, 0u) << "9 epochs of 230 patterns are the first to have 2048";
    taken_back += back.epoch - 1 - back.back_to;
  }
  EXPECT_GT(taken_back, 0u);
  EXPECT_EQ(reported.size(), 200 + taken_back) << "they were reported when they ended";
  for (std::size_t e = 1; e < result->history.size(); ++e)
    EXPECT_GT(result->history[e].steps, result->history[e - 1].steps);
}

TEST(Rollback, EndsWithTheErrorAfterFive) {
  auto source = linear_patterns<float>(40);
  for (float& t : source.t) t = 1e30F;  // no rate helps
  auto network = linear_network<float>(4);
  auto trainer = trainer_for<float>(network, {.optimizer = DeltaRule{0.5}});
  const auto result = fit<float>(trainer, source, nullptr, {.epochs = 50, .on_divergence = kBack});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::diverged);
  EXPECT_NE(result.error().got.find("after going back 5 times, each with half the rate"), std::string::npos)
      << result.error().message();
  EXPECT_NE(result.error().place.find("epoch "), std::string::npos);
}

TEST(Rollback, IsNotAskedForByDefaultAndNotDoneForOtherErrors) {
  auto network = linear_network<float>(4);
  const auto source = linear_patterns<float>(2000);
  auto trainer = trainer_for<float>(network, {.optimizer = DeltaRule{4.0}});
  const auto stopped = fit<float>(trainer, source, nullptr, {.epochs = 5});
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().got.find("going back"), std::string::npos);
  auto counts = *network::Network<double>::create({.inputs = 4, .layers = {{1, "exp"}}, .loss = "poisson_deviance"});
  auto patterns = linear_patterns<double>(20);
  patterns.t[7] = -1;
  auto other = trainer_for<double>(counts, {.optimizer = DeltaRule{0.01}});
  const auto refused = fit<double>(other, patterns, nullptr, {.epochs = 5, .on_divergence = kBack});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::data);
}

/// Patterns of the third epoch have targets that no rate can learn.
TEST(Rollback, TellsWhatWasTooLarge) {
  auto source = linear_patterns<double>(300);
  for (std::size_t p = 200; p < 300; ++p) source.t[p] = 1e6;
  FitSettings settings{.epochs = 6, .batch_size = 10, .on_divergence = kBack};
  std::vector<std::uint32_t> plain(200), wild(100);
  std::iota(plain.begin(), plain.end(), 0u);
  std::iota(wild.begin(), wild.end(), 200u);
  settings.order = {plain, plain, wild};
  auto network = linear_network<double>(4);
  auto trainer = trainer_for<double>(network, {.optimizer = DeltaRule{0.01}});
  const auto result = fit<double>(trainer, source, nullptr, settings);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().place, "epoch 3");
  EXPECT_NE(result.error().message().find("a training loss of "), std::string::npos) << result.error().message();
  EXPECT_NE(result.error().message().find("1000 times the smallest so far"), std::string::npos);
  EXPECT_GT(trainer.steps(), 40u);
  EXPECT_LT(trainer.steps(), 50u) << "before the epoch was over";
}

TEST(Rollback, WeightsThatRunAwayAreNoGoodState) {
  // The outputs do not depend on the bias of a unit that is off: its weights grow, and no loss tells.
  auto network = *network::Network<double>::create({.inputs = 1, .layers = {{1, "identity"}}, .loss = "output_sum"});
  const ArraySource<double> source(std::vector<double>(300, 1.0), 1, std::vector<double>(300, 0.0), 1);
  auto trainer = trainer_for<double>(network, {.optimizer = DeltaRule{1e5}});
  const auto result = fit<double>(trainer, source, nullptr, {.epochs = 100, .batch_size = 0, .on_divergence = kBack});
  ASSERT_FALSE(result) << "the loss falls for ever, and so do the weights";
  EXPECT_NE(result.error().message().find("weights with a norm of"), std::string::npos) << result.error().message();
  EXPECT_NE(result.error().message().find("a million times"), std::string::npos);
}

/// The Rprop family has no rate: its step sizes are halved, each time again.
TEST(Rollback, HalvesTheStepsOfRulesWithoutARate) {
  std::size_t rules = 0;
  for (const UpdateEntry& entry : rules_of_weights()) {
    if (has_rate(entry.defaults)) continue;
    ++rules;
    auto network = plain_network<double>(3, {4, 1});
    auto trainer = trainer_for<double>(network, {.optimizer = entry.defaults});
    Dice dice(5);
    const auto source = random_patterns<double>(dice, 20, 3, 1);
    for (int s = 0; s < 4; ++s) ASSERT_TRUE(trainer.step(source, all_patterns(20)));
    const auto before = trainer.snapshot();
    trainer.halve_steps();
    const auto after = trainer.snapshot();
    EXPECT_TRUE(same_bits<double>(before.parameters.span(), after.parameters.span()));
    std::size_t halved = 0;
    for (std::size_t i = 0; i < before.parameters.size(); ++i) {
      EXPECT_EQ(after.update.arrays[0][i], 0.0);
      EXPECT_EQ(after.update.arrays[1][i], std::max(before.update.arrays[1][i] / 2, 1e-6));
      ++halved;
    }
    EXPECT_GE(halved, 20u);
  }
  EXPECT_EQ(rules, 4u);
}

TEST(Rollback, SavesARunOfARuleWithoutARate) {
  // Counts from exp outputs: a step of 10 per weight is e^50 for some patterns, whose square is not finite in f32.
  Dice dice(6);
  auto made = network::Network<float>::create({.inputs = 2, .layers = {{1, "exp"}}, .loss = "poisson_deviance"});
  auto source = random_patterns<float>(dice, 300, 2, 1);
  auto trainer = trainer_for<float>(*made, {.optimizer = IRpropMinus{.delta0 = 10, .delta_max = 20}});
  const auto result = fit<float>(trainer, source, nullptr, {.epochs = 60, .batch_size = 0, .on_divergence = kBack});
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_GE(result->rollbacks.size(), 1u);
  expect_finite<float>(*result, 60);
}

/// The first epoch ends far away, though all its numbers are finite: its validation loss is the best so far, and no
/// sane one.
TEST(Rollback, TheBestOfNoGoodEpochsIsNoneToGoBackTo) {
  std::size_t saved = 0;
  for (const double rate : {2.0, 4.0, 8.0, 16.0}) {
    const auto source = linear_patterns<float>(130), held = linear_patterns<float>(30);
    auto network = linear_network<float>(4);
    auto trainer = trainer_for<float>(network, {.optimizer = DeltaRule{rate}});
    const auto result =
        fit<float>(trainer, source, &held, {.epochs = 40, .batch_size = 8, .on_divergence = kBack, .patience = 20});
    ASSERT_TRUE(result) << rate << ": " << result.error().message();
    EXPECT_LE(result->history.back().best_validation_loss, 1.0) << rate;
    EXPECT_LE(result->best_epoch, result->epochs);
    EXPECT_FALSE(result->rollbacks.empty()) << rate;
    ++saved;
  }
  EXPECT_EQ(saved, 4u);
}

/// Each rule with a rate (or steps) far too large: what comes of it is the same with any number of threads.
TEST(Rollback, IsTheSameWithAnyNumberOfThreadsUnderEveryRule) {
  std::size_t compared = 0, went_back = 0;
  for (const UpdateEntry& entry : rules_of_weights()) {
    Optimizer rule = entry.defaults;
    for (const char* name : {"learning_rate", "delta0", "delta_max"})
      if (const UpdateSetting* setting = find_setting(entry, name); setting != nullptr) *setting->field(rule) = 1e7;
    if (const UpdateSetting* decay = find_setting(entry, "weight_decay"); decay != nullptr) *decay->field(rule) = 0;
    const auto run = [&](std::size_t threads, std::size_t least) {
      Dice dice(8);
      const auto source = random_patterns<float>(dice, 600, 6, 2);
      auto network = plain_network<float>(6, {9, 2});
      auto trainer = trainer_for<float>(network, {.optimizer = rule, .threads = threads}, least);
      const auto result = fit<float>(trainer, source, nullptr, {.epochs = 4, .batch_size = 64, .on_divergence = kBack});
      std::string story = result ? std::to_string(result->rollbacks.size()) : result.error().message();
      if (result)
        for (const Rollback& back : result->rollbacks) story += back.why + std::to_string(back.step);
      went_back += !result || !result->rollbacks.empty() ? 1 : 0;
      return std::pair(network.weights(), story);
    };
    const auto alone = run(1, 0);
    for (const std::size_t threads : {2u, 4u})
      for (const std::size_t least : {0u, 1u}) {
        const auto together = run(threads, least);
        EXPECT_TRUE(same_bits<float>(alone.first, together.first)) << entry.name;
        EXPECT_EQ(alone.second, together.second);
        ++compared;
      }
  }
  EXPECT_EQ(compared, rules_of_weights().size() * 4);
  EXPECT_GE(went_back, compared / 2);
}

FitSettings rising_settings(std::size_t batch) {
  FitSettings settings{.epochs = 12, .batch_size = batch, .on_divergence = kBack};
  settings.schedule = OneCycleRate{.rise = 0.9, .start = 0.001};
  return settings;
}

/// What a limit in time ended is repeated by its number of steps, rollbacks and all.
TEST(Rollback, ARunThatWasStoppedIsRepeatedByItsSteps) {
  std::size_t compared = 0, rollbacks = 0;
  for (const std::size_t batch : {1u, 50u})
    for (const std::size_t stop_at : {20u, 40u, 60u, 80u, 100u, 120u}) {
      const auto source = linear_patterns<float>(600);
      auto one = linear_network<float>(4), other = one;
      const TrainerOptions options{.optimizer = DeltaRule{batch == 1 ? 2.0 : 6.0}};
      auto trainer = trainer_for<float>(one, options), again = trainer_for<float>(other, options);
      FitSettings settings = rising_settings(batch);
      std::size_t asked = 0;
      settings.stop_now = [&asked, stop_at, batch] { return ++asked == (batch == 1 ? stop_at / 4 : stop_at); };
      const auto stopped = fit<float>(trainer, source, nullptr, settings);
      ASSERT_TRUE(stopped) << stopped.error().message();
      settings.stop_now = {};
      settings.steps = stopped->steps;
      const auto repeated = fit<float>(again, source, nullptr, settings);
      ASSERT_TRUE(repeated) << repeated.error().message();
      EXPECT_TRUE(same_weights(one, other)) << "batch " << batch << ", asked " << stop_at;
      EXPECT_EQ(stopped->rollbacks.size(), repeated->rollbacks.size());
      rollbacks += repeated->rollbacks.size();
      ++compared;
    }
  EXPECT_EQ(compared, 12u);
  EXPECT_GE(rollbacks, 4u);
}

/// A run that is left at a checkpoint and taken up again goes back to the same good state.
TEST(Rollback, ARunThatWasLeftGoesBackAsTheOneThatWasNot) {
  std::size_t left = 0;
  for (const std::size_t batch : {1u, 50u}) {
    const auto source = linear_patterns<float>(600);
    auto whole = linear_network<float>(4);
    const TrainerOptions options{.optimizer = DeltaRule{batch == 1 ? 2.0 : 6.0}};
    auto trainer = trainer_for<float>(whole, options);
    const FitSettings settings = rising_settings(batch);
    const auto uninterrupted =
        fit<float>(trainer, source, nullptr, settings, {.is_due = [](const FitPlace&) { return false; }});
    ASSERT_TRUE(uninterrupted) << uninterrupted.error().message();
    EXPECT_GE(uninterrupted->rollbacks.size(), 1u);
    FitState<float> kept;
    bool begun = false;
    for (bool done = false; !done;) {
      auto network = linear_network<float>(4);
      auto next = trainer_for<float>(network, options);
      std::size_t asked = 0;
      Checkpoints<float> checkpoints{.is_due = [&asked](const FitPlace&) { return ++asked % 7 == 0; },
                                     .keep =
                                         [&kept](const FitState<float>& state) {
                                           kept = state;
                                           return !state.ended;
                                         }};
      const FitState<float> from = kept;
      if (begun) checkpoints.resume_from = &from;
      const auto part = fit<float>(next, source, nullptr, settings, checkpoints);
      ASSERT_TRUE(part) << part.error().message();
      begun = true;
      done = part->reason != StopReason::paused;
      left += done ? 0 : 1;
      if (!done) continue;
      EXPECT_TRUE(same_weights(whole, network)) << "batch " << batch;
      ASSERT_EQ(part->rollbacks.size(), uninterrupted->rollbacks.size());
      for (std::size_t k = 0; k < part->rollbacks.size(); ++k) {
        EXPECT_EQ(part->rollbacks[k].why, uninterrupted->rollbacks[k].why);
        EXPECT_EQ(part->rollbacks[k].step, uninterrupted->rollbacks[k].step);
        EXPECT_EQ(part->rollbacks[k].back_to, uninterrupted->rollbacks[k].back_to);
      }
    }
  }
  EXPECT_GE(left, 20u);
}

/// A run on which nothing goes wrong is the run that does not watch.
TEST(Rollback, WatchingChangesNoBit) {
  std::size_t compared = 0;
  for (const Optimizer& rule : every_rule(0.2))
    for (const std::size_t batch : {1u, 32u, 0u}) {
      if (!goes_by_weights(rule) && batch != 0) continue;
      Dice dice(9);
      const auto source = random_patterns<double>(dice, 300, 5, 2), held = random_patterns<double>(dice, 50, 5, 2);
      auto one = plain_network<double>(5, {6, 2}), other = one;
      auto trainer = trainer_for<double>(one, {.optimizer = rule}),
           watched = trainer_for<double>(other, {.optimizer = rule});
      FitSettings settings{.epochs = 5, .batch_size = batch, .patience = 2};
      const auto plain = fit<double>(trainer, source, &held, settings);
      settings.on_divergence = kBack;
      const auto with = fit<double>(watched, source, &held, settings);
      ASSERT_TRUE(plain);
      ASSERT_TRUE(with);
      EXPECT_TRUE(same_weights(one, other)) << name_of(rule) << ", batch " << batch;
      EXPECT_EQ(plain->best_epoch, with->best_epoch);
      EXPECT_TRUE(with->rollbacks.empty());
      ++compared;
    }
  EXPECT_GE(compared, 40u);
}

}  // namespace
}  // namespace deltarule::training::testing
