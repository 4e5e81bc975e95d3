// Scaled conjugate gradients (Møller 1993): conjugate directions whose step length comes from a difference of slopes
// along the direction in place of a line search, made safe by a scale λ. State and settings are in updates/scg.hpp.
#pragma once

#include <span>

#include "base/aligned.hpp"
#include "deltarule/rules.hpp"
#include "training/full_batch/method.hpp"

namespace deltarule::training {

/// Places of the numbers in the state.
struct ScgNumbers {
  enum : std::size_t { lambda, lambda_bar, curvature, projection, directions, decreased, count };
};

template <class T>
class Scg final : public FullBatchMethod<T> {
 public:
  Scg(const ScaledConjugateGradient& settings, const network::Network<T>& network, const TrainerOptions& options);
  void step(Objective<T>& objective, UpdateState<T>& state) override;

 private:
  bool turn(Objective<T>& objective, UpdateState<T>& state);
  bool measure_curvature(Objective<T>& objective, UpdateState<T>& state, double p_squared);
  void put_back(Objective<T>& objective) const;

  ScaledConjugateGradient settings_;
  std::size_t movable_;  // weights and biases that may move: directions after which it begins anew
  base::AlignedBuffer<T> before_, slopes_;
};

extern template class Scg<float>;
extern template class Scg<double>;

}  // namespace deltarule::training
