// Levenberg-Marquardt (Levenberg 1944, Marquardt 1963; for networks Hagan & Menhaj 1994), with the Bayesian choice of
// the weight decay if asked for (MacKay 1992; Foresee & Hagan 1997). Sums of squares only. State and settings are in
// updates/levenberg_marquardt.hpp.
#pragma once

#include <span>
#include <vector>

#include "base/aligned.hpp"
#include "deltarule/rules.hpp"
#include "training/full_batch/gauss_newton.hpp"
#include "training/full_batch/method.hpp"
#include "training/full_batch/symmetric.hpp"

namespace deltarule::training {

/// Places of the numbers in the state.
struct MarquardtNumbers {
  enum : std::size_t { mu, alpha, beta, gamma, decreased, count };
};

template <class T>
class Marquardt final : public FullBatchMethod<T> {
 public:
  Marquardt(const LevenbergMarquardt& settings, const network::Network<T>& network, const TrainerOptions& options);
  void step(Objective<T>& objective, UpdateState<T>& state) override;

 private:
  /// F = scale · E + α/2 Σw²: E itself, but for the Bayesian form.
  struct Goal {
    double scale = 1, alpha = 0;
  };
  Goal goal(Objective<T>& objective, UpdateState<T>& state);
  [[nodiscard]] double square_sum(std::span<const T> weights) const;
  [[nodiscard]] double value(const Goal& goal, double error, std::span<const T> weights) const;
  /// Penalties are of weights, and of biases if asked; never of gains.
  [[nodiscard]] bool decays(std::size_t column) const {
    const network::ParameterKind kind = products_.kind(column);
    return kind == network::ParameterKind::weights || (decay_biases_ && kind == network::ParameterKind::biases);
  }
  bool attempt(Objective<T>& objective, const Goal& goal, double mu);

  LevenbergMarquardt settings_;
  double l2_;
  bool decay_biases_;
  GaussNewton<T> products_;
  SymmetricMatrix factor_;
  base::AlignedBuffer<T> before_;
  std::vector<double> downhill_, change_, added_;  // column by column
};

extern template class Marquardt<float>;
extern template class Marquardt<double>;

}  // namespace deltarule::training
