// tune(): successive halving over drawn settings, or the comparison of rules, then the winner's own training.
#include "deltarule/tune.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

#include "app/access.hpp"
#include "app/engine/unwrap.hpp"
#include "app/fit/plan.hpp"
#include "app/fit/settings.hpp"
#include "app/fit/time_limit.hpp"
#include "app/measure.hpp"
#include "app/tune/command.hpp"
#include "app/tune/space.hpp"
#include "app/tune/trials.hpp"
#include "base/stable_order.hpp"
#include "base/text.hpp"
#include "base/thread_team.hpp"

namespace deltarule {
namespace {

using namespace app;
using Attempts = std::vector<std::unique_ptr<Attempt>>;

// Successive halving (Jamieson & Talwalkar 2016) by three: all settings for a ninth of the epochs, the best third of
// them for a third, the best ninth for all. docs/tuning.md says why.
constexpr std::size_t kKeptOneOf = 3;
constexpr std::size_t kTrials = 27;       // when nothing is said
constexpr std::size_t kFirstBracket = 9;  // of a search by time: soon one setting has had all its epochs
constexpr std::size_t kOtherBrackets = 27;
constexpr std::size_t kFewToJudge = 100;  // validation rows

[[noreturn]] void refuse(std::string place, std::string got, std::string needed, std::string fix = "Leave it out") {
  throw Exception({ErrorCode::usage, std::move(place), std::move(got), std::move(needed), std::move(fix)});
}

void check(const FitOptions& options, const TuneOptions& how) {
  if (options.textbook) refuse("--textbook", "the bare derivation", "settings that a search may choose");
  if (options.start_from || options.continue_from)
    refuse("--start-from", "given first weights", "weights that have seen no row");
  if (options.row_split) refuse("row_split", "given rows", "a split by share or column");
  if (options.steps) refuse("--steps", "a limit in weight changes", "trials that end by epochs", "Use --epochs");
  if (options.record.any()) refuse("record", "trials that record how they learn", "none");
  if (options.time_limit) refuse("time_limit", "a limit for each training", "the limit of the search");
  if (how.time_limit && !(*how.time_limit > 0.0 && std::isfinite(*how.time_limit)))
    refuse("--time-limit", std::to_string(*how.time_limit), "a finite number of seconds above 0", {});
  if (!how.only_rules) return;
  if (options.optimizer) refuse("--optimizer", *options.optimizer + " with --only rules", "every rule");
  if (options.learning_rate) refuse("--learning-rate", "a rate with --only rules", "the rates of each rule");
  if (options.momentum) refuse("--momentum", "a momentum with --only rules", "the settings of each rule");
}

void check_validation(const Basis& basis) {
  if (basis.plan.validation_rows > 0) return;
  const bool few = basis.plan.rows < kFewRows;
  refuse("--validation", "no validation rows" + std::string(few ? " in a table of fewer than 50 rows" : ""),
         "rows to compare settings on",
         few ? "Add --validation 0.3" : "Add --validation 0.15, or leave out --patience 0");
}

/// Where few rows judge many settings, the best of them is the luckiest, too.
void note_few_rows(const Basis& basis, Tuned& tuned) {
  const std::size_t rows = basis.plan.validation_rows;
  if (rows >= kFewToJudge) return;
  tuned.notices.push_back("only " + std::to_string(rows) +
                          " validation rows judge the settings: what wins by little wins by luck; cv with the settings "
                          "of the winner and without them says more");
}

Goal goal_of(const FitPlan& plan, data::Task task) {
  if (plan.stop_on == "loss") return {};
  return {plan.stop_on, unwrap(network::find_metric(plan.stop_on, metric_task(task), "--stop-on"))->higher_is_better};
}

// ---- the two kinds of search ----

/// What both work on.
struct Search {
  const Ground& ground;
  const Goal& goal;
  const TuneOptions& how;
  Trials& trials;
  std::size_t epochs;  // of a whole training
  Attempts attempts = {};

  Attempt& add(FitOptions options) {
    auto attempt = std::make_unique<Attempt>();
    options.validation.reset();
    options.test.reset();
    options.baselines = false;
    options.health = false;
    options.refit = false;
    options.threads = 1;
    attempt->epochs = epochs;
    attempt->trial.number = attempts.size() + 1;
    attempt->trial.options = std::move(options);
    attempts.push_back(std::move(attempt));
    return *attempts.back();
  }

