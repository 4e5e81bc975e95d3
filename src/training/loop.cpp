#include "training/loop.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "base/floating_point_mode.hpp"
#include "training/evaluate.hpp"
#include "training/sampler.hpp"
#include "training/schedule.hpp"
#include "training/stopping.hpp"

namespace deltarule::training {
namespace {

template <class T>
Result<void> check_source(const network::Network<T>& network, const base::PatternSource<T>& source, const char* name) {
  if (source.size() == 0) return Error{ErrorCode::data, name, "no patterns", "at least one", {}};
  if (source.inputs() == network.inputs() && source.targets() == network.outputs()) return {};
  return Error{ErrorCode::shape,
               name,
               std::to_string(source.inputs()) + " inputs and " + std::to_string(source.targets()) + " targets",
               std::to_string(network.inputs()) + " and " + std::to_string(network.outputs()),
               {}};
}

Result<void> check_settings(const FitSettings& settings, bool has_validation) {
  if (std::isnan(settings.until_tss))
    return Error{ErrorCode::spec, "until_tss", "NaN", "a number, negative for never", {}};
  if (settings.patience > 0 && !has_validation)
    return Error{ErrorCode::spec, "patience", std::to_string(settings.patience) + " without validation patterns",
                 "patterns to validate on", "set patience to 0 or hold patterns out"};
  if (!(settings.min_improvement >= 0 && std::isfinite(settings.min_improvement)))
    return Error{ErrorCode::spec,
                 "min_improvement",
                 std::to_string(settings.min_improvement),
                 "a finite number that is not negative",
                 {}};
  if (settings.score && !has_validation)
    return Error{ErrorCode::spec, "score", "a function without validation patterns", "patterns to validate on",
                 "leave it out or hold patterns out"};
  return {};
}

// Per-pattern learning asks the stop token, and a schedule, after so many patterns of an epoch. Even: the look-ahead of
// large first layers goes in pairs (online.hpp), which a cut must not shift.
constexpr std::size_t kPatternsPerQuestion = 256;

/// What one run of fit() carries from epoch to epoch.
template <class T>
struct Run {
  Trainer<T>& trainer;
  const base::PatternSource<T>& training;
  const base::PatternSource<T>* validation;
  const FitSettings& settings;
  Sampler sampler;
  BestEpoch<T> best;
  const bool moves = changes_within_epochs(settings.schedule);  // the rate, from step to step
  FitResult result = {};
  double best_loss = std::numeric_limits<double>::quiet_NaN();
  bool halted = false;  // in the middle of an epoch or at its end, by the steps or the stop token
  RateCourse rates = {};

  /// To be asked after a weight change.
  bool halts() {
    if (settings.steps > 0 && result.steps >= settings.steps) {
      result.reason = StopReason::steps;
    } else if (settings.stop_now && settings.stop_now()) {
      result.reason = StopReason::stopped;
    } else {
      return false;
    }
    return halted = true;
  }

  /// The rate of a step from pattern `first` of `all` in an epoch up to `last`.
  void set_rate(std::size_t epoch, std::size_t first, std::size_t last, std::size_t all) {
    const double before = static_cast<double>(epoch - 1), patterns = static_cast<double>(all);
    const StepPlace place{epoch, before + static_cast<double>(first) / patterns,
                          before + static_cast<double>(last) / patterns, settings.epochs};
    trainer.set_rate_factor(rates.factor() * rate_factor(settings.schedule, place));
  }

  /// One epoch of steps; the mean of E_p as met.
  Result<double> train(std::size_t epoch) {
    const std::span<const std::uint32_t> patterns = sampler.epoch(epoch - 1);
    const std::size_t size = settings.batch_size == 0 ? patterns.size() : settings.batch_size;
    const std::uint64_t steps = trainer.steps() - result.steps;
    set_rate(epoch, 0, std::min(size, patterns.size()), patterns.size());
    if (settings.batch_size == 1) return train_singly(epoch, patterns);
    double sum = 0;
    for (std::size_t first = 0; first < patterns.size(); first += size) {
      if (moves) set_rate(epoch, first, first + std::min(size, patterns.size() - first), patterns.size());
      auto loss = trainer.step(training, patterns.subspan(first, std::min(size, patterns.size() - first)));
      if (!loss) return placed(loss.error(), epoch, first / size + 1);
      sum += *loss;
      result.steps = trainer.steps() - steps;
      if (halts()) return sum / training.weight_of(patterns.first(std::min(first + size, patterns.size())));
      if (size > patterns.size() - first) break;  // also keeps first + size from wrapping around
    }
    return sum / training.weight_of(patterns);
  }

  /// The same one pattern at a time, each with its weight.
  Result<double> train_singly(std::size_t epoch, std::span<const std::uint32_t> patterns) {
    double sum = 0;
    std::size_t all = 0;
    do {
      std::size_t done = 0;
      const std::uint64_t steps = trainer.steps();
      const std::size_t count = piece(patterns.size() - all);
      if (moves) set_rate(epoch, all, all + count, patterns.size());
      auto loss = trainer.step_each(training, patterns.subspan(all, count), done);
      result.steps += trainer.steps() - steps;
      all += done;
      if (!loss) return placed(loss.error(), epoch, all + 1);
      sum += *loss;
    } while (!halts() && all < patterns.size());
    return sum / training.weight_of(patterns.first(all));
  }

