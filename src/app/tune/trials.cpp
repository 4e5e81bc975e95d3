#include "app/tune/trials.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "app/fit/time_limit.hpp"
#include "app/tune/space.hpp"
#include "base/thread_team.hpp"

namespace deltarule::app {
namespace {

/// The choices that a search is about, of those that a plan lists.
std::vector<Choice> searched(const FitPlan& plan) {
  std::vector<Choice> found;
  for (const Choice& choice : plan.choices) {
    const auto lines = search_space();
    const bool is_line =
        std::any_of(lines.begin(), lines.end(), [&](const auto& line) { return line.what == choice.what; });
    if (is_line) found.push_back(choice);
  }
  return found;
}

/// A trial is trained by one core, on the rows of all, and measured on nothing else.
FitOptions options_to_train(const Trial& trial, const RowSplit& rows) {
  FitOptions options = trial.options;
  options.row_split = rows;
  options.threads = 1;
  return options;
}

}  // namespace

bool Goal::better(const Trial& a, const Trial& b) const {
  const auto has_none = [](const Trial& trial) { return trial.error.has_value() || std::isnan(trial.score); };
  if (has_none(a) || has_none(b)) return has_none(a) == has_none(b) ? a.number < b.number : has_none(b);
  if (a.score != b.score) return higher_is_better ? a.score > b.score : a.score < b.score;
  if (a.loss != b.loss) return a.loss < b.loss;
  return a.number < b.number;
}

Trials::Trials(const Dataset& data, const RowSplit& rows, const Goal& goal, const TuneOptions& how,
               const TuneEvents& events, std::function<bool()> deadline)
    : data_(data), rows_(rows), goal_(goal), how_(how), events_(events), deadline_(std::move(deadline)) {}

bool Trials::is_interrupted() {
  if (events_.stop && events_.stop()) interrupted_ = true;
  return interrupted_;
}

void Trials::train(std::span<Attempt* const> attempts, double seconds_each) {
  if (attempts.empty()) return;
  const std::size_t threads = how_.threads == 0 ? base::hardware_threads() : how_.threads;
  std::atomic<std::size_t> next{0};
  base::ThreadTeam team(std::min(threads, attempts.size()));
  team.run([&](std::size_t) {
    for (std::size_t k = next.fetch_add(1); k < attempts.size(); k = next.fetch_add(1))
      train_one(*attempts[k], seconds_each);
  });
  if (thrown_) std::rethrow_exception(thrown_);
}

void Trials::train_one(Attempt& attempt, double seconds) {
  try {
    const bool ends_alone = seconds > 0.0;
    if (ends_alone ? is_interrupted() : is_over()) return;
    keep(attempt, trained(attempt, seconds));
  } catch (...) {  // what an event threw, or no memory: of no trial
    const std::scoped_lock lock(mutex_);
    if (!thrown_) thrown_ = std::current_exception();
    interrupted_ = true;
  }
}

Attempt Trials::trained(const Attempt& attempt, double seconds) {
  Attempt now;
  now.trial = attempt.trial;
  now.trial.error.reset();
  now.trial.options.epochs = now.trial.epochs = attempt.epochs;
  now.ended = true;
  std::function<double()> clock;
  FitEvents events;
  events.on_plan = [&](const FitPlan& plan) {
    now.trial.settings = searched(plan);
    clock = stopwatch();
  };
  events.on_epoch = [&](const FitProgress&) {
    if (seconds == 0.0) return is_over();
    now.seconds.push_back(clock());
    return now.seconds.back() >= seconds || is_interrupted();
  };
  try {
    fill(now, fit(data_, options_to_train(now.trial, rows_), events).report);
  } catch (const Exception& fault) {
    now.trial.end = TrialEnd::failed;
    now.trial.error = fault.error();
  }
  return now;
}

void Trials::fill(Attempt& attempt, const FitReport& report) const {
  Trial& trial = attempt.trial;
  const FitResult& training = report.training;
  attempt.stop = report.stop;
  trial.end = report.stop == FitStop::interrupted ? TrialEnd::cut : TrialEnd::finished;
  if (trial.end == TrialEnd::cut) trial.options.epochs = training.epochs;
  trial.epochs = *trial.options.epochs;
  trial.epochs_run = training.epochs;
  trial.best_epoch = training.best_epoch;
  trial.steps = training.steps;
  trial.metrics = report.metrics;
  trial.weights_digest = report.weights_digest;
  const bool by_loss = goal_.metric == "loss";
  double best = std::numeric_limits<double>::quiet_NaN();
  for (const EpochReport& epoch : training.history) {
    const double score = by_loss ? epoch.validation_loss : epoch.validation_score;
    if (std::isnan(best) || goal_.reaches(score, best)) best = score;
    attempt.best_so_far.push_back(best);
  }
  if (training.best_epoch == 0) return;
  const EpochReport& kept = training.history[training.best_epoch - 1];
  trial.loss = kept.validation_loss;
  trial.score = by_loss ? kept.validation_loss : kept.validation_score;
}

void Trials::keep(Attempt& attempt, Attempt now) {
  const std::scoped_lock lock(mutex_);
  ++ended_;
  const Trial told = now.trial;
  if (!attempt.ended || !goal_.better(attempt.trial, now.trial)) attempt = std::move(now);
  if (!attempt.trial.error && (leading_ == nullptr || goal_.better(attempt.trial, leading_->trial)))
    leading_ = &attempt;
  if (events_.on_trial)
    events_.on_trial({told, ended_, std::max(planned_, ended_), leading_ == nullptr ? nullptr : &leading_->trial});
}

}  // namespace deltarule::app
