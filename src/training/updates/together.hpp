// What rules have in common that move all weights together: their steps are made by a method (training/full_batch), so
// nothing is applied part by part.
#pragma once

#include "training/updates/update.hpp"

namespace deltarule::training {

template <class T>
class TogetherUpdate : public Update<T> {
 public:
  [[nodiscard]] std::vector<std::string> state_names() const override { return {}; }
  void apply(const kernels::Kernels<T>& /*kernels*/, const UpdatePart<T>& /*part*/,
             UpdateState<T>& /*state*/) const final {}
  /// A step that is not finite is no step: the trainer need not look again.
  [[nodiscard]] double largest_gain() const final { return 0.0; }
};

}  // namespace deltarule::training
