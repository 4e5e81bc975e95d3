// From a table to a trained, measured model in one call: the command line's `train` as a function.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <iosfwd>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "deltarule/dataset.hpp"
#include "deltarule/diagnosis.hpp"
#include "deltarule/health.hpp"
#include "deltarule/model.hpp"
#include "deltarule/record.hpp"
#include "deltarule/trainer.hpp"

namespace deltarule {

/// Units per hidden layer. Left alone: chosen from the size of the data.
struct Hidden {
  std::optional<std::vector<std::size_t>> units = {};
  Hidden() = default;
  Hidden(std::initializer_list<std::size_t> sizes) : units(std::vector<std::size_t>(sizes)) {}
  Hidden(std::vector<std::size_t> sizes) : units(std::move(sizes)) {}
  /// No hidden layer: the linear model.
  [[nodiscard]] static Hidden none() { return Hidden(std::vector<std::size_t>{}); }
};

/// Rows of the table, counting from 0, for each part of a split: disjoint, with their targets.
struct RowSplit {
  std::vector<std::uint32_t> training = {}, validation = {}, test = {};
};

/// What the weight of each row is multiplied by in the training and the validation loss, by its class.
struct ClassWeights {
  bool balanced = false;  ///< n / (classes · n_class) over the training rows, by their weights
  std::vector<std::pair<std::string, double>> by_class = {};  ///< or so much for each class, 1 for one left out
  [[nodiscard]] bool any() const { return balanced || !by_class.empty(); }
};

/// Everything optional is chosen when not given, and the report says what was chosen and with which option to change
/// it. Names and defaults are the command line's.
struct FitOptions {
  Hidden hidden = {};
  std::optional<std::string> activation = {};  ///< of the hidden layers
  std::optional<std::string> output_activation = {};
  /// Registry name, "pinball(0.9)" for a quantile, or "cross-entropy" (the one that fits the output). Targets of
  /// poisson_deviance and gamma_deviance are not standardised.
  std::optional<std::string> loss = {};
  std::optional<std::string> normalise = {};  ///< hidden layers: layer, batch (LayerSpec::normalise)
  /// delta-rule (= sgd), momentum, nesterov, adam, adamw, rmsprop, adagrad, adadelta, lion, rprop-, rprop+, irprop-,
  /// irprop+, quickprop; other settings than rate, momentum and decay in brackets: "adam(beta1=0.8,epsilon=1e-6)"
  std::optional<std::string> optimizer = {};
  std::optional<double> learning_rate = {};  ///< the Rprop family has none
  /// What the rate is multiplied by over the run: constant, step, exponential, cosine, one-cycle, plateau, with
  /// settings in brackets: "cosine(warmup=5)"; see schedule.hpp
  std::optional<std::string> schedule = {};
  std::optional<double> momentum = {};
  std::optional<std::size_t> batch_size = {};  ///< 1 = online, 0 = all
  std::optional<std::string> reduction = {};   ///< of a batch's slopes: mean, sum
  std::optional<double> label_smoothing = {};  ///< [0, 1), for cross-entropies: see TrainerOptions
  /// Units left out of training passes, and noise on the inputs, which are scaled; both of `seed`, and neither in a
  /// prediction, a validation loss or a metric: see TrainerOptions.
  Dropout dropout = {};
  std::optional<double> input_noise = {};
  /// What the rate of a layer is multiplied by: h1 is the hidden layer next to the inputs, out the output layer.
  std::vector<std::pair<std::string, double>> layer_rates = {};
  std::vector<std::string> freeze = {};   ///< layers whose weights stay what they are
  std::optional<double> clip_value = {};  ///< largest slope: see TrainerOptions
  std::optional<double> clip_norm = {};   ///< largest norm of all slopes
  std::optional<double> max_norm = {};    ///< largest norm of the weights into a unit
  bool decay_biases = false;              ///< weight_decay is of biases, too
  std::optional<std::string> on_divergence =
      {};  ///< stop, the default; or rollback, the command line's default but for textbook
  /// "income:+": the prediction (of two classes the probability of the second) never falls as this numeric column
  /// rises; "age:-": it never rises. One column each, or several with commas between.
  std::vector<std::string> monotone = {};
  ClassWeights class_weight = {};  ///< weights of rows are the data's: DatasetOptions
  std::optional<std::size_t> epochs = {};
  std::optional<std::uint64_t> steps = {};   ///< at most so many weight changes; ends in the middle of an epoch
  std::optional<double> time_limit = {};     ///< seconds of training; the report's steps repeat the run
  std::optional<std::size_t> patience = {};  ///< 0 = no early stopping
  /// Early stopping by this metric: one of metric_names(), or of the loss pinball, deviance or d2; "loss" is the
  /// default.
  std::optional<std::string> stop_on = {};
  std::optional<double> min_improvement = {};  ///< what is better by no more than this is not better
  std::optional<double> validation = {};       ///< share of rows, [0, 1)
  std::optional<Table> validation_table = {};  ///< or rows of a table of their own, which are not trained on
  std::optional<double> test = {};
  std::optional<RowSplit> row_split = {};   ///< exactly these rows, in place of shares and a column of the dataset
  std::optional<double> weight_decay = {};  ///< decoupled for adamw and lion, in the slope (l2) otherwise
  std::optional<std::string> init = {};
  std::uint64_t seed = 0;
  std::size_t threads = 1;                             ///< any number gives the same bits
  std::optional<std::string> precision = {};           ///< f32, f64
  std::optional<std::string> scale = {};               ///< standard, minmax, none
  std::optional<NetworkSpec> network = {};             ///< any wiring; overrides hidden and activations
  std::optional<std::vector<double>> start_from = {};  ///< weights in canonical order to begin with
  /// A model to go on with: its wiring, weights and preprocessing. The table must have its columns and classes.
  std::optional<Model> continue_from = {};
  std::vector<std::string> input_names = {};  ///< what the network's inputs must be called, in order; empty: anything
  bool shuffle = true;
  std::optional<bool> refit = {};  ///< train again on train + validation for the length found
  bool textbook =
      false;  ///< the bare derivation: online, file order, (6), sigmoid, (1), no scaling, split or early stop
  double until_tss = -1.0;    ///< stop when tss on the training rows falls below; negative: never
  RecordOptions record = {};  ///< of the training while it is on; comes back in the report
  bool baselines = true;      ///< also measure the trivial and the linear model on the same split
  bool health = true;         ///< also look at what was learnt: see health.hpp
};

/// One choice that was made, and the option that changes it.
struct Choice {
  std::string what;    ///< "hidden"
  std::string value;   ///< "32,16"
  std::string option;  ///< "--hidden"
  bool given = false;  ///< true: the user's own
};

/// What is known before the first epoch.
struct FitPlan {
  std::string source = {};
  std::size_t rows = 0, columns = 0, missing_cells = 0;
  std::vector<std::string> notices = {};
  Task task = Task::automatic;
  bool task_given = false;
  std::vector<std::string> targets = {}, features = {}, classes = {};
  std::size_t training_rows = 0, validation_rows = 0, test_rows = 0;
  bool stratified = false;
  std::string split_by = "random";     ///< or "group", "time", "column", "rows" (given)
  std::string split_column = {};       ///< of group, time and column
  std::string validation_source = {};  ///< the table that the validation rows are from; empty: the same
  std::string stop_on = "loss";        ///< what early stopping goes by
  std::string network = {};            ///< "9-32-3, tanh, softmax"
  std::size_t weight_count = 0;
  std::vector<Choice> choices = {};
  std::size_t epochs = 0;
  std::size_t threads = 1;
  std::string arithmetic = {};  ///< "avx2 (fused)"
  std::string record = {};      ///< what is recorded, in words; empty: nothing
};

enum class FitPhase { training, refit };

struct FitProgress {
  FitPhase phase = FitPhase::training;
  EpochReport epoch = {};
  std::size_t epochs = 0;  ///< planned
};

/// A simple model on the same split, measured with the same metrics.
struct Baseline {
  std::string name = {};         ///< "trivial", "linear"
  std::string description = {};  ///< "always Adelie", "softmax regression"
  std::vector<Metric> metrics = {};
};

enum class FitStop { epochs, patience, error_below, interrupted, steps, time_limit };

struct FitReport {
  FitPlan plan = {};
  FitResult training = {};                                          ///< history of the (first) training
  double learning_rate = std::numeric_limits<double>::quiet_NaN();  ///< of the rule; NaN: it has none
  FitStop stop = FitStop::epochs;
  bool refitted = false;
  std::size_t refit_epochs = 0;
  std::size_t rows_seen = 0;  ///< rows that the final weights were fitted on
  /// Σ(t−a)² over the rows seen, with the final weights; regression targets as the network sees them (standardised
  /// unless textbook).
  double training_tss = 0.0;
  std::size_t measured_rows = 0;  ///< rows of the metrics below
  std::string measured_on = {};   ///< "test", "validation", "training"
  std::vector<Metric> metrics = {};
  std::vector<std::size_t> confusion = {};
  std::vector<Baseline> baselines = {};
  std::string verdict = {};  ///< one plain sentence: does the network beat the baselines beyond the interval?
  /// The run began with given weights, which may have been fitted on some of the measured rows.
  bool start_may_have_seen = false;
  Health health = {};
  std::string weights_digest = {};
  std::vector<std::string> notices = {};  ///< found during or after training
  Record record = {};                     ///< of options.record, to be saved
};

/// What is known before the first epoch, in words: data, split, network, choices. At most 80 columns wide.
void write_plan(std::ostream& out, const FitPlan& plan);
/// What came of it: why it stopped, metrics with intervals, baselines, verdict, digest.
void write_result(std::ostream& out, const FitReport& report);
/// Both.
std::ostream& operator<<(std::ostream& out, const FitReport& report);

/// The history of the (first) training as CSV with a line of names: all its epochs, a number that there is not left
/// empty. Equal runs give equal texts.
[[nodiscard]] std::string history_csv(const FitReport& report);

/// Watches and stops a run. Nothing it does can change a bit, except by stopping.
struct FitEvents {
  std::function<void(const FitPlan&)> on_plan = {};
  std::function<bool(const FitProgress&)> on_epoch = {};  ///< true: stop; what is best so far is kept and measured
  /// After each weight change; true: stop, as above.
  std::function<bool(FitPhase, const StepReport&)> on_step = {};
  /// Asked between the epochs of the linear baseline, which is not reported: true ends it and leaves it out.
  std::function<bool()> stop_baselines = {};
};

struct Fitted {
  Model model;
  FitReport report;
};

/// Names of the metrics of a task, in the order of the reports. None for automatic.
[[nodiscard]] std::vector<std::string> metric_names(Task task);

/// Throws Exception: usage and spec for options that make no sense, data; Diverged when
/// training ran away (no model then).
[[nodiscard]] Fitted fit(const Dataset& data, const FitOptions& options = {}, const FitEvents& events = {});

}  // namespace deltarule