  void leave_the_best(std::vector<Attempt*>& rung) const {
    std::erase_if(rung, [](const Attempt* one) { return !one->ended || one->trial.error; });
    std::sort(rung.begin(), rung.end(),
              [&](const Attempt* a, const Attempt* b) { return goal.better(a->trial, b->trial); });
    rung.resize((rung.size() + kKeptOneOf - 1) / kKeptOneOf);
  }

  /// `count` new settings. Those that are left after a rung are trained again from the beginning for longer: what that
  /// costs is at most half as much again, and each result is that of a training of its own.
  void bracket(std::size_t count) {
    std::vector<Attempt*> rung;
    for (std::size_t k = 0; k < count; ++k)
      rung.push_back(&add(drawn(ground, static_cast<std::uint32_t>(attempts.size()))));
    std::size_t share = 1;
    for (std::size_t size = count; size > kKeptOneOf && share < kKeptOneOf * kKeptOneOf; size /= kKeptOneOf)
      share *= kKeptOneOf;
    for (;; share /= kKeptOneOf) {
      std::vector<Attempt*> longer;
      for (Attempt* one : rung) {
        if (one->is_complete()) continue;
        one->epochs = (epochs + share - 1) / share;
        longer.push_back(one);
      }
      trials.train(longer);
      if (share == 1 || trials.is_over()) return;
      leave_the_best(rung);
    }
  }

  void settings() {
    if (how.trials > 0 || !how.time_limit) {
      const std::size_t count = how.trials > 0 ? how.trials : kTrials;
      trials.plan(count);
      return bracket(count);
    }
    for (std::size_t size = kFirstBracket; !trials.is_over(); size = kOtherBrackets) bracket(size);
  }

