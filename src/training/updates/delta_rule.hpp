// The delta rule, equation (6): Δw = −η g. No memory.
#pragma once

#include "deltarule/rules.hpp"
#include "training/updates/update.hpp"

namespace deltarule::training {

template <class T>
class DeltaRuleUpdate final : public Update<T> {
 public:
  explicit DeltaRuleUpdate(const DeltaRule& settings) : settings_(settings) {}
  [[nodiscard]] std::vector<std::string> state_names() const override { return {}; }
  void apply(const kernels::Kernels<T>& kernels, const UpdatePart<T>& part, UpdateState<T>& state) const override {
    kernels.delta_rule(part.weights, part.slopes, static_cast<T>(rate_of(settings_.learning_rate, part, state)),
                       part.count);
  }
  [[nodiscard]] double largest_gain() const override { return settings_.learning_rate; }

 private:
  DeltaRule settings_;
};

}  // namespace deltarule::training
