#include "explain/proof/probe.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "derivation/loss_functions.hpp"

namespace deltarule::explain {

using derivation::Complex;
using derivation::Nudge;
using derivation::number;
using derivation::ReferencePass;

namespace {

std::vector<double> corners_of(const derivation::Activation& f) {
  using Kind = base::ActivationKind;
  switch (f.kind) {
    case Kind::relu:
    case Kind::leaky_relu:
    case Kind::elu:
    case Kind::selu:
    case Kind::softsign:
      return {0.0};
    case Kind::hard_tanh:
      return {-1.0, 1.0};
    default:
      return {};
  }
}

/// Of a loss, as a function of a − t.
std::vector<double> corners_of(const derivation::Loss& loss) {
  if (loss.kind == base::LossKind::absolute_error || loss.kind == base::LossKind::pinball) return {0.0};
  if (loss.kind == base::LossKind::huber) return {-loss.parameter, loss.parameter};
  return {};
}

bool on_two_sides(double one, double other, const std::vector<double>& corners) {
  return std::any_of(corners.begin(), corners.end(),
                     [&](double corner) { return derivation::sign(one - corner) != derivation::sign(other - corner); });
}

/// One output's share of a loss from net inputs as a function of its activation, by the definition, which the engine
/// never evaluates.
template <class T>
T share_of_activation(base::LossKind kind, T a, double t) {
  const T log_ratio = t == 0 ? number<T>(0.0) : log(number<T>(t) / a), d = number<T>(t) - a;
  switch (kind) {
    case base::LossKind::binary_cross_entropy:
      return (t == 0 ? number<T>(0.0) : -number<T>(t) * log(a)) -
             (t == 1 ? number<T>(0.0) : number<T>(1.0 - t) * log(number<T>(1.0) - a));
    case base::LossKind::poisson_deviance:
      return number<T>(t) * log_ratio - d;
    case base::LossKind::gamma_deviance:
      return d / a - log_ratio;
    default:
      return t == 0 ? number<T>(0.0) : -number<T>(t) * log(a);
  }
}

template <class T>
std::vector<T> as_numbers(const std::vector<double>& values) {
  return {values.begin(), values.end()};
}

}  // namespace

Probe::Probe(const Subject& subject)
    : subject_(subject),
      pass_(derivation::reference_forward<double>(subject.graph, subject.resolved, subject.w, subject.x)),
      w_(subject.w) {}

/// The layers below the change are those of the plain pass.
template <class T>
ReferencePass<T> Probe::changed(std::vector<T>& w, const Change& change, T amount) const {
  const bool of_input = change.unit.source == 0;
  const std::size_t first = of_input ? 0 : change.unit.layer();
  ReferencePass<T> pass;
  pass.x = as_numbers<T>(pass_.x);
  if (of_input) pass.x[change.unit.index] += amount;
  for (std::size_t l = 0; l < first; ++l) {
    pass.layers.emplace_back().a = as_numbers<T>(pass_.layers[l].a);
    pass.layers.back().y = as_numbers<T>(pass_.layers[l].y);
  }
  Nudge<T> nudge;
  using What = typename Nudge<T>::What;
  if (!of_input) nudge = {What::nothing, first, change.unit.index, amount};
  if (!of_input && change.of == Change::Of::net_input) nudge.what = What::net_input;
  if (!of_input && change.of == Change::Of::seen) nudge.what = What::seen;
  if (!of_input && change.of == Change::Of::activation) nudge.what = What::activation;
  const bool of_weight = change.of == Change::Of::weight;
  const T before = of_weight ? w[change.position] : T{};
  if (of_weight) w[change.position] += amount;
  derivation::continue_forward<T>(subject_.graph, subject_.resolved, w, pass, nudge);
  if (of_weight) w[change.position] = before;
  return pass;
}

template <class T>
T Probe::error_of(const ReferencePass<T>& pass, const Change& change) const {
  const auto& last = pass.layers.back();
  const base::LossKind kind = subject_.resolved.loss.kind;
  const bool of_output = change.of == Change::Of::activation && is_output(subject_, change.unit);
  if (of_output && derivation::is_from_net_inputs(subject_.resolved.loss)) {
    T E = number<T>(0.0);
    for (std::size_t k = 0; k < last.a.size(); ++k) E += share_of_activation<T>(kind, last.a[k], subject_.t[k]);
    return E;
  }
  const std::vector<T> t = as_numbers<T>(subject_.t);
  return derivation::loss<T>(subject_.resolved.loss, subject_.resolved.activations.back(), last.y, last.a, t);
}

/// True when the change takes any unit, or any output's deviation, across a corner.
bool Probe::crosses_corner(const ReferencePass<double>& low, const ReferencePass<double>& high) const {
  for (std::size_t l = 0; l < low.layers.size(); ++l) {
    const std::vector<double> corners = corners_of(subject_.resolved.activations[l]);
    for (std::size_t j = 0; !corners.empty() && j < low.layers[l].y.size(); ++j)
      if (on_two_sides(low.layers[l].y[j], high.layers[l].y[j], corners)) return true;
  }
  const std::vector<double> corners = corners_of(subject_.resolved.loss);
  for (std::size_t k = 0; !corners.empty() && k < subject_.t.size(); ++k)
    if (on_two_sides(low.outputs()[k] - subject_.t[k], high.outputs()[k] - subject_.t[k], corners)) return true;
  return false;
}

/// True when a unit sits so near to a corner that the square of the step decides which side it takes.
bool Probe::is_at_corner(const ReferencePass<Complex>& pass) const {
  for (std::size_t l = 0; l < pass.layers.size(); ++l)
    for (const double corner : corners_of(subject_.resolved.activations[l]))
      for (const Complex& y : pass.layers[l].y) {
        const double beside = std::fabs(y.real() - corner);
        if (beside > 0 && beside < kComplexStep) return true;
      }
  return false;
}

ProbedSlope Probe::E_by(const Change& change, double step) {
  if (complex_w_.empty()) complex_w_ = as_numbers<Complex>(subject_.w);
  ProbedSlope slope;
  const auto along = changed<Complex>(complex_w_, change, Complex(0, kComplexStep));
  const double by_complex = error_of(along, change).imag() / kComplexStep;
  if (std::isfinite(by_complex) && !is_at_corner(along)) slope.complex_step = by_complex;
  const auto low = changed<double>(w_, change, -step), high = changed<double>(w_, change, step);
  const double by_difference = (error_of(high, change) - error_of(low, change)) / (2 * step);
  if (std::isfinite(by_difference) && !crosses_corner(low, high)) slope.central = by_difference;
  return slope;
}

ProbedSlope Probe::E_by_weight(const Link& link) {
  const double carried = link.bias ? 1.0 : pass_.activations(link.from.source)[link.from.index];
  // So that the net input moves by the usual step, not by as many times as much as comes in.
  return E_by({Change::Of::weight, link.to, link.position},
              kStep * (link.bias ? 1.0 : width_of(link.to)) / std::max(1.0, std::fabs(carried)));
}

double Probe::width_of(Unit unit) const {
  const base::Layer& layer = subject_.graph.layers()[unit.layer()];
  if (!layer.is_normalised()) return 1.0;
  const auto s = layer.normalisation == base::Normalisation::layer
                     ? derivation::statistics<double>(pass_.layers[unit.layer()].I)
                     : derivation::detail::running_statistics<double>(layer, unit.index, subject_.w);
  return std::min(1.0, 1.0 / s.inverse());
}

ProbedSlope Probe::a_by_seen(Unit unit) {
  const derivation::Activation& f = subject_.resolved.activations[unit.layer()];
  const std::vector<double>& y = pass_.layers[unit.layer()].y;
  const auto a_at = [&]<class T>(T amount) {
    std::vector<T> changed = as_numbers<T>(y);
    changed[unit.index] += amount;
    const T alone = changed[unit.index];
    if (f.kind != base::ActivationKind::softmax) return derivation::activate<T>(f, alone);
    derivation::activate_layer<T>(f, changed, changed);
    return changed[unit.index];
  };
  ProbedSlope slope;
  const double by_complex = a_at(Complex(0, kComplexStep)).imag() / kComplexStep;
  if (std::isfinite(by_complex)) slope.complex_step = by_complex;
  if (!on_two_sides(y[unit.index] - kStep, y[unit.index] + kStep, corners_of(f)))
    slope.central = (a_at(kStep) - a_at(-kStep)) / (2 * kStep);
  return slope;
}

ProbedSlope Probe::I_by_weight(const Link& link) {
  if (complex_w_.empty()) complex_w_ = as_numbers<Complex>(subject_.w);
  const auto I_at = [&]<class T>(std::vector<T>& w, T amount) {
    T I = number<T>(0.0);
    for (const Link& one : feeding(subject_, link.to)) {
      const double a = one.bias ? 1.0 : pass_.activations(one.from.source)[one.from.index];
      I += (w[one.position] + (one.position == link.position ? amount : T{})) * number<T>(a);
    }
    return I;
  };
  const double by_complex = I_at(complex_w_, Complex(0, kComplexStep)).imag() / kComplexStep;
  return {by_complex, (I_at(w_, kStep) - I_at(w_, -kStep)) / (2 * kStep)};
}

const ReferencePass<long double>& Probe::second_opinion() {
  if (!second_) {
    const std::vector<long double> w = as_numbers<long double>(subject_.w), x = as_numbers<long double>(subject_.x);
    second_ = derivation::reference_forward<long double>(subject_.graph, subject_.resolved, w, x);
  }
  return *second_;
}

double Probe::net_input(Unit unit) { return static_cast<double>(second_opinion().layers[unit.layer()].I[unit.index]); }

double Probe::E() {
  const auto& last = second_opinion().layers.back();
  const std::vector<long double> t = as_numbers<long double>(subject_.t);
  return static_cast<double>(
      derivation::loss<long double>(subject_.resolved.loss, subject_.resolved.activations.back(), last.y, last.a, t));
}

}  // namespace deltarule::explain
