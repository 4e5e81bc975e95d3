// The interface of an update rule: immutable settings, and state as named arrays in the layout of the parameters, so
// that saving and resuming is copying. One file per rule beside this one; registry.hpp finds them by name.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/aligned.hpp"
#include "kernels/kernels.hpp"
#include "training/full_batch/method.hpp"

namespace deltarule::training {

/// E of the batch that a step is made from, and of the step before: reduced as the slopes are, with the penalties whose
/// slopes the rule sees. NaN where it is not known: before the first step, and with slopes of the caller's own.
struct BatchErrors {
  double now = std::numeric_limits<double>::quiet_NaN();
  double before = std::numeric_limits<double>::quiet_NaN();
};

/// What a rule remembers between steps: how many there were, one array per name of Update::state_names(), and one
/// number per name of Update::number_names().
template <class T>
struct UpdateState {
  std::uint64_t steps = 0;
  std::vector<base::AlignedBuffer<T>> arrays = {};
  std::vector<double> numbers = {};
  BatchErrors errors = {};
  double rate_factor = 1.0;        // what every rate is multiplied by, from 0 to 1: a schedule, or a run that went back
  kernels::AdamStep<T> adam = {};  // constants of the step that is being made, from begin_step()
};

/// All of it but the arrays.
template <class T>
void copy_numbers(const UpdateState<T>& from, UpdateState<T>& to) {
  to.steps = from.steps;
  to.numbers = from.numbers;
  to.errors = from.errors;
  to.rate_factor = from.rate_factor;
  to.adam = from.adam;
}

/// A part of the flat block that one owner updates: weights, slopes, and the state arrays all from the same first
/// number.
template <class T>
struct UpdatePart {
  T* weights = nullptr;
  const T* slopes = nullptr;
  std::size_t first = 0;  // where it begins in the flat block: state array k is at arrays[k].data() + first
  std::size_t count = 0;
  bool decays = true;        // false for biases: weight decay leaves them alone
  double rate_factor = 1.0;  // of the layer
};

/// A rate among a rule's settings, as this step is to use it for this part. Factors of 1 leave every bit of it.
template <class T>
[[nodiscard]] double rate_of(double setting, const UpdatePart<T>& part, const UpdateState<T>& state) {
  return setting * (state.rate_factor * part.rate_factor);
}

/// A rule. Thread-safe: apply() on disjoint parts may run at the same time.
template <class T>
class Update {
 public:
  virtual ~Update() = default;
  /// Names of the state arrays, in order ("velocity"; "mean", "square"); empty for a rule without memory.
  [[nodiscard]] virtual std::vector<std::string> state_names() const = 0;
  /// What every number of a state array is before the first step.
  [[nodiscard]] virtual double first_value(std::size_t /*array*/) const { return 0.0; }
  /// Names of what is remembered that is not of one weight, in order, and what each is before the first step.
  [[nodiscard]] virtual std::vector<std::string> number_names() const { return {}; }
  [[nodiscard]] virtual double first_number(std::size_t /*number*/) const { return 0.0; }
  /// For a rule that moves all weights of a network together, who makes its steps (apply() is never called then); null
  /// for a rule that sees one weight at a time.
  [[nodiscard]] virtual std::unique_ptr<FullBatchMethod<T>> method(const network::Network<T>& /*network*/,
                                                                   const TrainerOptions& /*options*/) const {
    return nullptr;
  }
  /// True for a rule that looks at state.errors. Their penalties are summed for such a rule only.
  [[nodiscard]] virtual bool needs_errors() const { return false; }
  /// Before the parts of a step are updated, once; state.steps already counts it, and state.errors are those of it.
  virtual void begin_step(UpdateState<T>& /*state*/) const {}
  /// Changes the weights of one part. While its slopes have always been zero, a weight of zero must stay zero and its
  /// state what it was at first: padding and masked weights rely on it.
  virtual void apply(const kernels::Kernels<T>& kernels, const UpdatePart<T>& part, UpdateState<T>& state) const = 0;
  /// What a rule without a rate does when a run goes back: smaller steps from here on, as though it began anew.
  virtual void halve_steps(UpdateState<T>& /*state*/) const {}
  /// Upper bound of |Δw| / max(1, |slope|) over any history. Where it is absurd, the trainer looks at every weight
  /// after every step instead of trusting that finite slopes keep weights finite.
  [[nodiscard]] virtual double largest_gain() const = 0;
};

}  // namespace deltarule::training
