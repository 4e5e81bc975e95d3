// The interface of an update rule: immutable settings, and state as named arrays in the layout of the parameters, so
// that saving and resuming is copying. One file per rule beside this one; registry.hpp finds them by name.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/aligned.hpp"
#include "kernels/kernels.hpp"

namespace deltarule::training {

/// What a rule remembers between steps: how many there were, and one array per name of Update::state_names().
template <class T>
struct UpdateState {
  std::uint64_t steps = 0;
  std::vector<base::AlignedBuffer<T>> arrays = {};
  kernels::AdamStep<T> adam = {};  // constants of the step that is being made, from begin_step()
};

/// A part of the flat block that one owner updates: weights, slopes, and the state arrays all from the same first
/// number.
template <class T>
struct UpdatePart {
  T* weights = nullptr;
  const T* slopes = nullptr;
  std::size_t first = 0;  // where it begins in the flat block: state array k is at arrays[k].data() + first
  std::size_t count = 0;
  bool decays = true;  // false for biases: weight decay leaves them alone
};

/// A rule. Thread-safe: apply() on disjoint parts may run at the same time.
template <class T>
class Update {
 public:
  virtual ~Update() = default;
  /// Names of the state arrays, in order ("velocity"; "mean", "square"); empty for a rule without memory.
  [[nodiscard]] virtual std::vector<std::string> state_names() const = 0;
  /// Before the parts of a step are updated, once; state.steps already counts it.
  virtual void begin_step(UpdateState<T>& /*state*/) const {}
  /// Changes the weights of one part. A slope of zero with zero state and zero
  /// weight must leave all three zero: padding and masked weights rely on it.
  virtual void apply(const kernels::Kernels<T>& kernels, const UpdatePart<T>& part, UpdateState<T>& state) const = 0;
  /// Upper bound of |Δw| / max(1, |slope|) over any history. Where it is absurd, the trainer looks at every weight
  /// after every step instead of trusting that finite slopes keep weights finite.
  [[nodiscard]] virtual double largest_gain() const = 0;
};

}  // namespace deltarule::training
