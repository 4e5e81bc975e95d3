#include "training/full_batch/scg.hpp"

#include <algorithm>
#include <cmath>

#include "training/full_batch/limits.hpp"
#include "training/full_batch/vectors.hpp"
#include "training/updates/update.hpp"

namespace deltarule::training {
namespace {

using N = ScgNumbers;

constexpr double kLeastLambda = 1e-15, kMostLambda = 1e30;
/// What a trial that is not finite counts as: λ grows by four times the curvature.
constexpr double kFailed = -3.0;

template <class T>
std::span<const T> read(const base::AlignedBuffer<T>& values) {
  return values.span();
}

}  // namespace

template <class T>
Scg<T>::Scg(const ScaledConjugateGradient& settings, const network::Network<T>& network, const TrainerOptions& options)
    : settings_(settings),
      movable_(movable_count(network.graph(), options)),
      before_(network.parameters().size()),
      slopes_(network.parameters().size()) {}

template <class T>
void Scg<T>::put_back(Objective<T>& objective) const {
  std::copy_n(before_.data(), before_.size(), objective.weights().data());
}

/// The next direction p, from r = −E' here and r of the last direction. False at a place without slope.
template <class T>
bool Scg<T>::turn(Objective<T>& objective, UpdateState<T>& state) {
  std::span<T> p = state.arrays[0].span(), r = state.arrays[1].span();
  auto& numbers = state.numbers;
  const double length = dot(read(slopes_), read(slopes_));
  const double overlap = -dot(read(slopes_), std::span<const T>(r));
  const bool anew = std::fmod(numbers[N::directions], static_cast<double>(movable_)) == 0;
  const double beta = anew ? 0.0 : (length - overlap) / numbers[N::projection];
  for (std::size_t i = 0; i < p.size(); ++i) {
    r[i] = slopes_[i] == T{0} ? T{0} : -slopes_[i];
    p[i] = static_cast<T>(static_cast<double>(r[i]) + (anew ? 0.0 : beta * static_cast<double>(p[i])));
  }
  double projection = dot(std::span<const T>(p), std::span<const T>(r));
  if (!(projection > 0 && std::isfinite(projection))) {  // not downhill: begin anew, downhill
    std::copy(r.begin(), r.end(), p.begin());
    projection = length;
    numbers[N::directions] = 0;
  }
  numbers[N::projection] = projection;
  numbers[N::directions] += 1;
  numbers[N::lambda_bar] = 0;
  const double p_squared = dot(std::span<const T>(p), std::span<const T>(p));
  return projection > 0 && std::isfinite(p_squared) && measure_curvature(objective, state, p_squared);
}

/// Step 2: δ = pᵀE''p by a difference of slopes. False when the slopes so near by are not finite.
template <class T>
bool Scg<T>::measure_curvature(Objective<T>& objective, UpdateState<T>& state, double p_squared) {
  const std::span<const T> p = read(state.arrays[0]);
  const double sigma = settings_.sigma / std::sqrt(p_squared);
  move(read(before_), p, sigma, objective.weights());
  const bool finite = std::isfinite(objective.error_and_slopes());
  put_back(objective);
  const std::span<const T> there = objective.slopes();
  state.numbers[N::curvature] = eight_partial_sum(p.size(), [&](std::size_t i) {
    return static_cast<double>(p[i]) * (static_cast<double>(there[i]) - static_cast<double>(slopes_[i]));
  });
  state.numbers[N::curvature] /= sigma;
  return finite && std::isfinite(state.numbers[N::curvature]);
}

template <class T>
void Scg<T>::step(Objective<T>& objective, UpdateState<T>& state) {
  auto& numbers = state.numbers;
  const std::span<const T> weights = objective.weights(), slopes = objective.slopes(), p = read(state.arrays[0]);
  std::copy(weights.begin(), weights.end(), before_.data());
  std::copy(slopes.begin(), slopes.end(), slopes_.data());
  // After a step that failed the direction is tried again, shorter, with what is known of its curvature; unless the
  // batch is another one and it leads uphill there.
  const double downhill = -dot(p, read(slopes_));
  const bool again = numbers[N::directions] > 0 && numbers[N::decreased] == 0 && downhill > 0;
  if (again) {
    numbers[N::projection] = downhill;
  } else if (!turn(objective, state)) {
    numbers[N::decreased] = numbers[N::directions] = 0;
    return;
  }
  const double p_squared = dot(p, p);
  double& lambda = numbers[N::lambda];
  double& curvature = numbers[N::curvature];
  curvature += (lambda - numbers[N::lambda_bar]) * p_squared;  // 3
  if (curvature <= 0) {                                        // 4
    numbers[N::lambda_bar] = 2 * (lambda - curvature / p_squared);
    curvature = lambda * p_squared - curvature;
    lambda = numbers[N::lambda_bar];
  }
  const double mu = numbers[N::projection], alpha = mu / curvature;  // 5
  move(read(before_), p, alpha, objective.weights());
  const double error = std::isfinite(alpha) ? objective.error() : alpha;
  const double gain = 2 * curvature * (objective.first_error() - error) / (mu * mu);  // 6
  const double comparison = std::isfinite(gain) ? gain : kFailed;
  if (error < objective.first_error()) {  // 7
    numbers[N::decreased] = 1;
    numbers[N::lambda_bar] = 0;
    if (comparison >= 0.75) lambda /= 4;
  } else {
    put_back(objective);
    numbers[N::decreased] = 0;
    numbers[N::lambda_bar] = lambda;
  }
  if (comparison < 0.25) lambda += curvature * (1 - comparison) / p_squared;  // 8
  lambda = std::clamp(lambda, kLeastLambda, kMostLambda);
}

template class Scg<float>;
template class Scg<double>;

}  // namespace deltarule::training
