// RMSProp: s ← ρ s + (1−ρ)g², Δw = −η g / (√s + ε) (Tieleman & Hinton 2012). Remembers s.
#pragma once

#include <cmath>
#include <limits>

#include "deltarule/rules.hpp"
#include "training/updates/update.hpp"

namespace deltarule::training {

template <class T>
class RMSPropUpdate final : public Update<T> {
 public:
  explicit RMSPropUpdate(const RMSProp& settings) : settings_(settings) {}
  [[nodiscard]] std::vector<std::string> state_names() const override { return {"square"}; }
  void apply(const kernels::Kernels<T>& kernels, const UpdatePart<T>& part, UpdateState<T>& state) const override {
    kernels.rmsprop(part.weights, part.slopes, state.arrays[0].data() + part.first,
                    static_cast<T>(rate_of(settings_.learning_rate, part, state)), static_cast<T>(settings_.rho),
                    static_cast<T>(settings_.epsilon), part.count);
  }
  /// √s is at least √(1−ρ) |g|, except where (1−ρ) g² is flushed to zero: there ε is all that is left below.
  [[nodiscard]] double largest_gain() const override {
    const double rest = 1.0 - settings_.rho;
    const double flushed = std::sqrt(static_cast<double>(std::numeric_limits<T>::min()) / rest);
    return settings_.learning_rate * (1.0 / std::sqrt(rest) + flushed / settings_.epsilon);
  }

 private:
  RMSProp settings_;
};

}  // namespace deltarule::training
