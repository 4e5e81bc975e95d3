// Adam: steps from bias-corrected running means of the slope and of its square (Kingma & Ba 2015). Remembers both.
// The arithmetic of one step is shared with AdamW.
#pragma once

#include <cmath>
#include <cstdint>

#include "base/math.hpp"
#include "deltarule/rules.hpp"
#include "training/updates/update.hpp"

namespace deltarule::training {

/// The constants of step number `step` (counting from 1), worked out in double and rounded to T. The corrections belong
/// to the betas that the running means are made with, which are rounded to T. Settings: Adam or AdamW. `rate_factor`
/// multiplies the rate.
template <class T, class Settings>
[[nodiscard]] kernels::AdamStep<T> adam_step(const Settings& settings, std::uint64_t step, double rate_factor = 1.0) {
  const double t = static_cast<double>(step);
  const T beta1 = static_cast<T>(settings.beta1), beta2 = static_cast<T>(settings.beta2);
  const double mean_correction = 1.0 - base::pow(static_cast<double>(beta1), t);
  const double square_correction = 1.0 - base::pow(static_cast<double>(beta2), t);
  return {.rate = static_cast<T>(settings.learning_rate * rate_factor / mean_correction),
          .beta1 = beta1,
          .beta2 = beta2,
          .inverse_root_correction = static_cast<T>(1.0 / std::sqrt(square_correction)),
          .epsilon = static_cast<T>(settings.epsilon),
          .decay = T{0}};
}

/// The same for one part.
template <class T>
[[nodiscard]] kernels::AdamStep<T> part_step(kernels::AdamStep<T> step, const UpdatePart<T>& part) {
  if (part.rate_factor != 1.0) step.rate = static_cast<T>(static_cast<double>(step.rate) * part.rate_factor);
  return step;
}

/// |m̂|/√ŝ is largest for one slope after a long time of zeros: (1−β₁)/√(1−β₂) when corrections have faded; 1 at first.
template <class Settings>
[[nodiscard]] double adam_gain(const Settings& settings) {
  const double late = (1.0 - settings.beta1) / std::sqrt(1.0 - settings.beta2);
  const double long_run = 1.0 / (1.0 - settings.beta1);
  return settings.learning_rate * (1.0 + late + long_run);
}

template <class T>
class AdamUpdate final : public Update<T> {
 public:
  explicit AdamUpdate(const Adam& settings) : settings_(settings) {}
  [[nodiscard]] std::vector<std::string> state_names() const override { return {"mean", "square"}; }
  void begin_step(UpdateState<T>& state) const override {
    state.adam = adam_step<T>(settings_, state.steps, state.rate_factor);
  }
  void apply(const kernels::Kernels<T>& kernels, const UpdatePart<T>& part, UpdateState<T>& state) const override {
    kernels.adam(part.weights, part.slopes, state.arrays[0].data() + part.first, state.arrays[1].data() + part.first,
                 part_step(state.adam, part), part.count);
  }
  [[nodiscard]] double largest_gain() const override { return adam_gain(settings_); }

 private:
  Adam settings_;
};

}  // namespace deltarule::training
