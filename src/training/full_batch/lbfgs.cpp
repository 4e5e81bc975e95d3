#include "training/full_batch/lbfgs.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "training/full_batch/vectors.hpp"
#include "training/updates/update.hpp"

namespace deltarule::training {
namespace {

using N = LbfgsNumbers;

/// A pair whose curvature is less than this share of what its lengths allow says nothing but rounding.
constexpr double kLeastCurvature = 1e-12;

template <class T>
std::span<const T> read(const base::AlignedBuffer<T>& values) {
  return values.span();
}

/// A number of the state as a count: it may come from a file.
std::size_t count_of(double number, std::size_t most) {
  if (!(number > 0)) return 0;
  return number < static_cast<double>(most) ? static_cast<std::size_t>(number) : most;
}

/// The pairs of the state, by age: 0 is the newest.
template <class T>
struct Pairs {
  const UpdateState<T>& state;

  [[nodiscard]] std::size_t room() const { return state.arrays.size() / 2; }
  [[nodiscard]] std::size_t count() const { return count_of(state.numbers[N::pairs], room()); }
  [[nodiscard]] std::size_t newest() const { return count_of(state.numbers[N::newest], room() - 1); }
  [[nodiscard]] std::size_t place(std::size_t age) const { return (newest() + room() - age) % room(); }
  [[nodiscard]] std::span<const T> s(std::size_t age) const { return read(state.arrays[2 * place(age)]); }
  [[nodiscard]] std::span<const T> y(std::size_t age) const { return read(state.arrays[2 * place(age) + 1]); }
};

template <class T>
void add_scaled(double factor, std::span<const T> from, std::span<double> to) {
  for (std::size_t i = 0; i < to.size(); ++i) to[i] += factor * static_cast<double>(from[i]);
}

/// Algorithm 7.4: `q` holds the slopes, and then the inverse second derivatives times them.
template <class T>
void two_loops(const Pairs<T>& pairs, std::span<double> q) {
  const std::size_t count = pairs.count();
  const std::span<const double> view = q;
  std::vector<double> alpha(count), rho(count);
  for (std::size_t age = 0; age < count; ++age) {
    rho[age] = 1 / dot(pairs.s(age), pairs.y(age));
    alpha[age] = rho[age] * dot(pairs.s(age), view);
    add_scaled(-alpha[age], pairs.y(age), q);
  }
  const double gamma = 1 / (rho[0] * dot(pairs.y(0), pairs.y(0)));
  for (double& one : q) one *= gamma;
  for (std::size_t age = count; age-- > 0;) {
    const double beta = rho[age] * dot(pairs.y(age), view);
    add_scaled(alpha[age] - beta, pairs.s(age), q);
  }
}

}  // namespace

template <class T>
Lbfgs<T>::Lbfgs(const LBFGS& settings, const network::Network<T>& network)
    : settings_(settings),
      before_(network.parameters().size()),
      slopes_(network.parameters().size()),
      direction_(network.parameters().size()) {}

/// The direction, and the slope along it; not negative where there is no way down.
template <class T>
double Lbfgs<T>::point_downhill(UpdateState<T>& state) {
  const std::span<double> d = direction_;
  const auto slope_along = [&] {
    for (double& one : d) one = -one;
    return dot(std::span<const double>(d), read(slopes_));
  };
  std::copy(slopes_.span().begin(), slopes_.span().end(), d.begin());
  if (const Pairs<T> pairs{state}; pairs.count() > 0) {
    two_loops(pairs, d);
    if (const double slope = slope_along(); slope < 0 && std::isfinite(slope)) return slope;
    state.numbers[N::pairs] = 0;  // of another batch, say: steepest descent instead
    std::copy(slopes_.span().begin(), slopes_.span().end(), d.begin());
  }
  return slope_along();
}

template <class T>
LinePoint Lbfgs<T>::at(Objective<T>& objective, double alpha) {
  const std::span<const double> d = direction_;
  move(read(before_), d, alpha, objective.weights());
  const double error = objective.error_and_slopes();
  if (!std::isfinite(error)) return {alpha, std::numeric_limits<double>::infinity(), 0};
  return {alpha, error, dot(d, objective.slopes())};
}

/// What the step has taught, if anything: weights and slopes are those of the new place.
template <class T>
void Lbfgs<T>::remember(Objective<T>& objective, UpdateState<T>& state) {
  const Pairs<T> pairs{state};
  const std::size_t place = (pairs.newest() + 1) % pairs.room();
  const std::span<const T> weights = objective.weights(), slopes = objective.slopes();
  const auto s = [&](std::size_t i) { return weights[i] - before_[i]; };
  const auto y = [&](std::size_t i) { return slopes[i] - slopes_[i]; };
  const auto product = [&](const auto& one, const auto& other) {
    return eight_partial_sum(
        weights.size(), [&](std::size_t i) { return static_cast<double>(one(i)) * static_cast<double>(other(i)); });
  };
  if (!(product(s, y) > kLeastCurvature * std::sqrt(product(s, s)) * std::sqrt(product(y, y)))) return;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    state.arrays[2 * place][i] = s(i);
    state.arrays[2 * place + 1][i] = y(i);
  }
  state.numbers[N::pairs] = static_cast<double>(std::min(pairs.count() + 1, pairs.room()));
  state.numbers[N::newest] = static_cast<double>(place);
}

template <class T>
void Lbfgs<T>::step(Objective<T>& objective, UpdateState<T>& state) {
  auto& numbers = state.numbers;
  const std::span<const T> weights = objective.weights(), slopes = objective.slopes();
  std::copy(weights.begin(), weights.end(), before_.data());
  std::copy(slopes.begin(), slopes.end(), slopes_.data());
  numbers[N::decreased] = numbers[N::wolfe] = numbers[N::step_length] = 0;
  const LinePoint start{0, objective.first_error(), point_downhill(state)};
  if (!(start.slope < 0 && std::isfinite(start.slope))) return;
  const double first = numbers[N::pairs] > 0 ? 1.0 : std::fmin(1.0, 1 / std::sqrt(-start.slope));
  double last = 0;
  const auto ask = [&](double alpha) { return at(objective, last = alpha); };
  const LineStep found =
      strong_wolfe(ask, start, first, {settings_.c1, settings_.c2, static_cast<std::size_t>(settings_.evaluations)});
  if (!(found.point.error < start.error)) {
    std::copy_n(before_.data(), before_.size(), objective.weights().data());
    numbers[N::pairs] = 0;  // next time from here by steepest descent
    return;
  }
  if (found.point.alpha != last) static_cast<void>(at(objective, found.point.alpha));
  numbers[N::decreased] = 1;
  numbers[N::wolfe] = found.wolfe ? 1 : 0;
  numbers[N::step_length] = found.point.alpha;
  remember(objective, state);
}

template class Lbfgs<float>;
template class Lbfgs<double>;

}  // namespace deltarule::training
