#include "training/full_batch/levenberg_marquardt.hpp"

#include <algorithm>
#include <cmath>

#include "training/full_batch/vectors.hpp"
#include "training/updates/update.hpp"

namespace deltarule::training {
namespace {

using N = MarquardtNumbers;

constexpr double kLeastMu = 1e-20;

bool is_positive(double x) { return x > 0 && std::isfinite(x); }

}  // namespace

template <class T>
Marquardt<T>::Marquardt(const LevenbergMarquardt& settings, const network::Network<T>& network,
                        const TrainerOptions& options)
    : settings_(settings),
      l2_(options.l2),
      decay_biases_(options.decay_biases),
      products_(network, options),
      factor_(products_.sum().size()),
      before_(network.parameters().size()),
      downhill_(factor_.size()),
      change_(factor_.size()),
      added_(factor_.size()) {}

/// Σw² over all that may move, biases too.
template <class T>
double Marquardt<T>::square_sum(std::span<const T> weights) const {
  const std::span<const std::size_t> places = products_.places();
  return eight_partial_sum(places.size(), [&](std::size_t c) {
    const double w = static_cast<double>(weights[places[c]]);
    return w * w;
  });
}

template <class T>
double Marquardt<T>::value(const Goal& goal, double error, std::span<const T> weights) const {
  return goal.alpha == 0 ? error : goal.scale * error + 0.5 * goal.alpha * square_sum(weights);
}

/// With `bayesian`, α and β for the place that the last step has reached, from the number γ of weights that the
/// patterns determine: γ = N − α tr(β Σ J Jᵀ + α)⁻¹, α = γ / Σw², β = (n − γ) / Σe².
template <class T>
typename Marquardt<T>::Goal Marquardt<T>::goal(Objective<T>& objective, UpdateState<T>& state) {
  if (settings_.bayesian == 0) return {};
  auto& numbers = state.numbers;
  const double factor = objective.factor();
  const auto present = [&] { return Goal{numbers[N::beta] / factor, numbers[N::alpha]}; };
  if (numbers[N::decreased] == 0) return present();
  std::fill(added_.begin(), added_.end(), numbers[N::alpha]);
  if (!factor_.factorise(products_.sum(), present().scale, added_, objective.share())) return present();
  const double gamma =
      static_cast<double>(factor_.size()) - numbers[N::alpha] * factor_.trace_of_inverse(objective.share());
  const std::span<const T> weights = objective.weights();
  const double alpha = gamma / square_sum(weights);
  const double beta = (objective.targets() - gamma) / (2 * objective.first_error() / factor);
  if (!is_positive(gamma) || !is_positive(alpha) || !is_positive(beta)) return present();
  numbers[N::gamma] = gamma;
  numbers[N::alpha] = alpha;
  numbers[N::beta] = beta;
  return present();
}

/// Goes where (H + μ) Δw = −slopes leads. False when there is no such place.
template <class T>
bool Marquardt<T>::attempt(Objective<T>& objective, const Goal& goal, double mu) {
  for (std::size_t c = 0; c < added_.size(); ++c)
    added_[c] = mu + (goal.alpha != 0 ? goal.alpha : decays(c) ? l2_ : 0.0);
  if (!factor_.factorise(products_.sum(), goal.scale, added_, objective.share())) return false;
  change_ = downhill_;
  factor_.solve(change_);
  const std::span<const std::size_t> places = products_.places();
  const std::span<T> weights = objective.weights();
  for (std::size_t c = 0; c < places.size(); ++c)
    weights[places[c]] = static_cast<T>(static_cast<double>(before_[places[c]]) + change_[c]);
  return true;
}

template <class T>
void Marquardt<T>::step(Objective<T>& objective, UpdateState<T>& state) {
  auto& numbers = state.numbers;
  const std::span<const T> weights = objective.weights(), slopes = objective.slopes();
  std::copy(weights.begin(), weights.end(), before_.data());
  products_.clear();
  objective.add_products(products_);
  const Goal goal = this->goal(objective, state);
  const std::span<const std::size_t> places = products_.places();
  bool flat = true;
  for (std::size_t c = 0; c < places.size(); ++c) {
    downhill_[c] =
        -(goal.scale * static_cast<double>(slopes[places[c]]) + goal.alpha * static_cast<double>(before_[places[c]]));
    flat = flat && downhill_[c] == 0;
  }
  numbers[N::decreased] = 0;
  const double start = value(goal, objective.first_error(), weights);
  double& mu = numbers[N::mu];
  while (!flat) {
    if (attempt(objective, goal, mu) && value(goal, objective.error(), weights) < start) {
      mu = std::fmax(mu * settings_.mu_decrease, kLeastMu);
      numbers[N::decreased] = 1;
      return;
    }
    std::copy_n(before_.data(), before_.size(), objective.weights().data());
    if (mu >= settings_.mu_max) return;
    mu = std::fmin(mu * settings_.mu_increase, settings_.mu_max);
  }
}

template class Marquardt<float>;
template class Marquardt<double>;

}  // namespace deltarule::training
