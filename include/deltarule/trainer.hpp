// Training in memory, as a ladder: fit → epoch → step → learn_one → forward / backward. Each rung uses the one below.
// No files, no tables: those are in fit.hpp. Settings and reports are in training.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "deltarule/error.hpp"
#include "deltarule/network.hpp"
#include "deltarule/rows.hpp"
#include "deltarule/training.hpp"

namespace deltarule {

/// Trains one network, which must outlive it. Not thread-safe; one trainer per network.
template <class T>
class BasicTrainer {
 public:
  /// Throws Exception (spec) for settings that make no sense (a rate that is not positive, …).
  BasicTrainer(BasicNetwork<T>& network, const TrainerOptions& options = {});
  /// The same without exceptions.
  static Result<BasicTrainer> create(BasicNetwork<T>& network, const TrainerOptions& options = {});
  BasicTrainer(BasicTrainer&&) noexcept;
  BasicTrainer& operator=(BasicTrainer&&) noexcept;
  ~BasicTrainer();

  /// Trains for some epochs. x: [n × inputs], t: [n × outputs]. Throws Exception: shape, data (a number that is not
  /// finite, with its place), diverged (epoch, batch and layer named; the weights are those before the bad batch).
  /// `weights`: none, or [n] what the E_p of each row is multiplied by, finite, not negative, some above 0; a row of
  /// weight 0 is passed over. How a batch is averaged then: see Reduction. Losses and tss are weighted alike.
  FitResult fit(Rows<T> x, Rows<T> t, const FitSettings& settings = {}, std::span<const T> weights = {});
  FitResult fit(Rows<T> x, Rows<T> t, Rows<T> x_validation, Rows<T> t_validation, const FitSettings& settings,
                std::span<const T> weights = {}, std::span<const T> weights_validation = {});
  /// The same without exceptions of its own; what settings.on_epoch throws stops the run and is thrown on.
  Result<FitResult> try_fit(Rows<T> x, Rows<T> t, const FitSettings& settings = {}, std::span<const T> weights = {});
  Result<FitResult> try_fit(Rows<T> x, Rows<T> t, Rows<T> x_validation, Rows<T> t_validation,
                            const FitSettings& settings, std::span<const T> weights = {},
                            std::span<const T> weights_validation = {});

  /// One batch, one weight change. Returns the mean loss of the batch before the change, by the weights if there are
  /// some; shape error, data error for a weight that is none, or diverged (pattern and layer named), and then no weight
  /// of the network has changed.
  Result<double> step(Rows<T> x, Rows<T> t, std::span<const T> weights = {});

  /// Steps (1)–(12) for one pattern and one change of the weights by the rule. x: [inputs], t: [outputs].
  LearnStatus learn_one(std::span<const T> x, std::span<const T> t) noexcept;
  /// The same from `weight` times E_p: every delta is multiplied by it. 0: nothing changes, and no step is counted.
  LearnStatus learn_one(std::span<const T> x, std::span<const T> t, T weight) noexcept;

  /// Forward pass of one pattern; the activations of the outputs, valid until the next call. Empty on a shape error.
  /// With dropout or input noise it is the training pass that backward() learns from; predict() of the network has
  /// none.
  std::span<const T> forward(std::span<const T> x) noexcept;
  /// For the pattern of the last forward: takes the caller's ∂E/∂a of the outputs in place of (9), lets the rule take
  /// its step, and writes ∂E/∂a of the inputs, (11) one layer further, taken with the weights as they were before the
  /// step. output_slopes: [outputs]; input_slopes: [inputs], or empty when not wanted. With slopes a − t and the loss
  /// half squared error it is learn_one, to the bit. A forward serves one backward: a second one, or one
  /// after a step, is a shape_error. A refused pattern leaves input_slopes alone.
  LearnStatus backward(std::span<const T> output_slopes, std::span<T> input_slopes = {}) noexcept;

  /// What the learning rate is multiplied by from the next weight change on, from 0 to 1, for a schedule of your own
  /// (FitSettings::schedule knows some); 1 at first. fit() begins and ends with it. Spec error for other numbers, and
  /// for a rule without a rate unless it is 1.
  Result<void> set_rate_factor(double factor);

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
