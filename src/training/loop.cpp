#include "training/loop.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "base/floating_point_mode.hpp"
#include "training/evaluate.hpp"
#include "training/sampler.hpp"
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
  return {};
}

/// What one run of fit() carries from epoch to epoch.
template <class T>
struct Run {
  Trainer<T>& trainer;
  const base::PatternSource<T>& training;
  const base::PatternSource<T>* validation;
  const FitSettings& settings;
  Sampler sampler;
  BestEpoch<T> best;
  FitResult result = {};

  /// One epoch of steps; the sum of E_p as met.
  Result<double> train(std::size_t epoch) {
    const std::span<const std::uint32_t> patterns = sampler.epoch(epoch - 1);
    const std::size_t size = settings.batch_size == 0 ? patterns.size() : settings.batch_size;
    if (size == 1) return train_singly(epoch, patterns);
    double sum = 0;
    for (std::size_t first = 0; first < patterns.size(); first += size) {
      auto loss = trainer.step(training, patterns.subspan(first, std::min(size, patterns.size() - first)));
      if (!loss) return placed(loss.error(), epoch, first / size + 1);
      sum += *loss;
      ++result.steps;
      if (size > patterns.size() - first) break;  // also keeps first + size from wrapping around
    }
    return sum / static_cast<double>(patterns.size());
  }

  /// The same with batches of one pattern.
  Result<double> train_singly(std::size_t epoch, std::span<const std::uint32_t> patterns) {
    std::size_t done = 0;
    auto sum = trainer.step_each(training, patterns, done);
    result.steps += done;
    if (!sum) return placed(sum.error(), epoch, done + 1);
    return *sum / static_cast<double>(patterns.size());
  }

  static Error placed(Error error, std::size_t epoch, std::size_t batch) {
    error.place = "epoch " + std::to_string(epoch) + ", batch " + std::to_string(batch) + ", " + error.place;
    return error;
  }

  EpochReport report(std::size_t epoch, double training_loss) {
    EpochReport report{.epoch = epoch, .training_loss = training_loss, .steps = result.steps};
    if (validation != nullptr) {
      report.validation_loss = mean_loss(trainer.network(), *validation, trainer.team());
      best.observe(epoch, result.steps, report.validation_loss, trainer.network().parameters());
      report.best_validation_loss = best.loss();
    }
    result.epochs = epoch;
    result.history.push_back(report);
    return report;
  }

  /// True when this epoch is the last for a reason of its own.
  bool stops(const EpochReport& report) {
    const bool callback = settings.on_epoch && settings.on_epoch(report);
    if (settings.until_tss >= 0 &&
        total_squared_error(trainer.network(), training, trainer.team()) < settings.until_tss)
      return result.reason = StopReason::error_below, true;
    if (callback) return result.reason = StopReason::callback, true;
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

}  // namespace

template <class T>
Result<FitResult> fit(Trainer<T>& trainer, const base::PatternSource<T>& training,
                      const base::PatternSource<T>* validation, const FitSettings& settings) {
  if (auto checked = check_source(trainer.network(), training, "training patterns"); !checked) return checked.error();
  if (validation != nullptr)
    if (auto checked = check_source(trainer.network(), *validation, "validation patterns"); !checked)
      return checked.error();
  if (auto checked = check_settings(settings, validation != nullptr); !checked) return checked.error();
  auto sampler = Sampler::create(training.size(), settings);
  if (!sampler) return sampler.error();

  Run<T> run{trainer, training, validation, settings, std::move(*sampler), BestEpoch<T>(settings)};
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
