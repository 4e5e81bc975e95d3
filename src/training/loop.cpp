#include "training/loop.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "base/floating_point_mode.hpp"
#include "training/evaluate.hpp"
#include "training/options.hpp"
#include "training/rollback.hpp"
#include "training/sampler.hpp"
#include "training/schedule.hpp"
#include "training/stopping.hpp"
#include "training/updates/registry.hpp"

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

/// A rule that moves all weights together goes by differences between slopes, which must be of the same patterns.
Result<void> check_batches(const Optimizer& optimizer, const FitSettings& settings) {
  const UpdateEntry& rule = entry_of(optimizer);
  if (!rule.together || settings.batch_size == 0) return {};
  return Error{ErrorCode::spec, "batch_size",
               std::to_string(settings.batch_size) + " with the optimizer " + std::string(rule.name),
               "0, all patterns per step: the rule moves all weights together by slopes of the same patterns",
               "Set batch_size to 0, or use a rule for mini-batches such as adamw"};
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
  const Checkpoints<T>& checkpoints;
  Sampler sampler;
  BestEpoch<T> best;
  const bool moves = changes_within_epochs(settings.schedule);  // the rate, from step to step
  FitResult result = {};
  double best_loss = std::numeric_limits<double>::quiet_NaN();
  std::size_t epoch = 1;              // the one that is on
  std::size_t learnt = 0;             // patterns of it
  std::size_t patterns_of_epoch = 0;  // learnt in the one before
  double loss_sum = 0;                // of those
  bool halted = false;                // in the middle of an epoch or at its end, by the steps or the stop token
  bool paused = false;                // at a checkpoint
  RateCourse rates = {};
  RollbackCourse<T> back = {};
  const bool watches =
      settings.on_divergence == OnDivergence::rollback && !entry_of(trainer.options().optimizer).together;
  double smallest = std::numeric_limits<double>::infinity();   // training loss so far
  double most_loss = std::numeric_limits<double>::infinity();  // of this epoch
  double most_sum = most_loss;                                 // of its patterns, where none can be below 0

  /// Tells of the weight change that these patterns made; `loss` is the sum of their errors. True when that stops the
  /// run.
  bool is_stopped_by_step(std::span<const std::uint32_t> patterns, double loss) {
    if (!settings.on_step) return false;
    const double weight = training.weight_of(patterns);
    if (weight == 0 || !settings.on_step({result.steps, epoch, learnt, loss / weight})) return false;
    result.reason = StopReason::callback;
    return halted = true;
  }

  /// To be asked after a weight change; `left`: patterns of the epoch that are still to be learnt.
  bool halts(std::size_t left) {
    if (settings.steps > 0 && result.steps >= settings.steps) {
      result.reason = StopReason::steps;
    } else if (settings.stop_now && settings.stop_now()) {
      result.reason = StopReason::stopped;
    } else {
      return left > 0 && pauses();  // at its end the epoch is reported first
    }
    return halted = true;
  }

  /// The rate of a step from pattern `first` of `all` in an epoch up to `last`.
  void set_rate(std::size_t first, std::size_t last, std::size_t all) {
    const double before = static_cast<double>(epoch - 1), patterns = static_cast<double>(all);
    const StepPlace place{epoch, before + static_cast<double>(first) / patterns,
                          before + static_cast<double>(last) / patterns, settings.epochs};
    trainer.set_rate_factor(rates.factor() * rate_factor(settings.schedule, place));
  }

  /// Keeps the state where that is due. True when the run stops there.
  bool pauses() {
    if (!checkpoints.is_due || !checkpoints.is_due({result.steps, epoch - 1})) return false;
    return paused = checkpoints.keep(
               {trainer.snapshot(), false, epoch, learnt, loss_sum, result, best.so_far(), best_loss, rates, back});
  }

  /// What is left of the epoch; the mean of E_p as met.
  Result<double> train() {
    const std::span<const std::uint32_t> patterns = sampler.epoch(epoch - 1);
    if (watches) watch_for(patterns);
    const auto trained = settings.batch_size == 1 ? train_singly(patterns) : train_in_batches(patterns);
    if (!trained) return trained.error();
    const double loss = loss_sum / training.weight_of(patterns.first(learnt));
    if (loss > most_loss && !halted && !paused) return runaway_loss(epoch, loss, most_loss);
    return loss;
  }

  Result<void> train_in_batches(std::span<const std::uint32_t> patterns) {
    const std::size_t size = settings.batch_size == 0 ? patterns.size() : settings.batch_size;
    const std::uint64_t steps = trainer.steps() - result.steps;
    set_rate(0, std::min(size, patterns.size()), patterns.size());
    while (learnt < patterns.size()) {
      const auto batch = patterns.subspan(learnt, std::min(size, patterns.size() - learnt));
      if (moves) set_rate(learnt, learnt + batch.size(), patterns.size());
      auto loss = trainer.step(training, batch);
      if (!loss) return placed(loss.error(), learnt / size + 1);
      loss_sum += *loss;
      learnt += batch.size();
      result.steps = trainer.steps() - steps;
      if (has_run_away(patterns.size())) break;
      if (is_stopped_by_step(batch, *loss) || halts(patterns.size() - learnt)) break;
    }
    return {};
  }

  /// The same one pattern at a time, each with its weight.
  Result<void> train_singly(std::span<const std::uint32_t> patterns) {
    set_rate(0, 1, patterns.size());
    while (learnt < patterns.size()) {
      std::size_t done = 0;
      const std::uint64_t steps = trainer.steps();
      if (moves) set_rate_of_piece(patterns.size());
      const auto next = patterns.subspan(learnt, piece(patterns.size() - learnt));
      auto loss = trainer.step_each(training, next, done, loss_sum);
      result.steps += trainer.steps() - steps;
      learnt += done;
      if (!loss) return placed(loss.error(), learnt + 1);
      const double added = *loss - std::exchange(loss_sum, *loss);
      if (has_run_away(patterns.size())) break;
      if (is_stopped_by_step(next, added) || halts(patterns.size() - learnt)) break;
    }
    return {};
  }

  /// The rate is that of the whole piece, wherever the steps cut it.
  void set_rate_of_piece(std::size_t all) {
    const std::size_t first = learnt / kPatternsPerQuestion * kPatternsPerQuestion;
    set_rate(first, std::min(first + kPatternsPerQuestion, all), all);
  }

  /// How many of the patterns left in an epoch are learnt before anybody is asked.
  [[nodiscard]] std::size_t piece(std::size_t left) const {
    if (settings.stop_now || checkpoints.is_due || moves || watches)
      left = std::min(left, kPatternsPerQuestion - learnt % kPatternsPerQuestion);
    if (settings.on_step) left = std::min<std::size_t>(left, trainer.looks_ahead() ? 2 : 1);
    if (settings.steps == 0) return left;
    const std::uint64_t steps = settings.steps - result.steps;
    return std::min<std::uint64_t>(left, steps > 1 ? steps / 2 * 2 : steps);  // patterns of weight 0 make no step
  }

  [[nodiscard]] Error placed(Error error, std::size_t batch) const {
    error.place = "epoch " + std::to_string(epoch) + ", batch " + std::to_string(batch) + ", " + error.place;
    return error;
  }

  EpochReport report(double training_loss) {
    EpochReport report{.epoch = epoch, .training_loss = training_loss, .steps = result.steps};
    report.rate_factor = trainer.rate_factor();
    const double goal = validation != nullptr ? validate(report) : training_loss;
    if (const auto* plateau = std::get_if<PlateauRate>(&settings.schedule))
      observe(*plateau, goal, settings.min_improvement, rates.plateau);
    result.epochs = epoch;
    result.history.push_back(report);
    smallest = std::fmin(smallest, training_loss);
    patterns_of_epoch = learnt;
    begin_epoch(epoch + 1);
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

  /// All epochs that are left. Afterwards the result is whole, or its reason is `paused`.
  Result<void> run() {
    while (epoch <= settings.epochs) {
      auto loss = train();
      if (!loss && goes_back(loss.error())) continue;
      if (!loss) return given_up(loss.error(), result);
      if (paused) break;
      const EpochReport reported = report(*loss);
      if (stops(reported)) break;
      if (auto kept = keep_good(reported); !kept) {
        if (goes_back(kept.error())) continue;
        return given_up(kept.error(), result);
      }
      if (epoch <= settings.epochs && pauses()) break;
    }
    if (!paused) end();
    if (paused) result.reason = StopReason::paused;
    return {};
  }

  // ---- going back ----

  /// What the losses of an epoch may come to.
  void watch_for(std::span<const std::uint32_t> patterns) {
    most_loss = largest_loss(back.first_loss, smallest);
    most_sum = smallest < 0 ? std::numeric_limits<double>::infinity() : most_loss * training.weight_of(patterns);
  }

  /// Asked where per-pattern learning is asked whatever cuts it besides, so that nothing else decides the step.
  [[nodiscard]] bool has_run_away(std::size_t all) const {
    const bool asks = settings.batch_size != 1 || learnt % kPatternsPerQuestion == 0 || learnt == all;
    return asks && loss_sum > most_sum;
  }

  void begin_watch() {
    if (!watches) return;
    back.first_norm = weight_norm(trainer);
    back.first_loss = first_loss(trainer, training);
    smallest = smallest_loss(back.first_loss, result);
    trainer.snapshot_into(back.good.trainer);
  }

  /// After an epoch: the state that a run would go back to, unless its weights have run away. A best epoch that the
  /// validation patterns vouch for is never younger, so that it is not taken back.
  Result<void> keep_good(const EpochReport& reported) {
    if (!watches) return {};
    if (std::exchange(back.has_next, false)) std::swap(back.good, back.next);
    back.patterns += patterns_of_epoch;
    const bool is_best = best.epoch() == reported.epoch;
    if (back.patterns < kPatternsPerGoodState && !is_best) return {};
    const double norm = weight_norm(trainer), most = kRunawayNorm * std::fmax(1.0, back.first_norm);
    if (norm > most) return runaway_norm(reported.epoch, norm, most);
    const bool vouched = reported.validation_loss <= most_loss;
    GoodState<T>& kept = vouched ? back.good : back.next;
    trainer.snapshot_into(kept.trainer);
    kept.epochs = result.epochs;
    kept.best_loss = best_loss;
    kept.plateau = rates.plateau;
    back.has_next = !vouched;
    back.patterns = 0;
    return {};
  }

  /// Back to the last good state, with half the rate, where that is allowed.
  bool goes_back(const Error& error) {
    if (!may_go_back(settings, trainer.options().optimizer, result, error)) return false;
    if (!trainer.restore(back.good.trainer)) return false;
    rates.plateau = back.good.plateau;
    rates.backed_off *= 0.5;
    result.rollbacks.push_back(
        {epoch, result.steps, back.good.epochs, rates.backed_off, error.place + ": " + error.got});
    if (settings.on_rollback) settings.on_rollback(result.rollbacks.back());
    result.epochs = back.good.epochs;
    result.history.resize(back.good.epochs);
    smallest = smallest_loss(back.first_loss, result);
    best_loss = back.good.best_loss;
    if (best.epoch() > result.epochs) best.go_on_from({});  // the first ones, not even sane
    begin_epoch(back.good.epochs + 1);
    back.patterns = 0;
    back.has_next = false;
    if (has_rate(trainer.options().optimizer)) return true;
    trainer.halve_steps();
    trainer.snapshot_into(back.good.trainer);  // so that the next time halves again
    return true;
  }

  void begin_epoch(std::size_t number) {
    epoch = number;
    learnt = 0;
    loss_sum = 0;
  }

  void end() {
    keep_best();
    if (!checkpoints.keep) return;
    const auto parameters = trainer.network().parameters();
    FitState<T> state{.ended = true, .epoch = epoch, .result = result};
    state.trainer.parameters = base::AlignedBuffer<T>(parameters.size());
    std::copy(parameters.begin(), parameters.end(), state.trainer.parameters.data());
    paused = checkpoints.keep(state);
  }

  // ---- going on ----

  Result<void> go_on_from(const FitState<T>& state) {
    if (auto checked = check_state(state); !checked) return checked;
    result = state.result;
    if (state.ended) {
      const auto kept = state.trainer.parameters.span();
      std::copy(kept.begin(), kept.end(), trainer.network().parameters().begin());
      return {};
    }
    epoch = state.epoch;
    learnt = state.patterns;
    loss_sum = state.loss_sum;
    best.go_on_from(state.best);
    best_loss = state.best_loss;
    rates = state.rates;
    back = state.back;
    smallest = smallest_loss(back.first_loss, result);
    return trainer.restore(state.trainer);
  }

  Result<void> check_state(const FitState<T>& state) {
    const std::size_t parameters = trainer.network().parameters().size();
    const auto wrong = [](const std::string& got, const std::string& needed) {
      return Error{ErrorCode::shape, "state of a run", got, needed, "go on with the settings and patterns of that run"};
    };
    if (const std::size_t size = state.trainer.parameters.size(); size != parameters)
      return wrong(std::to_string(size) + " parameters", std::to_string(parameters));
    if (const std::size_t size = state.best.parameters.size(); size != parameters && size != 0)
      return wrong(std::to_string(size) + " parameters of the best epoch", std::to_string(parameters));
    if (state.result.history.size() != state.result.epochs)
      return wrong("a history of " + std::to_string(state.result.history.size()) + " epochs",
                   std::to_string(state.result.epochs));
    if (state.ended) return {};
    if (state.epoch == 0 || state.epoch > settings.epochs || state.epoch - 1 != state.result.epochs)
      return wrong("epoch " + std::to_string(state.epoch) + " after " + std::to_string(state.result.epochs),
                   "the next of " + std::to_string(settings.epochs));
    const std::size_t patterns = sampler.epoch(state.epoch - 1).size();
    if (state.patterns >= patterns)
      return wrong(std::to_string(state.patterns) + " patterns learnt in an epoch",
                   "less than " + std::to_string(patterns));
    return {};
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
                      const base::PatternSource<T>* validation, const FitSettings& settings,
                      const Checkpoints<T>& checkpoints) {
  if (auto checked = check_source(trainer.network(), training, "training patterns"); !checked) return checked.error();
  if (validation != nullptr)
    if (auto checked = check_source(trainer.network(), *validation, "validation patterns"); !checked)
      return checked.error();
  if (auto checked = check_settings(settings, validation != nullptr); !checked) return checked.error();
  if (auto checked = check_schedule(settings.schedule, settings.epochs, trainer.options().optimizer); !checked)
    return checked.error();
  if (auto checked = check_batches(trainer.options().optimizer, settings); !checked) return checked.error();
  if (settings.batch_size == 1 && trainer.network().needs_batches())
    return single_patterns_refused(trainer.network().graph());
  auto sampler = Sampler::create(training.size(), settings);
  if (!sampler) return sampler.error();

  Run<T> run{trainer, training, validation, settings, checkpoints, std::move(*sampler), BestEpoch<T>(settings)};
  const KeptRate<T> kept{trainer};
  run.rates.given = kept.factor;
  if (checkpoints.resume_from != nullptr) {
    if (auto gone_on = run.go_on_from(*checkpoints.resume_from); !gone_on) return gone_on.error();
    if (checkpoints.resume_from->ended) return std::move(run.result);
  }
  if (checkpoints.resume_from == nullptr) run.begin_watch();
  if (auto done = run.run(); !done) return done.error();
  return std::move(run.result);
}

template Result<FitResult> fit<float>(Trainer<float>&, const base::PatternSource<float>&,
                                      const base::PatternSource<float>*, const FitSettings&, const Checkpoints<float>&);
template Result<FitResult> fit<double>(Trainer<double>&, const base::PatternSource<double>&,
                                       const base::PatternSource<double>*, const FitSettings&,
                                       const Checkpoints<double>&);

}  // namespace deltarule::training
