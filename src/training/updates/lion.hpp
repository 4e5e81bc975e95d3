// Lion: the sign of a mean of slopes, and each weight (not each bias) also shrinks by η λ w per step (Chen et al.
// 2023). Remembers the mean.
#pragma once

#include "deltarule/rules.hpp"
#include "training/updates/update.hpp"

namespace deltarule::training {

template <class T>
class LionUpdate final : public Update<T> {
 public:
  explicit LionUpdate(const Lion& settings) : settings_(settings) {}
  [[nodiscard]] std::vector<std::string> state_names() const override { return {"mean"}; }
  void apply(const kernels::Kernels<T>& kernels, const UpdatePart<T>& part, UpdateState<T>& state) const override {
    const double decay = part.decays ? rate_of(settings_.learning_rate * settings_.weight_decay, part, state) : 0.0;
    const kernels::LionStep<T> step{.rate = static_cast<T>(rate_of(settings_.learning_rate, part, state)),
                                    .beta1 = static_cast<T>(settings_.beta1),
                                    .beta2 = static_cast<T>(settings_.beta2),
                                    .decay = static_cast<T>(decay)};
    kernels.lion(part.weights, part.slopes, state.arrays[0].data() + part.first, step, part.count);
  }
  [[nodiscard]] double largest_gain() const override { return settings_.learning_rate; }

 private:
  Lion settings_;
};

}  // namespace deltarule::training
