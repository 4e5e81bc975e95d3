// The lower rungs of training: one step over a batch, one pattern, and a caller's own slopes. Epochs, stopping and
// history are in loop.hpp. Everything is sized when the trainer is built or first meets a larger batch; after that
// nothing allocates. The refusal rule: a pattern is refused when the loss is not defined for its targets, when a number
// in its inputs, targets, activations, deltas or slopes is not finite, when the sum of the squares of such a group is
// not finite in T, or when its E is not; that refuses 1e300 in f64 as it refuses 1e30 in f32, and keeps every later
// product finite.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/pattern_source.hpp"
#include "base/thread_team.hpp"
#include "deltarule/error.hpp"
#include "deltarule/training.hpp"
#include "network/network.hpp"
#include "network/workspace.hpp"
#include "training/trainer_state.hpp"
#include "training/updates/update.hpp"

namespace deltarule::training {

/// Multiply-adds of a phase that a thread must have to do before waking it pays. Never decides a bit.
inline constexpr std::size_t kWorkPerThread = 1u << 17;

template <class T>
class Trainer {
 public:
  /// Spec error for settings that make no sense. The network must outlive the trainer and stay where it is.
  static Result<Trainer> create(network::Network<T>& network, const TrainerOptions& options,
                                std::size_t work_per_thread = kWorkPerThread);
  Trainer(Trainer&&) noexcept;
  Trainer& operator=(Trainer&&) noexcept;
  ~Trainer();

  /// One weight change from the given patterns (at least one). Returns the sum of their E_p before the change, each
  /// times the pattern's weight. The slopes are those of that sum or, for the mean, of the sum divided by that of the
  /// weights. Layers normalised by batches go by the statistics of each chunk of kChunk patterns in which two at least
  /// have a weight, by the running ones otherwise; a step that was taken moves these. Weights that are all 0 make no
  /// step. An Error (diverged, or data for a target out of range; names the pattern) leaves weights and rule state as
  /// they were.
  Result<double> step(const base::PatternSource<T>& source, std::span<const std::uint32_t> patterns);
  /// One step per pattern, in order: `sum` with their weighted E_p added, each before its change. A step of its own is
  /// not averaged: it is that of weight times E_p. `done` counts the patterns that were taken, with an Error those
  /// before the one that was refused. Without weights the bits are those of step() with one pattern at a time, except
  /// that large first layers look ahead (online.hpp), in pairs from the first pattern on. Spec error for a network with
  /// layers that are normalised by batches.
  Result<double> step_each(const base::PatternSource<T>& source, std::span<const std::uint32_t> patterns,
                           std::size_t& done, double sum = 0.0);
  /// ∂E/∂w of such a batch, reduced, without penalties and without a weight change, in canonical order; 0 at masked
  /// places, frozen biases included. With dropout or input noise, of the pass that the next step would take.
  Result<std::vector<T>> slopes(const base::PatternSource<T>& source, std::span<const std::uint32_t> patterns);

  /// One pattern, one weight change, from weight times E_p; without a weight, the bits of a step with this pattern
  /// alone. A weight of 0 changes nothing.
  LearnStatus learn_one(std::span<const T> x, std::span<const T> t, T weight = T{1}) noexcept;
  /// Activations of the outputs, valid until the next call; empty on a shape error. With dropout or input noise those
  /// of the training pass that backward() learns from.
  std::span<const T> forward(std::span<const T> x) noexcept;
  /// From ∂E/∂a of the outputs for the pattern of the last forward. Shape error, too, when the weights have been
  /// changed by this trainer since that forward. `input_slopes` (may be empty) is left alone by a refused pattern;
  /// asked for, they are numbers of the pattern, too: where they alone are not finite, the pattern is refused. They are
  /// slopes by the pattern's own inputs: 0 by one that dropout left out.
  LearnStatus backward(std::span<const T> output_slopes, std::span<T> input_slopes) noexcept;

  /// Weights and all that is remembered between steps, a pending change made.
  [[nodiscard]] TrainerState<T> snapshot() const;
  /// The same into memory that is there already, where it is of this network and rule.
  void snapshot_into(TrainerState<T>& to) const;
  /// Goes on from there, with the bits of the trainer that it was taken from, from now on or later. Shape error, and
  /// nothing changed, for a state of another network or rule.
  Result<void> restore(const TrainerState<T>& state);

  /// What every rate of the rule is multiplied by from the next weight change on, from 0 to 1; 1 at first. A rule
  /// without a rate has the largest of its steps multiplied.
  void set_rate_factor(double factor) noexcept;
  [[nodiscard]] double rate_factor() const noexcept;
  /// Halves the step sizes of a rule that has no rate; nothing for the others.
  void halve_steps();

  /// True when step_each() takes patterns in pairs, which no cut must shift.
  [[nodiscard]] bool looks_ahead() const;
  [[nodiscard]] std::uint64_t steps() const;
  [[nodiscard]] std::uint64_t refused() const;
  [[nodiscard]] network::Network<T>& network();
  [[nodiscard]] base::ThreadTeam& team();
  [[nodiscard]] const TrainerOptions& options() const;
  [[nodiscard]] const Update<T>& update() const;
  [[nodiscard]] const UpdateState<T>& state() const;

 private:
  struct Impl;
  explicit Trainer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

extern template class Trainer<float>;
extern template class Trainer<double>;

}  // namespace deltarule::training
