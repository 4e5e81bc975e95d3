// Many networks in one call: each ends with the bits of training it alone, whatever it shares a core with; what goes
// wrong in one job stays in that job.
#include "deltarule/many.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "deltarule/engine.hpp"
#include "training/every_rule.hpp"
#include "training/support.hpp"

namespace deltarule {
namespace {

using derivation::testing::Dice;
using derivation::testing::Pair;
using training::testing::every_rule;
using training::testing::scaled;

/// Patterns that all jobs of a trial choose from.
template <class T>
struct Data {
  std::size_t inputs, outputs;
  std::vector<T> x, t;
  Data(Dice& dice, std::size_t count, std::size_t in, std::size_t out, bool classes) : inputs(in), outputs(out) {
    for (std::size_t i = 0; i < count * in; ++i) x.push_back(static_cast<T>(dice.uniform(-2, 2)));
    for (std::size_t p = 0; p < count; ++p) {
      const std::size_t chosen = dice.between(0, out - 1);
      for (std::size_t j = 0; j < out; ++j)
        t.push_back(classes ? T(j == chosen) : static_cast<T>(dice.uniform(0.05, 1.2)));
    }
  }
  [[nodiscard]] Rows<T> all_x() const { return rows(std::span<const T>(x), inputs); }
  [[nodiscard]] Rows<T> all_t() const { return rows(std::span<const T>(t), outputs); }
};

/// The chosen rows as arrays of their own: what training alone is given.
template <class T>
struct Copy {
  std::vector<T> x, t;
  Copy(const Data<T>& data, std::span<const std::uint32_t> chosen) {
    for (const std::uint32_t row : chosen) {
      x.insert(x.end(), data.x.begin() + static_cast<std::ptrdiff_t>(row * data.inputs),
               data.x.begin() + static_cast<std::ptrdiff_t>((row + 1) * data.inputs));
      t.insert(t.end(), data.t.begin() + static_cast<std::ptrdiff_t>(row * data.outputs),
               data.t.begin() + static_cast<std::ptrdiff_t>((row + 1) * data.outputs));
    }
  }
};

std::vector<std::uint32_t> choose(Dice& dice, std::size_t from, std::size_t count) {
  std::vector<std::uint32_t> chosen;
  for (std::size_t k = 0; k < count; ++k) chosen.push_back(static_cast<std::uint32_t>(dice.between(0, from - 1)));
  return chosen;
}

template <class T>
struct Setting {
  BasicNetwork<T> together, alone;
  TrainerOptions options;
  FitSettings settings;
  std::vector<std::uint32_t> chosen, held_out;
};

template <class T>
Result<FitResult> fit_alone(const Data<T>& data, Setting<T>& one) {
  const Copy<T> training(data, one.chosen), validation(data, one.held_out);
  auto trainer = BasicTrainer<T>::create(one.alone, one.options);
  if (!trainer) return trainer.error();
  const auto x = rows(std::span<const T>(training.x), data.inputs);
  const auto t = rows(std::span<const T>(training.t), data.outputs);
  if (one.held_out.empty()) return trainer->try_fit(x, t, one.settings);
  return trainer->try_fit(x, t, rows(std::span<const T>(validation.x), data.inputs),
                          rows(std::span<const T>(validation.t), data.outputs), one.settings);
}

template <class T>
std::vector<Result<FitResult>> fit_together(const Data<T>& data, std::vector<Setting<T>>& all, std::size_t threads) {
  std::vector<BasicJob<T>> jobs;
  for (Setting<T>& one : all) {
    jobs.push_back({.network = &one.together,
                    .options = one.options,
                    .x = data.all_x(),
                    .t = data.all_t(),
                    .rows = one.chosen,
                    .settings = one.settings});
    if (one.held_out.empty()) continue;
    jobs.back().x_validation = data.all_x();
    jobs.back().t_validation = data.all_t();
    jobs.back().validation_rows = one.held_out;
  }
  return fit_many(std::span<BasicJob<T>>(jobs), threads);
}

bool same(double a, double b) {
  return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b) || (std::isnan(a) && std::isnan(b));
}

std::string differences(const Result<FitResult>& a, const Result<FitResult>& b) {
  if (a.ok() != b.ok()) return a.ok() ? b.error().message() : a.error().message();
  if (!a.ok()) return a.error().message() == b.error().message() ? "" : a.error().message() + b.error().message();
  std::string found;
  if (a->reason != b->reason) found += "reason ";
  if (a->epochs != b->epochs) found += "epochs ";
  if (a->best_epoch != b->best_epoch) found += "best epoch ";
  if (a->steps != b->steps) found += "steps ";
  if (a->history.size() != b->history.size()) return found + "length of the history ";
  for (std::size_t e = 0; e < a->history.size(); ++e) {
    const EpochReport &one = a->history[e], &other = b->history[e];
    if (one.epoch != other.epoch || one.steps != other.steps) found += "count ";
    if (!same(one.rate_factor, other.rate_factor)) found += "rate ";
    if (!same(one.training_loss, other.training_loss)) found += "training loss ";
    if (!same(one.validation_loss, other.validation_loss)) found += "validation loss ";
    if (!same(one.best_validation_loss, other.best_validation_loss)) found += "best loss ";
    if (!same(one.validation_score, other.validation_score)) found += "score ";
    if (!same(one.best_validation_score, other.best_validation_score)) found += "best score ";
    if (!found.empty()) return found + "in epoch " + std::to_string(e + 1);
  }
  return found;
}

template <class T>
bool same_weights(const BasicNetwork<T>& a, const BasicNetwork<T>& b) {
  const auto one = a.weights(), other = b.weights();
  return one.size() == other.size() && std::memcmp(one.data(), other.data(), one.size() * sizeof(T)) == 0;
}

/// One network of a trial: what lanes must share is the trial's, the rest is its own.
template <class T>
Setting<T> random_setting(Dice& dice, const NetworkSpec& spec, const TrainerOptions& options,
                          const FitSettings& settings, std::size_t rows, std::size_t fold) {
  const Seed seed{dice.between(0, 1000)};
  BasicNetwork<T> network(spec, seed);
  Setting<T> one{network, network, options, settings, choose(dice, rows, fold + dice.between(0, 1)), {}};
  one.options.optimizer = scaled(options.optimizer, dice.uniform(0.5, 1.5));
  if (options.l2 > 0) one.options.l2 *= dice.uniform(0.5, 1.5);
  if (spec.loss.ends_with("cross_entropy") && dice.chance(0.4)) one.options.label_smoothing = dice.uniform(0, 0.3);
  one.settings.seed = seed;
  one.settings.epochs = dice.between(1, 4);
  if (dice.chance(0.3)) one.settings.until_tss = dice.uniform(0, 20);
  if (dice.chance(0.5)) {
    one.held_out = choose(dice, rows, dice.between(1, 9));
    if (dice.chance(0.5)) one.settings.patience = dice.between(1, 2);
    one.settings.restore_best = dice.chance(0.5);
  }
  if (dice.chance(0.2)) one.settings.shuffle = false;
  if (dice.chance(0.1)) one.settings.steps = dice.between(1, 30);
  if (dice.chance(0.1)) one.settings.schedule = ExponentialRate{0.5};
  if (one.held_out.empty()) return one;
  if (dice.chance(0.2)) one.settings.min_improvement = dice.uniform(0, 0.1);
  if (dice.chance(0.1)) one.settings.score = [](Rows<double> a, Rows<double> t) { return a.data[0] - t.data[0]; };
  one.settings.higher_is_better = dice.chance(0.5);
  return one;
}

template <class T>
std::size_t compare_random_trial(Dice& dice, const Pair& output) {
  const NetworkSpec spec = training::testing::random_spec(dice, output,
                                                          dice.chance(0.2)   ? 20
                                                          : dice.chance(0.5) ? 9
                                                                             : 4);
  const std::size_t count = 40;
  const Data<T> data(dice, count, spec.inputs, spec.layers.back().units, output.activation == "softmax");
  TrainerOptions options{.optimizer = dice.one_of(every_rule())};
  if (dice.chance(0.3)) options.reduction = Reduction::sum;
  if (dice.chance(0.2)) options.l2 = 1e-3;
  if (dice.chance(0.2)) options.l1 = 1e-3;
  FitSettings settings{.batch_size = dice.one_of(std::vector<std::size_t>{1, 1, 2, 7, 32, 0, 1000})};
  const std::size_t fold = dice.chance(0.1) ? 300 : dice.between(1, 33);
  std::vector<Setting<T>> all;
  for (std::size_t k = dice.between(3, 19); k > 0; --k)
    all.push_back(random_setting<T>(dice, spec, options, settings, count, fold));
  const auto together = fit_together(data, all, dice.between(1, 3));
  for (std::size_t k = 0; k < all.size(); ++k) {
    const auto alone = fit_alone(data, all[k]);
    const std::string where = "job " + std::to_string(k) + " of " + std::to_string(all.size()) + ", batch " +
                              std::to_string(settings.batch_size) + ", rule " +
                              std::to_string(options.optimizer.index()) + ", " + output.activation + " " + output.loss +
                              ", rows " + std::to_string(all[k].chosen.size());
    EXPECT_EQ(differences(alone, together[k]), "") << where;
    EXPECT_TRUE(same_weights(all[k].alone, all[k].together)) << where;
    if (::testing::Test::HasFailure()) return 0;
  }
  return all.size();
}

template <class T>
void compare_random_trials(std::uint64_t seed, std::size_t rounds) {
  Dice dice(seed);
  std::size_t networks = 0;
  for (std::size_t round = 0; round < rounds; ++round) {
    for (const Pair& output : derivation::testing::valid_pairs()) {
      networks += compare_random_trial<T>(dice, output);
      if (::testing::Test::HasFailure()) return;
    }
  }
  EXPECT_GT(networks, 1000u * rounds);
}

TEST(ManyNetworks, EndWithTheBitsOfEachAloneInF32) { compare_random_trials<float>(71, 1); }
TEST(ManyNetworks, EndWithTheBitsOfEachAloneInF64) { compare_random_trials<double>(72, 1); }

// ---- what goes wrong ----

struct Xor {
  std::vector<float> x{0, 0, 0, 1, 1, 0, 1, 1}, t{0, 1, 1, 0};
  [[nodiscard]] Rows<float> inputs() const { return rows(std::span<const float>(x), 2); }
  [[nodiscard]] Rows<float> targets() const { return rows(std::span<const float>(t), 1); }
};

NetworkSpec small_spec(const char* activation = "tanh") {
  return {.inputs = 2, .layers = {{.units = 4, .activation = activation}, {.units = 1, .activation = "identity"}}};
}

/// Twelve jobs on the same patterns, more than a vector has lanes, so that some begin when others have ended.
struct Twelve {
  Xor data;
  std::vector<Network> networks;
  std::vector<Job> jobs;
  explicit Twelve(const char* activation = "tanh") {
    for (std::size_t k = 0; k < 12; ++k) networks.emplace_back(small_spec(activation), Seed{k});
    for (std::size_t k = 0; k < 12; ++k)
      jobs.push_back({.network = &networks[k],
                      .options = {.optimizer = DeltaRule{0.1}},
                      .x = data.inputs(),
                      .t = data.targets(),
                      .settings = {.epochs = 20 + k, .batch_size = 1, .seed = Seed{k}}});
  }
  /// What job k is alone.
  [[nodiscard]] Result<FitResult> alone(std::size_t k, Network& network) const {
    auto trainer = Trainer::create(network, jobs[k].options);
    if (!trainer) return trainer.error();
    return trainer->try_fit(jobs[k].x, jobs[k].t, jobs[k].settings);
  }
  void expect_like_alone(const std::vector<Result<FitResult>>& results, std::size_t but) const {
    std::size_t compared = 0;
    for (std::size_t k = 0; k < networks.size(); ++k) {
      if (k == but) continue;
      Network network(networks[k].spec(), Seed{k});
      EXPECT_EQ(differences(alone(k, network), results[k]), "") << "job " << k;
      EXPECT_TRUE(same_weights(network, networks[k])) << "job " << k;
      ++compared;
    }
    EXPECT_GE(compared, 11u);
  }
};

/// Whether lanes know a rule or leave its jobs to the ordinary trainer: found by the registry, so none escapes.
TEST(ManyNetworks, EndWithTheBitsOfEachAloneUnderEveryRule) {
  std::size_t rules = 0;
  for (const Optimizer& rule : every_rule()) {
    SCOPED_TRACE(training::name_of(rule));
    for (const std::size_t batch : {1u, 3u, 0u}) {
      Twelve twelve;
      for (Job& job : twelve.jobs) {
        job.options.optimizer = rule;
        job.settings.batch_size = batch;
      }
      twelve.jobs[3].options.dropout.hidden = 0.5;  // in the middle of others that suit lanes
      twelve.jobs[5].options.input_noise = 0.1;
      twelve.jobs[5].options.seed = Seed{5};
      twelve.expect_like_alone(fit_many(twelve.jobs, 2), 12);
    }
    ++rules;
  }
  EXPECT_EQ(rules, std::variant_size_v<Optimizer>);
}

TEST(ManyNetworks, GiveTheErrorOfADivergingJobAloneAndItsWeights) {
  for (const std::size_t batch : {1u, 3u}) {
    Twelve twelve("identity");
    for (Job& job : twelve.jobs) job.settings.batch_size = batch;
    twelve.jobs[5].options.optimizer = DeltaRule{9.0};
    twelve.jobs[5].settings.epochs = 500;
    const auto results = fit_many(twelve.jobs, 2);
    ASSERT_FALSE(results[5]);
    EXPECT_EQ(results[5].error().code, ErrorCode::diverged);
    twelve.expect_like_alone(results, 12);  // the twelfth is included: none is left out
  }
}

TEST(ManyNetworks, ReportNoEpochTwiceWhenAJobHasToBeginAgain) {
  Twelve twelve("identity");
  twelve.jobs[5].options.optimizer = DeltaRule{0.7};
  twelve.jobs[5].settings.epochs = 5000;
  std::vector<std::size_t> seen;
  twelve.jobs[5].settings.on_epoch = [&](const EpochReport& report) {
    seen.push_back(report.epoch);
    return false;
  };
  const auto results = fit_many(twelve.jobs, 1);
  EXPECT_FALSE(results[5]);
  ASSERT_GE(seen.size(), 2u);
  for (std::size_t e = 0; e < seen.size(); ++e) EXPECT_EQ(seen[e], e + 1);
}

TEST(ManyNetworks, KeepWhatACallbackThrowsInItsJob) {
  Twelve twelve;
  twelve.jobs[3].settings.on_epoch = [](const EpochReport& report) -> bool {
    if (report.epoch == 2) throw std::runtime_error("enough");
    return false;
  };
  const auto results = fit_many(twelve.jobs, 2);
  ASSERT_FALSE(results[3]);
  EXPECT_EQ(results[3].error().code, ErrorCode::interrupted);
  EXPECT_NE(results[3].error().message().find("enough"), std::string::npos) << results[3].error().message();
  Network until_then(small_spec(), Seed{3});
  Trainer(until_then, twelve.jobs[3].options)
      .fit(twelve.data.inputs(), twelve.data.targets(), {.epochs = 2, .batch_size = 1, .seed = Seed{3}});
  EXPECT_TRUE(same_weights(until_then, twelve.networks[3]));
  twelve.expect_like_alone(results, 3);
}

TEST(ManyNetworks, KeepWhatAScoreOrAStopTokenThrowsInItsJob) {
  for (const bool score : {false, true}) {
    Twelve twelve;
    Job& job = twelve.jobs[4];
    job.x_validation = job.x;
    job.t_validation = job.t;
    if (score) job.settings.score = [](Rows<double>, Rows<double>) -> double { throw std::runtime_error("mine"); };
    if (!score) job.settings.stop_now = []() -> bool { throw std::runtime_error("mine"); };
    const auto results = fit_many(std::span(twelve.jobs), 2);
    ASSERT_FALSE(results[4].ok());
    EXPECT_EQ(results[4].error().code, ErrorCode::interrupted);
    EXPECT_NE(results[4].error().message().find("mine"), std::string::npos);
    twelve.expect_like_alone(results, 4);
    Network network(small_spec(), Seed{4});
    Trainer trainer(network, job.options);
    EXPECT_THROW((void)trainer.fit(job.x, job.t, job.x, job.t, job.settings), std::runtime_error);
  }
}

TEST(ManyNetworks, LetACallbackReadChangeAndStop) {
  Twelve twelve;
  std::vector<float> read;
  const auto callback = [](Network& network, std::vector<float>* to) {
    return [&network, to](const EpochReport& report) {
      auto weights = network.weights();
      if (report.epoch == 2 && to != nullptr) *to = weights;
      if (report.epoch == 3) {
        weights[0] = 0.25F;
        EXPECT_TRUE(network.set_weights(weights));
      }
      return report.epoch == 7;
    };
  };
  twelve.jobs[8].settings.on_epoch = callback(twelve.networks[8], &read);
  const auto results = fit_many(twelve.jobs, 1);
  Network network(small_spec(), Seed{8});
  std::vector<float> read_alone;
  Job alone = twelve.jobs[8];
  alone.settings.on_epoch = callback(network, &read_alone);
  const auto result = Trainer(network, alone.options).try_fit(alone.x, alone.t, alone.settings);
  EXPECT_EQ(differences(result, results[8]), "");
  EXPECT_EQ(results[8]->reason, StopReason::callback);
  EXPECT_TRUE(same_weights(network, twelve.networks[8]));
  ASSERT_FALSE(read.empty());
  EXPECT_EQ(read, read_alone);
}

TEST(ManyNetworks, RefuseWhatIsWrongInAJobAlone) {
  Twelve twelve;
  const std::vector<std::uint32_t> beyond{0, 4};
  std::vector<float> bad = twelve.data.x;
  bad[5] = std::numeric_limits<float>::quiet_NaN();
  twelve.jobs[0].network = nullptr;
  twelve.jobs[1].rows = beyond;
  twelve.jobs[2].x = rows(std::span<const float>(bad), 2);
  twelve.jobs[4].t = {};
  twelve.jobs[6].options.threads = 0;
  twelve.jobs[7].settings.patience = 3;
  twelve.jobs[9].network = &twelve.networks[3];
  twelve.jobs[10].x = rows(std::span<const float>(twelve.data.x), 4);
  twelve.jobs[11].options.optimizer = DeltaRule{-1};
  const auto results = fit_many(twelve.jobs, 2);
  const std::vector<std::pair<std::size_t, ErrorCode>> faults = {
      {0, ErrorCode::spec}, {1, ErrorCode::data}, {2, ErrorCode::data},   {4, ErrorCode::shape}, {6, ErrorCode::spec},
      {7, ErrorCode::spec}, {9, ErrorCode::spec}, {10, ErrorCode::shape}, {11, ErrorCode::spec}};
  for (const auto& [job, code] : faults) {
    ASSERT_FALSE(results[job]) << "job " << job;
    EXPECT_EQ(results[job].error().code, code) << results[job].error().message();
    EXPECT_TRUE(job == 0 || job == 9 || same_weights(Network(small_spec(), Seed{job}), twelve.networks[job])) << job;
  }
  EXPECT_NE(results[2].error().place.find("row 3, column 2"), std::string::npos) << results[2].error().place;
  EXPECT_NE(results[1].error().place.find("chosen row 2"), std::string::npos) << results[1].error().place;
  for (const std::size_t job : {3u, 5u, 8u}) {
    Network network(small_spec(), Seed{job});
    EXPECT_EQ(differences(twelve.alone(job, network), results[job]), "");
    EXPECT_TRUE(same_weights(network, twelve.networks[job]));
  }
}

TEST(ManyNetworks, RefuseTargetsThatAJobsLossIsNotDefinedFor) {
  const NetworkSpec spec{.inputs = 1, .layers = {{1, "exp"}}, .loss = "gamma_deviance"};
  std::vector<Network> networks(4, Network(spec, Seed{1}));
  const std::vector<float> x{1, 2, 3, 4}, t{1, 2, 0, 4}, good{1, 2, 3, 4};
  std::vector<Job> jobs;
  for (std::size_t k = 0; k < networks.size(); ++k)
    jobs.push_back({.network = &networks[k],
                    .x = rows(std::span(x), 1),
                    .t = rows(std::span(k == 2 ? t : good), 1),
                    .settings = {.epochs = 2, .batch_size = 1}});
  const auto results = fit_many(jobs, 1);
  for (std::size_t k = 0; k < jobs.size(); ++k) EXPECT_EQ(results[k].ok(), k != 2) << k;
  EXPECT_EQ(results[2].error().code, ErrorCode::data);
  EXPECT_NE(results[2].error().message().find("row 3, column 1: 0; needed a target above 0"), std::string::npos)
      << results[2].error().message();
  EXPECT_TRUE(same_weights(networks[2], Network(spec, Seed{1})));
}

TEST(ManyNetworks, MayBeNone) { EXPECT_TRUE(fit_many(std::span<Job>(), 4).empty()); }

}  // namespace
}  // namespace deltarule
