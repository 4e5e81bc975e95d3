// Adagrad: s ← s + g², Δw = −η g / (√s + ε) (Duchi, Hazan & Singer 2011). Remembers s.
#pragma once

#include <cmath>
#include <limits>

#include "deltarule/rules.hpp"
#include "training/updates/update.hpp"

namespace deltarule::training {

template <class T>
class AdagradUpdate final : public Update<T> {
 public:
  explicit AdagradUpdate(const Adagrad& settings) : settings_(settings) {}
  [[nodiscard]] std::vector<std::string> state_names() const override { return {"square"}; }
  void apply(const kernels::Kernels<T>& kernels, const UpdatePart<T>& part, UpdateState<T>& state) const override {
    kernels.adagrad(part.weights, part.slopes, state.arrays[0].data() + part.first,
                    static_cast<T>(rate_of(settings_.learning_rate, part, state)), static_cast<T>(settings_.epsilon),
                    part.count);
  }
  /// √s is at least |g|, except where g² is flushed to zero: there ε is all that is left below.
  [[nodiscard]] double largest_gain() const override {
    const double flushed = std::sqrt(static_cast<double>(std::numeric_limits<T>::min()));
    return settings_.learning_rate * (1.0 + flushed / settings_.epsilon);
  }

 private:
  Adagrad settings_;
};

}  // namespace deltarule::training
