// Scaled conjugate gradients (Møller 1993). Remember the direction and minus the slopes that it was made from; λ, λ̄,
// the curvature δ and the projection μ of that direction, and how many there were since the last new beginning.
#pragma once

#include "deltarule/rules.hpp"
#include "training/full_batch/scg.hpp"
#include "training/updates/together.hpp"

namespace deltarule::training {

template <class T>
class ScgUpdate final : public TogetherUpdate<T> {
 public:
  explicit ScgUpdate(const ScaledConjugateGradient& settings) : settings_(settings) {}
  [[nodiscard]] std::vector<std::string> state_names() const override { return {"direction", "residual"}; }
  [[nodiscard]] std::vector<std::string> number_names() const override {
    return {"lambda", "lambda_bar", "curvature", "projection", "directions", "decreased"};
  }
  [[nodiscard]] double first_number(std::size_t number) const override {
    return number == ScgNumbers::lambda ? settings_.lambda : 0.0;
  }
  [[nodiscard]] std::unique_ptr<FullBatchMethod<T>> method(const network::Network<T>& network,
                                                           const TrainerOptions& options) const override {
    return std::make_unique<Scg<T>>(settings_, network, options);
  }

 private:
  ScaledConjugateGradient settings_;
};

}  // namespace deltarule::training
