// How a network is to be trained and what came of it, as plain data. The trainer itself is in trainer.hpp; the settings
// of the update rules are in rules.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "deltarule/rows.hpp"
#include "deltarule/rules.hpp"
#include "deltarule/schedule.hpp"
#include "deltarule/spec.hpp"

namespace deltarule {

/// How the slopes of a batch become one slope. The mean divides by the sum of the patterns' weights, which is their
/// number where none are given. A pattern that is learnt by itself (batch_size 1, learn_one) is not averaged: its
/// slopes are multiplied by its weight, whatever the reduction.
enum class Reduction { mean, sum };

/// Dropout: in every training pass a unit is left out with this probability, its activation being 0, and those that
/// stay are 1/(1−p) times as large, so that the mean of each activation is what it is without (Srivastava et al. 2014,
/// "inverted"). Predictions, validation losses and tss know nothing of it; output units are never left out.
struct Dropout {
  double inputs = 0.0;                ///< of every input, [0, 1)
  double hidden = 0.0;                ///< of every unit of every hidden layer, [0, 1)
  std::vector<double> by_layer = {};  ///< or of those of each hidden layer, in order; layers beyond its end have none
  [[nodiscard]] bool any() const {
    for (const double p : by_layer)
      if (p != 0) return true;
    return inputs != 0 || hidden != 0;
  }
};

/// The learning rate of one layer: the weights that lead to its units, and its biases.
struct LayerRate {
  std::size_t layer = 0;  ///< counting from 1, as sources of a Connection
  /// What the rate is multiplied by. 0: the layer is frozen, its weights and what the rule remembers of them stay what
  /// they are, whatever decays. Rules without a rate take 0 and 1 only.
  double factor = 1.0;
};

struct TrainerOptions {
  Optimizer optimizer = DeltaRule{};
  Reduction reduction = Reduction::mean;
  double l2 = 0.0;                          ///< adds l2·w to the slope of each weight (not bias), after reduction
  double l1 = 0.0;                          ///< adds l1·sign(w), likewise
  bool decay_biases = false;                ///< l2, l1 and the decays of rules are of biases, too; not of frozen ones
  std::vector<LayerRate> layer_rates = {};  ///< layers that are not named have factor 1
  /// Each slope, reduced and with penalties, is brought into [−clip_value, clip_value]. 0: not.
  double clip_value = 0.0;
  /// Then all slopes, biases' too, frozen layers left out, are multiplied by the same number so that the root of the
  /// sum of their squares is at most this. 0: not.
  double clip_norm = 0.0;
  /// After each step the weights into each unit, its bias left alone, are multiplied by the same number so that the
  /// root of the sum of their squares is at most this, but for rounding. 0: not.
  double max_norm = 0.0;
  /// ε in [0, 1): the targets that are learnt from are t(1−ε) + ε/K, K classes of a softmax or 2 for binary
  /// cross-entropy; other losses have no such thing. Training losses are of these targets; validation losses, tss and
  /// predictions know nothing of it.
  double label_smoothing = 0.0;
  Dropout dropout = {};
  /// Standard deviation of Gaussian noise that is added to every input in every training pass, before dropout; in the
  /// units of the inputs as the network sees them.
  double input_noise = 0.0;
  /// Of dropout and noise. Which units are left out is a function of this seed, the number of weight changes so far
  /// (its last 32 bits), the number of the pattern in its source (0 where a pattern makes a step of its own, as in
  /// per-pattern learning), layer and unit: not of threads, batch places or earlier passes. Training losses are those
  /// of such passes.
  Seed seed = {};
  /// For each weight, in canonical order, +1: never negative, −1: never positive, 0: free; empty: all free. A weight
  /// with the wrong sign is set to 0, at first and after every step, whatever the rule.
  std::vector<std::int8_t> signs = {};
  std::size_t threads = 1;  ///< any number gives the same bits
};

/// What became of one pattern.
enum class LearnStatus {
  learned,
  shape_error,  ///< arrays of the wrong size; nothing was read
  /// An input, target, activation, error, delta or slope is not finite, or the squares of such numbers sum to one that
  /// is not finite in the number type of the run; not one bit changed.
  not_finite,
  weight_out_of_range,  ///< the pattern's weight is negative or not finite; not one bit changed
  /// A target below 0 for poisson_deviance, or one that is not above 0 for gamma_deviance; not one bit changed.
  target_out_of_range,
  /// The rule moves all weights together, by whole batches: step() and fit() with batch_size 0; or a layer is
  /// normalised by batches, and one pattern is none. Nothing was read.
  needs_batch,
};

/// One finished epoch. Losses are means over patterns, each as often as its weight says, without penalties.
struct EpochReport {
  std::size_t epoch = 0;       ///< counting from 1
  double training_loss = 0.0;  ///< sum of E_p as met during the epoch, divided by the patterns' weights
  double validation_loss = std::numeric_limits<double>::quiet_NaN();       ///< NaN without a validation set
  double best_validation_loss = std::numeric_limits<double>::quiet_NaN();  ///< the smallest so far
  double validation_score = std::numeric_limits<double>::quiet_NaN();      ///< settings.score; NaN without one
  double best_validation_score = std::numeric_limits<double>::quiet_NaN();
  std::uint64_t steps = 0;   ///< weight changes so far in this fit
  double rate_factor = 1.0;  ///< of the epoch's last weight change: what the rule's learning rate was multiplied by
};

/// One epoch as a model keeps it. NaN where there is no such number.
struct EpochRecord {
  std::uint64_t epoch = 0;  ///< counting from 1
  std::uint64_t steps = 0;  ///< weight changes up to its end
  double training_loss = std::numeric_limits<double>::quiet_NaN();
  double validation_loss = std::numeric_limits<double>::quiet_NaN();
  double validation_score = std::numeric_limits<double>::quiet_NaN();
  double learning_rate = std::numeric_limits<double>::quiet_NaN();  ///< of the epoch's last weight change
};

/// One weight change. The loss is the mean of the E_p of its patterns, each as often as its weight says, before the
/// change and without penalties.
struct StepReport {
  std::uint64_t step = 0;    ///< of this fit, counting from 1
  std::size_t epoch = 0;     ///< counting from 1
  std::size_t patterns = 0;  ///< of the epoch that have been presented, those of this step included
  double loss = 0.0;         ///< of per-pattern learning up to the rounding of the epoch's sum
};

/// steps: settings.steps are done; stopped: settings.stop_now said so. Both may end a run in the middle of an epoch.
/// paused: not ended, but left at a checkpoint, from which it can go on.
enum class StopReason { epochs, patience, error_below, callback, steps, stopped, paused };

/// What fit() does about a run that has gone astray.
enum class OnDivergence {
  stop,  ///< ends with the Error at the first number that is not finite
  /// Goes back to the last good epoch with half the rate (the Rprop family: with half its step sizes), up to five
  /// times, then ends with the Error. Astray is also a run whose training loss is above 1000 times its smallest so far,
  /// above twice that of the first weights and above 1, or whose weights have a million times the norm of the first.
  /// Rules that move all weights together have nothing to halve, and stop.
  rollback,
};

/// A run went back.
struct Rollback {
  std::size_t epoch = 0;     ///< in which it was astray, counting from 1
  std::uint64_t step = 0;    ///< weight changes made by then, those that were taken back among them
  std::size_t back_to = 0;   ///< the epoch at whose end it went on; 0: the beginning
  double rate_factor = 1.0;  ///< of all rollbacks so far: what the rate is multiplied by, beside the schedule
  std::string why = {};
};

struct FitSettings {
  std::size_t epochs = 100;
  /// Stop after so many weight changes, if need be in the middle of an epoch, whose report then counts the patterns
  /// that were presented. 0: no limit.
  std::uint64_t steps = 0;
  std::size_t batch_size = 32;  ///< 1 = per pattern, 0 = all patterns
  bool shuffle = true;          ///< a new order each epoch, from seed and epoch number
  Seed seed = {};
  /// The learning rate over the run. Needs a rule that has one. In per-pattern learning a schedule whose factor changes
  /// within epochs is asked after each 256 patterns of an epoch, else before each weight change.
  Schedule schedule = ConstantRate{};
  OnDivergence on_divergence = OnDivergence::stop;
  /// Stop when, after an epoch, tss = Σ(t−a)² over all training patterns, times their weights, and outputs is below
  /// this. Negative: never.
  double until_tss = -1.0;
  /// Patience in epochs without a better validation loss, or score; 0 = no early stopping. Needs a validation set.
  std::size_t patience = 0;
  /// Patience also lasts at least so many weight changes, so that small tables are not starved.
  std::uint64_t patience_steps = 0;
  bool restore_best = true;  ///< with patience: weights of the best epoch at the end
  /// An epoch is better only when it is better than the best by more than this. Not negative.
  double min_improvement = 0.0;
  /// What early stopping goes by in place of the validation loss: called after each epoch with the output activations
  /// and targets of all validation patterns, in order, [patterns × outputs]. NaN is never better.
  std::function<double(Rows<double> outputs, Rows<double> targets)> score = {};
  bool higher_is_better = false;  ///< of the score
  /// Patterns per epoch in a given order: epoch e uses order[e mod size]. Overrides shuffle when not empty.
  std::vector<std::vector<std::uint32_t>> order = {};
  /// Called after each epoch; true stops.
  std::function<bool(const EpochReport&)> on_epoch = {};
  /// Called after each weight change; true stops. Where large first layers look ahead, per-pattern learning changes the
  /// weights for two patterns at a time, and is reported so. It keeps a job out of the lanes of fit_many; the bits are
  /// the same.
  std::function<bool(const StepReport&)> on_step = {};
  /// Called when the run has gone back (OnDivergence::rollback).
  std::function<void(const Rollback&)> on_rollback = {};
  /// A stop token: asked after each weight change, in per-pattern learning after each 256 of an epoch; true stops
  /// there. A run with `steps` equal to the steps of the result ends with the same bits.
  std::function<bool()> stop_now = {};
};

struct FitResult {
  StopReason reason = StopReason::epochs;
  std::size_t epochs = 0;                 ///< epochs run
  std::size_t best_epoch = 0;             ///< the epoch whose weights are kept
  std::uint64_t steps = 0;                ///< weight changes made, those that were taken back among them
  std::vector<EpochReport> history = {};  ///< epochs that were taken back are not in it
  std::vector<Rollback> rollbacks = {};
};

}  // namespace deltarule
