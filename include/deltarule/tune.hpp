// Settings found by trying: many trainings on one split, judged by its validation rows, and the best of them trained as
// fit() trains. Also a comparison of the update rules on one's own data.
#pragma once

#include <cstddef>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "deltarule/fit.hpp"

namespace deltarule {

struct TuneOptions {
  /// How many settings are tried, by successive halving; the result is then the same for any number of threads.
  /// 0: as many as the time allows, or 27 where there is no limit. Not looked at when rules are compared.
  std::size_t trials = 0;
  /// Seconds for the search, asked after each epoch. The last training, of the winner, comes on top.
  std::optional<double> time_limit = {};
  /// Compares every update rule, full batches for those that want them, each with some rates, in place of a search:
  /// equal time for all of them with time_limit, otherwise equal epochs.
  bool only_rules = false;
  std::size_t threads = 1;  ///< trials trained side by side, 0 = as many as the machine has; never decides a bit
};

enum class TrialEnd {
  finished,  ///< by itself: its epochs, early stopping or a goal
  cut,       ///< by the time limit or the caller, after an epoch: what it has come to is that of `epochs` epochs
  failed,    ///< with an error, diverged as a rule
};

/// One setting that was tried. `fit` with `options` and the rows of the search gives the same weights, to the bit.
struct Trial {
  std::size_t number = 0;             ///< counting from 1, which is the settings that `fit` would choose
  std::vector<Choice> settings = {};  ///< those that the search is about
  FitOptions options = {};            ///< all of them; `row_split` is left out, being the same for every trial
  TrialEnd end = TrialEnd::finished;
  std::size_t epochs = 0;  ///< planned for its last training, and so in `options`
  std::size_t epochs_run = 0, best_epoch = 0;
  std::uint64_t steps = 0;
  double loss = std::numeric_limits<double>::quiet_NaN();   ///< mean of E_p over the validation rows, best epoch
  double score = std::numeric_limits<double>::quiet_NaN();  ///< what is compared: that loss, or the metric of stop_on
  std::vector<Metric> metrics = {};                         ///< on the validation rows
  std::string weights_digest = {};
  std::optional<Error> error = {};  ///< of one that failed
};

/// What one rule came to, over its rates.
struct RuleResult {
  std::string rule = {};
  std::size_t best = 0;      ///< number of its best trial
  std::size_t defaults = 0;  ///< number of the trial with its default settings
  /// Epochs until its best trial was as good as every rule became; nothing when it failed.
  std::optional<std::size_t> epochs_to_level = {};
  std::optional<double> seconds_to_level = {};  ///< the same in time; only with a limit in time
  std::string unsuited = {};                    ///< why the rule cannot train this network or loss; empty: it can
};

struct Tuned {
  std::vector<Trial> trials = {};  ///< the best first, those that failed last
  RowSplit rows = {};              ///< of every trial; no test rows, which only the winner's measures see
  std::string metric = "loss";     ///< what was compared
  bool higher_is_better = false;
  std::size_t failed = 0;
  bool interrupted = false;
  std::vector<RuleResult> rules = {};                       ///< the best first; only when rules were compared
  double level = std::numeric_limits<double>::quiet_NaN();  ///< the score that every rule reached
  FitOptions best = {};  ///< the winner's, for fit(): in epochs, with the split and the refit that were asked for
  std::optional<Fitted> winner = {};        ///< what fit() makes of `best`; nothing when interrupted
  std::vector<std::string> arguments = {};  ///< of `deltarule train` for the same: every choice spelled out
  std::vector<std::string> notices = {};
};

struct TuneProgress {
  const Trial& trial;    ///< that has just ended
  std::size_t ended;     ///< trainings so far
  std::size_t planned;   ///< of the settings that are being tried; 0: nobody knows
  const Trial* leading;  ///< the best so far; may be none
};

struct TuneEvents {
  std::function<void(const FitPlan&)> on_plan = {};  ///< of the default settings, before the first trial
  /// After each training, in the order in which they end, one at a time, by the thread that trained it.
  std::function<void(const TuneProgress&)> on_trial = {};
  /// Asked after each epoch, by several threads at the same time: true ends the search. What is best so far is told.
  std::function<bool()> stop = {};
};

/// Searches the settings that `options` leaves open: hidden layers, activation, rule, rate, decay, batch size, dropout.
/// Stopped before the first trial ended, it has none and no winner. Throws Exception: usage for options that leave
/// nothing to validate on or contradict a search (textbook, steps, time_limit, first weights, row_split; with
/// only_rules also a rule, rate or momentum); the first trial's error when every trial failed.
[[nodiscard]] Tuned tune(const Dataset& data, const FitOptions& options = {}, const TuneOptions& how = {},
                         const TuneEvents& events = {});

}  // namespace deltarule