  std::vector<RuleResult> rules() {
    std::vector<RuleResult> results;
    std::vector<Attempt*> all;
    for (RuleSettings& rule : rule_grid(ground)) {
      results.push_back({.rule = rule.rule, .defaults = attempts.size() + 1});
      for (FitOptions& options : rule.options) all.push_back(&add(std::move(options)));
    }
    const auto threads = static_cast<double>(how.threads == 0 ? base::hardware_threads() : how.threads);
    trials.plan(all.size());
    trials.train(all, how.time_limit ? *how.time_limit * threads / static_cast<double>(all.size()) : 0.0);
    return results;
  }
};

// ---- what rules came to ----

const Attempt* best_of(const Search& search, std::size_t first, std::size_t end) {
  const Attempt* best = nullptr;
  for (std::size_t k = first; k < end; ++k) {
    const Attempt* one = search.attempts[k].get();
    if (one->ended && !one->trial.error && (best == nullptr || search.goal.better(one->trial, best->trial))) best = one;
  }
  return best;
}

/// The level that all reached, and when each did.
void add_levels(const Search& search, Tuned& tuned) {
  std::vector<const Attempt*> bests;
  for (std::size_t k = 0; k < tuned.rules.size(); ++k) {
    const bool is_last = k + 1 == tuned.rules.size();
    const std::size_t end = is_last ? search.attempts.size() : tuned.rules[k + 1].defaults - 1;
    bests.push_back(best_of(search, tuned.rules[k].defaults - 1, end));
    const Attempt& defaults = *search.attempts[tuned.rules[k].defaults - 1];
    if (defaults.ended && defaults.trial.error && defaults.trial.error->code == ErrorCode::spec)
      tuned.rules[k].unsuited = defaults.trial.error->got + "; needed " + defaults.trial.error->needed;
    if (bests.back() == nullptr) continue;
    tuned.rules[k].best = bests.back()->trial.number;
    const double score = bests.back()->trial.score;
    if (std::isnan(tuned.level) || search.goal.reaches(tuned.level, score)) tuned.level = score;
  }
  for (std::size_t k = 0; k < tuned.rules.size(); ++k) {
    if (bests[k] == nullptr) continue;
    const auto& curve = bests[k]->best_so_far;
    const auto there =
        std::find_if(curve.begin(), curve.end(), [&](double score) { return search.goal.reaches(score, tuned.level); });
    if (there == curve.end()) continue;
    const auto epoch = static_cast<std::size_t>(there - curve.begin());
    tuned.rules[k].epochs_to_level = epoch + 1;
    if (!bests[k]->seconds.empty()) tuned.rules[k].seconds_to_level = bests[k]->seconds[epoch];
  }
  const auto trial_of = [&](const RuleResult& rule) -> const Trial& { return search.attempts[rule.best - 1]->trial; };
  base::order_stably(tuned.rules, [&](const RuleResult& a, const RuleResult& b) {
    if (a.best == 0 || b.best == 0) return a.best > b.best && b.best == 0;
    return search.goal.better(trial_of(a), trial_of(b));
  });
}

// ---- the winner ----

[[noreturn]] void throw_first(const Tuned& tuned) {
  Error error = *tuned.trials.front().error;
  const std::size_t count = tuned.trials.size();
  error.place =
      "trial " + std::to_string(tuned.trials.front().number) + (error.place.empty() ? "" : ", ") + error.place;
  if (count > 1) error.got = "each of " + std::to_string(count) + " trials failed, this one with " + error.got;
  throw Exception(std::move(error));
}

/// A trial as fit() is to train it: with the split, the refit and the comparison that the user asked for.
FitOptions options_of_winner(const Trial& trial, const FitOptions& given, const TuneOptions& how) {
  FitOptions options = trial.options;
  options.validation = given.validation;
  options.test = given.test;
  options.baselines = given.baselines;
  options.health = given.health;
  options.refit = given.refit;
  options.threads = how.threads == 0 ? base::hardware_threads() : how.threads;
  return options;
}

/// Trains the best; should it diverge on the rows of the refit, the next.
void train_winner(const Dataset& data, const FitOptions& given, const TuneOptions& how, const TuneEvents& events,
                  Tuned& tuned) {
  FitEvents stops;
  if (events.stop) {
    stops.on_epoch = [&](const FitProgress&) { return events.stop(); };
    stops.stop_baselines = events.stop;
  }
  while (tuned.failed < tuned.trials.size()) {
    Trial& best = tuned.trials.front();
    tuned.best = options_of_winner(best, given, how);
    try {
      Fitted fitted = fit(data, tuned.best, stops);
      tuned.arguments = arguments_of(fitted.report.plan.choices);
      tuned.interrupted = fitted.report.stop == FitStop::interrupted;
      if (!tuned.interrupted) tuned.winner = std::move(fitted);
      return;
    } catch (const Exception& fault) {
      if (fault.error().code != ErrorCode::diverged) throw;
      best.error = fault.error();
      best.end = TrialEnd::failed;
      ++tuned.failed;
      std::rotate(tuned.trials.begin(), tuned.trials.begin() + 1, tuned.trials.end());
    }
  }
  throw_first(tuned);
}

void collect(const Search& search, Tuned& tuned) {
  for (const auto& attempt : search.attempts) {
    if (!attempt->ended) continue;
    tuned.failed += attempt->trial.error ? 1 : 0;
    tuned.trials.push_back(attempt->trial);
  }
  std::sort(tuned.trials.begin(), tuned.trials.end(),
            [&](const Trial& a, const Trial& b) { return search.goal.better(a, b); });
}

}  // namespace

Tuned tune(const Dataset& data, const FitOptions& options, const TuneOptions& how, const TuneEvents& events) {
  check(options, how);
  const Basis basis = basis_of(data, options);
  check_validation(basis);
  if (events.on_plan) events.on_plan(basis.plan);
  const Ground ground{options, defaults_for(basis.size, options.until_tss >= 0.0), basis.size};
  const Goal goal = goal_of(basis.plan, basis.size.task);
  Tuned tuned;
  tuned.metric = goal.metric;
  tuned.higher_is_better = goal.higher_is_better;
  tuned.rows = {basis.split.training, basis.split.validation, {}};
  tuned.notices = basis.plan.notices;
  note_few_rows(basis, tuned);
  Trials trials(data, tuned.rows, goal, how, events, how.time_limit ? stop_after(*how.time_limit) : nullptr);
  Search search{ground, goal, how, trials, options.epochs.value_or(ground.defaults.epochs)};
  if (how.only_rules) {
    tuned.rules = search.rules();
    add_levels(search, tuned);
  } else {
    search.settings();
  }
  collect(search, tuned);
  tuned.interrupted = trials.is_interrupted();
  if (tuned.trials.empty()) return tuned;
  if (tuned.failed == tuned.trials.size()) throw_first(tuned);
  if (!tuned.interrupted) {
    train_winner(data, options, how, events, tuned);
    return tuned;
  }
  tuned.best = options_of_winner(tuned.trials.front(), options, how);
  tuned.arguments = arguments_of(basis_of(data, tuned.best).plan.choices);
  return tuned;
}

}  // namespace deltarule
