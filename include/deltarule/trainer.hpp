// Training in memory, as a ladder: fit → epoch → step → learn_one → forward / backward. Each rung uses the one below.
// No files, no tables: those are in fit.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <span>
#include <vector>

#include "deltarule/error.hpp"
#include "deltarule/network.hpp"
#include "deltarule/rows.hpp"
#include "deltarule/rules.hpp"

namespace deltarule {

/// How the slopes of a batch become one slope.
enum class Reduction { mean, sum };

struct TrainerOptions {
  Optimizer optimizer = DeltaRule{};
  Reduction reduction = Reduction::mean;
  double l2 = 0.0;  ///< adds l2·w to the slope of each weight (not bias), after reduction
  double l1 = 0.0;  ///< adds l1·sign(w), likewise
  std::size_t threads = 1;  ///< any number gives the same bits
};

/// What became of one pattern.
enum class LearnStatus {
  learned,
  shape_error,  ///< arrays of the wrong size; nothing was read
  not_finite,   ///< an input, target, error or delta is not finite (or so large that its square is not); not one bit changed
};

/// One finished epoch. Losses are means over patterns, without penalties.
struct EpochReport {
  std::size_t epoch = 0;  ///< counting from 1
  double training_loss = 0.0;    ///< sum of E_p as met during the epoch, divided by the patterns
  double validation_loss = std::numeric_limits<double>::quiet_NaN();  ///< NaN without a validation set
  double best_validation_loss = std::numeric_limits<double>::quiet_NaN();
  std::uint64_t steps = 0;       ///< weight changes so far in this fit
};

enum class StopReason { epochs, patience, error_below, callback };

struct FitSettings {
  std::size_t epochs = 100;
  std::size_t batch_size = 32;  ///< 1 = per pattern, 0 = all patterns
  bool shuffle = true;          ///< a new order each epoch, from seed and epoch number
  Seed seed = {};
  /// Stop when, after an epoch, tss = Σ(t−a)² over all training patterns and outputs is below this. Negative: never.
  double until_tss = -1.0;
  /// Patience in epochs without a better validation loss; 0 = no early stopping. Needs a validation set.
  std::size_t patience = 0;
  /// Patience also lasts at least so many weight changes, so that small tables are not starved.
  std::uint64_t patience_steps = 0;
  bool restore_best = true;  ///< with patience: weights of the best epoch at the end
  /// Patterns per epoch in a given order: epoch e uses order[e mod size]. Overrides shuffle when not empty.
  std::vector<std::vector<std::uint32_t>> order = {};
  /// Called after each epoch; true stops.
  std::function<bool(const EpochReport&)> on_epoch = {};
};

struct FitResult {
  StopReason reason = StopReason::epochs;
  std::size_t epochs = 0;      ///< epochs run
  std::size_t best_epoch = 0;  ///< the epoch whose weights are kept
  std::uint64_t steps = 0;
  std::vector<EpochReport> history = {};
};

/// Trains one network, which must outlive it. Not thread-safe; one trainer per network.
template <class T>
class BasicTrainer {
 public:
  /// Throws Exception (spec) for settings that make no sense (a rate that is not positive, …).
  BasicTrainer(BasicNetwork<T>& network, TrainerOptions options = {});
  /// The same without exceptions.
  static Result<BasicTrainer> create(BasicNetwork<T>& network, TrainerOptions options = {});
  BasicTrainer(BasicTrainer&&) noexcept;
  BasicTrainer& operator=(BasicTrainer&&) noexcept;
  ~BasicTrainer();

  /// Trains for some epochs. x: [n × inputs], t: [n × outputs]. Throws Exception: shape, data (a number that is not
  /// finite, with its place), diverged (epoch, batch and layer named; the weights are those before the bad batch).
  FitResult fit(Rows<T> x, Rows<T> t, const FitSettings& settings = {});
  FitResult fit(Rows<T> x, Rows<T> t, Rows<T> x_validation, Rows<T> t_validation, const FitSettings& settings);
  /// The same without exceptions.
  Result<FitResult> try_fit(Rows<T> x, Rows<T> t, const FitSettings& settings = {});
  Result<FitResult> try_fit(Rows<T> x, Rows<T> t, Rows<T> x_validation, Rows<T> t_validation,
                            const FitSettings& settings);

  /// One batch, one weight change. Returns the mean loss of the batch before the change.
  Result<double> step(Rows<T> x, Rows<T> t);

  /// Steps (1)–(12) for one pattern and one change of the weights by the rule. x: [inputs], t: [outputs].
  LearnStatus learn_one(std::span<const T> x, std::span<const T> t) noexcept;

  /// Forward pass of one pattern; the activations of the outputs, valid until the next call. Empty on a shape error.
  std::span<const T> forward(std::span<const T> x) noexcept;
  /// For the pattern of the last forward: takes the caller's ∂E/∂a of the outputs in place of (9), lets the rule take its
  /// step, and writes ∂E/∂a of the inputs, (11) one layer further, taken with the weights as they were before the step.
  /// output_slopes: [outputs]; input_slopes: [inputs], or empty when not wanted. With slopes a − t and the loss half
  /// squared error it is learn_one, to the bit.
  LearnStatus backward(std::span<const T> output_slopes, std::span<T> input_slopes = {}) noexcept;

  [[nodiscard]] std::uint64_t steps() const noexcept;    ///< weight changes so far
  [[nodiscard]] std::uint64_t refused() const noexcept;  ///< patterns that were not finite

 private:
  struct Impl;
  explicit BasicTrainer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

extern template class BasicTrainer<float>;
extern template class BasicTrainer<double>;

template <class T>
BasicTrainer(BasicNetwork<T>&, TrainerOptions) -> BasicTrainer<T>;
template <class T>
BasicTrainer(BasicNetwork<T>&) -> BasicTrainer<T>;

using Trainer = BasicTrainer<float>;
using TrainerF64 = BasicTrainer<double>;

}  // namespace deltarule
