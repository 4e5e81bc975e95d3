// Momentum: v ← μ v − η g, Δw = v (Rumelhart, Hinton & Williams 1986). Remembers v.
#pragma once

#include "deltarule/rules.hpp"
#include "training/updates/update.hpp"

namespace deltarule::training {

template <class T>
class MomentumUpdate final : public Update<T> {
 public:
  explicit MomentumUpdate(const Momentum& settings) : settings_(settings) {}
  [[nodiscard]] std::vector<std::string> state_names() const override { return {"velocity"}; }
  void apply(const kernels::Kernels<T>& kernels, const UpdatePart<T>& part, UpdateState<T>& state) const override {
    kernels.momentum(part.weights, part.slopes, state.arrays[0].data() + part.first,
                     static_cast<T>(rate_of(settings_.learning_rate, part, state)), static_cast<T>(settings_.momentum),
                     part.count);
  }
  [[nodiscard]] double largest_gain() const override { return settings_.learning_rate / (1.0 - settings_.momentum); }

 private:
  Momentum settings_;
};

}  // namespace deltarule::training
