// The Rprop family: a step size per weight, which grows while the sign of its slope stays and shrinks when it turns
// (Riedmiller & Braun 1993; Igel & Hüsken 2000). The four differ in what a weight does whose slope has turned. Remember
// the slope and the step size.
#pragma once

#include <algorithm>
#include <type_traits>

#include "deltarule/rules.hpp"
#include "training/updates/update.hpp"

namespace deltarule::training {

using kernels::RpropTurn;

/// What a weight does in this step whose slope has turned.
[[nodiscard]] inline RpropTurn turn_of(const RpropMinus&, const BatchErrors&) { return RpropTurn::go_on; }
[[nodiscard]] inline RpropTurn turn_of(const RpropPlus&, const BatchErrors&) { return RpropTurn::go_back; }
[[nodiscard]] inline RpropTurn turn_of(const IRpropMinus&, const BatchErrors&) { return RpropTurn::stay; }
/// An error that is not known has not risen: comparisons with NaN are false.
[[nodiscard]] inline RpropTurn turn_of(const IRpropPlus&, const BatchErrors& errors) {
  return errors.now > errors.before ? RpropTurn::go_back : RpropTurn::stay;
}

template <class T, class Settings>
class RpropUpdate final : public Update<T> {
 public:
  explicit RpropUpdate(const Settings& settings) : settings_(settings) {}
  [[nodiscard]] std::vector<std::string> state_names() const override { return {"slope", "delta"}; }
  [[nodiscard]] double first_value(std::size_t array) const override { return array == 1 ? settings_.delta0 : 0.0; }
  [[nodiscard]] bool needs_errors() const override { return std::is_same_v<Settings, IRpropPlus>; }
  void apply(const kernels::Kernels<T>& kernels, const UpdatePart<T>& part, UpdateState<T>& state) const override {
    const double largest = settings_.delta_max * (state.rate_factor * part.rate_factor);
    const kernels::RpropStep<T> step{.eta_plus = static_cast<T>(settings_.eta_plus),
                                     .eta_minus = static_cast<T>(settings_.eta_minus),
                                     .delta_min = static_cast<T>(settings_.delta_min),
                                     .delta_max = static_cast<T>(std::max(largest, settings_.delta_min)),
                                     .turn = turn_of(settings_, state.errors)};
    kernels.rprop(part.weights, part.slopes, state.arrays[0].data() + part.first, state.arrays[1].data() + part.first,
                  step, part.count);
  }
  /// Half of every step size, and no slope remembered: what was taken back is not taken back once more.
  void halve_steps(UpdateState<T>& state) const override {
    const T least = static_cast<T>(settings_.delta_min);
    for (T& delta : state.arrays[1].span()) delta = std::max(delta * T(0.5), least);
    std::fill(state.arrays[0].span().begin(), state.arrays[0].span().end(), T{0});
  }
  [[nodiscard]] double largest_gain() const override { return settings_.delta_max; }

 private:
  Settings settings_;
};

}  // namespace deltarule::training
