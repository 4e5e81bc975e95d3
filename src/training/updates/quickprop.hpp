// Quickprop: the minimum of a parabola per weight, through this slope and the one before (Fahlman 1988). Remembers the
// slope, decay included, and the change.
#pragma once

#include <limits>

#include "deltarule/rules.hpp"
#include "training/updates/update.hpp"

namespace deltarule::training {

template <class T>
class QuickpropUpdate final : public Update<T> {
 public:
  explicit QuickpropUpdate(const Quickprop& settings) : settings_(settings) {}
  [[nodiscard]] std::vector<std::string> state_names() const override { return {"slope", "change"}; }
  void apply(const kernels::Kernels<T>& kernels, const UpdatePart<T>& part, UpdateState<T>& state) const override {
    const kernels::QuickpropStep<T> step{.rate = static_cast<T>(rate_of(settings_.learning_rate, part, state)),
                                         .mu = static_cast<T>(settings_.mu),
                                         .shrink = static_cast<T>(settings_.mu / (1.0 + settings_.mu)),
                                         .decay = part.decays ? static_cast<T>(settings_.weight_decay) : T{0}};
    kernels.quickprop(part.weights, part.slopes, state.arrays[0].data() + part.first,
                      state.arrays[1].data() + part.first, step, part.count);
  }
  /// None: a step may be μ times the step before, for ever.
  [[nodiscard]] double largest_gain() const override { return std::numeric_limits<double>::infinity(); }

 private:
  Quickprop settings_;
};

}  // namespace deltarule::training
