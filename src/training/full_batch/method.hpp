// How a method sees a batch that moves all weights together: E and its slopes wherever it puts the weights, not one
// weight at a time. One method per file beside this one; the trainer (trainer.cpp) is the objective.
#pragma once

#include <cstddef>
#include <functional>
#include <span>

#include "deltarule/training.hpp"
#include "network/network.hpp"

namespace deltarule::training {

template <class T>
struct UpdateState;
template <class T>
class GaussNewton;

/// Shares pieces of work among threads: work(first, last) over pieces 0 … count−1. Who does what never decides a bit.
using Share = std::function<void(std::size_t count, std::size_t multiply_adds,
                                 const std::function<void(std::size_t first, std::size_t last)>& work)>;

/// The batch of a step as a function of the weights: E is reduced, weighted, and has the penalties in it.
template <class T>
class Objective {
 public:
  virtual ~Objective() = default;
  /// The network's weights, in the layout of the parameters. Whoever moves them leaves alone what has no slope:
  /// padding, weights that do not exist, frozen biases.
  [[nodiscard]] virtual std::span<T> weights() = 0;
  /// ∂E/∂w where error_and_slopes() was last asked, in the same layout; at the beginning of a step, where it begins.
  [[nodiscard]] virtual std::span<const T> slopes() const = 0;
  /// E where the step began.
  [[nodiscard]] virtual double first_error() const = 0;
  /// E at the weights as they are now. NaN when a number is not finite: a trial that has failed.
  [[nodiscard]] virtual double error() = 0;
  [[nodiscard]] virtual double error_and_slopes() = 0;

  /// Σ J Jᵀ of all patterns and outputs into `to`, J = ∂a/∂w of one output times the root of the pattern's weight,
  /// reduced: the second derivatives of half the squared error, but for those of the outputs. Only where a step begins.
  virtual void add_products(GaussNewton<T>& to) = 0;
  /// What the sum over patterns is multiplied by to be reduced: 1, or 1 / (sum of the weights).
  [[nodiscard]] virtual double factor() const = 0;
  /// How many targets there are: outputs times the sum of the patterns' weights.
  [[nodiscard]] virtual double targets() const = 0;
  [[nodiscard]] virtual const Share& share() const = 0;
};

/// A method with the memory that its steps need. What must outlast a step is in the state, so that a run can be saved
/// and resumed by copying that.
template <class T>
class FullBatchMethod {
 public:
  virtual ~FullBatchMethod() = default;
  /// One step: either E is lower afterwards, or the weights are what they were. Which it was is the number "decreased"
  /// of the state.
  virtual void step(Objective<T>& objective, UpdateState<T>& state) = 0;
};

}  // namespace deltarule::training
