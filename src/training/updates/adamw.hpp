// AdamW: Adam, and each weight (no bias) also shrinks by η λ w per step, apart from the slope (Loshchilov & Hutter
// 2019).
#pragma once

#include "deltarule/rules.hpp"
#include "training/updates/adam.hpp"
#include "training/updates/update.hpp"

namespace deltarule::training {

template <class T>
class AdamWUpdate final : public Update<T> {
 public:
  explicit AdamWUpdate(const AdamW& settings) : settings_(settings) {}
  [[nodiscard]] std::vector<std::string> state_names() const override { return {"mean", "square"}; }
  void begin_step(UpdateState<T>& state) const override {
    state.adam = adam_step<T>(settings_, state.steps, state.rate_factor);
  }
  void apply(const kernels::Kernels<T>& kernels, const UpdatePart<T>& part, UpdateState<T>& state) const override {
    kernels::AdamStep<T> step = part_step(state.adam, part);
    if (part.decays)
      step.decay = static_cast<T>(rate_of(settings_.learning_rate * settings_.weight_decay, part, state));
    kernels.adam(part.weights, part.slopes, state.arrays[0].data() + part.first, state.arrays[1].data() + part.first,
                 step, part.count);
  }
  [[nodiscard]] double largest_gain() const override { return adam_gain(settings_); }

 private:
  AdamW settings_;
};

}  // namespace deltarule::training
