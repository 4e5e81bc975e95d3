// Adadelta: steps as large as recent changes were, beside slopes as large as recent slopes were (Zeiler 2012).
// Remembers the running means of g² and of the square of the change.
#pragma once

#include <limits>

#include "deltarule/rules.hpp"
#include "training/updates/update.hpp"

namespace deltarule::training {

template <class T>
class AdadeltaUpdate final : public Update<T> {
 public:
  explicit AdadeltaUpdate(const Adadelta& settings) : settings_(settings) {}
  [[nodiscard]] std::vector<std::string> state_names() const override { return {"square", "change_square"}; }
  void apply(const kernels::Kernels<T>& kernels, const UpdatePart<T>& part, UpdateState<T>& state) const override {
    kernels.adadelta(part.weights, part.slopes, state.arrays[0].data() + part.first,
                     state.arrays[1].data() + part.first, static_cast<T>(rate_of(settings_.learning_rate, part, state)),
                     static_cast<T>(settings_.rho), static_cast<T>(settings_.epsilon), part.count);
  }
  /// None: under slopes that grow without end the mean of squared changes nearly doubles at every step.
  [[nodiscard]] double largest_gain() const override { return std::numeric_limits<double>::infinity(); }

 private:
  Adadelta settings_;
};

}  // namespace deltarule::training