  /// How many of the patterns left in an epoch are learnt before anybody is asked.
  [[nodiscard]] std::size_t piece(std::size_t left) const {
    if (!settings.stop_now && settings.steps == 0 && !moves) return left;
    left = std::min(left, kPatternsPerQuestion);  // with steps, too: so that a repeated run adds up its losses alike
    return settings.steps == 0 ? left : std::min<std::uint64_t>(left, settings.steps - result.steps);
  }

  static Error placed(Error error, std::size_t epoch, std::size_t batch) {
    error.place = "epoch " + std::to_string(epoch) + ", batch " + std::to_string(batch) + ", " + error.place;
    return error;
  }

  EpochReport report(std::size_t epoch, double training_loss) {
    EpochReport report{.epoch = epoch, .training_loss = training_loss, .steps = result.steps};
    report.rate_factor = trainer.rate_factor();
    const double goal = validation != nullptr ? validate(report) : training_loss;
    if (const auto* plateau = std::get_if<PlateauRate>(&settings.schedule))
      observe(*plateau, goal, settings.min_improvement, rates.plateau);
    result.epochs = epoch;
    result.history.push_back(report);
    return report;
  }

  /// Returns what is to become small.
  double validate(EpochReport& report) {
    const double sign = settings.score && settings.higher_is_better ? -1.0 : 1.0;
    if (settings.score) {
      const Evaluation all = evaluate(trainer.network(), *validation, trainer.team());
      report.validation_loss = all.mean_loss;
      report.validation_score = settings.score({all.predicted.data(), all.patterns, all.outputs, true},
                                               {all.target.data(), all.patterns, all.outputs, true});
    } else {
      report.validation_loss = mean_loss(trainer.network(), *validation, trainer.team());
    }
    const double goal = settings.score ? sign * report.validation_score : report.validation_loss;
    best.observe(report.epoch, report.steps, goal, trainer.network().parameters());
    if (settings.score) report.best_validation_score = sign * best.loss();
    best_loss = std::fmin(best_loss, report.validation_loss);
    report.best_validation_loss = settings.score ? best_loss : best.loss();
    return goal;
  }

  /// True when this epoch is the last for a reason of its own.
  bool stops(const EpochReport& report) {
    const bool callback = settings.on_epoch && settings.on_epoch(report);
    if (settings.until_tss >= 0 &&
        total_squared_error(trainer.network(), training, trainer.team()) < settings.until_tss)
      return result.reason = StopReason::error_below, true;
    if (callback) return result.reason = StopReason::callback, true;
    if (halted) return true;
    if (best.patience_is_over(report.epoch, report.steps)) return result.reason = StopReason::patience, true;
    return false;
  }

  /// With patience, the weights of the best epoch come back, unless the training error was the goal and is reached.
  void keep_best() {
    result.best_epoch = result.epochs;
    if (best.parameters().empty() || result.reason == StopReason::error_below) return;
    std::copy(best.parameters().begin(), best.parameters().end(), trainer.network().parameters().begin());
    result.best_epoch = best.epoch();
  }
};

/// The factor of the rate that a trainer has before a run, it has after it.
template <class T>
struct KeptRate {
  Trainer<T>& trainer;
  double factor = trainer.rate_factor();
  ~KeptRate() { trainer.set_rate_factor(factor); }
};

}  // namespace

template <class T>
Result<FitResult> fit(Trainer<T>& trainer, const base::PatternSource<T>& training,
                      const base::PatternSource<T>* validation, const FitSettings& settings) {
  if (auto checked = check_source(trainer.network(), training, "training patterns"); !checked) return checked.error();
  if (validation != nullptr)
    if (auto checked = check_source(trainer.network(), *validation, "validation patterns"); !checked)
      return checked.error();
  if (auto checked = check_settings(settings, validation != nullptr); !checked) return checked.error();
  if (auto checked = check_schedule(settings.schedule, settings.epochs, trainer.options().optimizer); !checked)
    return checked.error();
  auto sampler = Sampler::create(training.size(), settings);
  if (!sampler) return sampler.error();

  Run<T> run{trainer, training, validation, settings, std::move(*sampler), BestEpoch<T>(settings)};
  const KeptRate<T> kept{trainer};
  run.rates.given = kept.factor;
  for (std::size_t epoch = 1; epoch <= settings.epochs; ++epoch) {
    auto loss = run.train(epoch);
    if (!loss) return loss.error();
    if (run.stops(run.report(epoch, *loss))) break;
  }
  run.keep_best();
  return std::move(run.result);
}

template Result<FitResult> fit<float>(Trainer<float>&, const base::PatternSource<float>&,
                                      const base::PatternSource<float>*, const FitSettings&);
template Result<FitResult> fit<double>(Trainer<double>&, const base::PatternSource<double>&,
                                       const base::PatternSource<double>*, const FitSettings&);

}  // namespace deltarule::training
