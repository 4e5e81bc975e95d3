// How far a pass in arithmetic of precision u may be from the derivation's: a first-order bound on every number of the
// pass, carried through the same equations as the number itself. `u` is epsilon of the engine's type; the sums'
// lengths, the weights and the slopes of the activations are the network's own. Twice the bound covers what is of
// second order.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <vector>

#include "base/math.hpp"
#include "derivation/reference.hpp"

namespace deltarule::training::testing {

/// The largest |f″| of the built-in activations (softsign and gaussian at 0), and errors of the elementary functions in
/// units of u: at most four of them in a row.
inline constexpr double kSecondDerivative = 2.0;
inline constexpr double kFunctionError = 4 * base::kMathUlp;

/// For what is of second order in u, and for the rounding of the oracle itself.
inline constexpr double kSafety = 2.0;

/// How near numbers came to their bounds.
struct Misses {
  std::size_t numbers = 0;
  double worst = 0;
  void compare(double got, double expected, double bound, const char* what) {
    ++numbers;
    const double fraction = std::fabs(got - expected) / (kSafety * bound + std::numeric_limits<double>::min());
    EXPECT_LE(fraction, 1.0) << what << ": got " << got << ", expected " << expected << ", bound " << bound;
    worst = std::max(worst, std::isnan(fraction) ? std::numeric_limits<double>::infinity() : fraction);
  }
};

template <class T>
std::vector<double> in_double(std::span<const T> values) {
  return {values.begin(), values.end()};
}

struct Bounds {
  std::vector<std::vector<double>> I, a, delta;  // [layer][unit]; I: of what f sees
  std::vector<double> slopes;                    // canonical
  double E = 0;
};

class ErrorBounds {
 public:
  using Pass = derivation::ReferencePass<double>;

  /// `largest_factor`: the largest size of a factor of an activation, or 1.
  ErrorBounds(const base::Graph& graph, const derivation::Resolved& resolved, std::span<const double> w, double u,
              double largest_factor = 1)
      : graph_(graph), resolved_(resolved), w_(w), u_(u), largest_factor_(largest_factor) {}

  Bounds of(const Pass& pass, std::span<const double> t) const {
    Bounds bounds;
    forward(pass, bounds);
    outputs(pass, t, bounds);
    for (std::size_t l = graph_.layers().size() - 1; l-- > 0;) hidden(pass, l, bounds);
    slopes(pass, bounds);
    return bounds;
  }

 protected:
  double error_of(const Bounds& bounds, std::size_t source, std::size_t unit) const {
    return source == 0 ? 0.0 : bounds.a[source - 1][unit];
  }

  void forward(const Pass& pass, Bounds& bounds) const {
    for (std::size_t l = 0; l < graph_.layers().size(); ++l) {
      const std::vector<double> I = net_inputs(pass, l, bounds);
      std::vector<double> a(I.size());
      activations(pass, l, I, a);
      bounds.I.push_back(I);
      bounds.a.push_back(a);
    }
  }

  std::vector<double> net_inputs(const Pass& pass, std::size_t l, const Bounds& bounds) const {
    const base::Layer& layer = graph_.layers()[l];
    std::vector<double> I(layer.units);
    for (std::size_t j = 0; j < layer.units; ++j) {
      const bool starts_at_bias = layer.bias && !layer.is_normalised();
      double size = starts_at_bias ? std::fabs(w_[layer.first_bias + j]) : 0, carried = 0, terms = 2;
      for (const base::Block& block : layer.blocks)
        for (std::size_t i = 0; i < block.sending; ++i) {
          if (!block.connected(j, i)) continue;
          const double w = std::fabs(w_[block.first_weight + j * block.sending + i]);
          size += w * std::fabs(pass.activations(block.source)[i]);
          carried += w * error_of(bounds, block.source, i);
          terms += 1;
        }
      I[j] = carried + terms * u_ * size;
    }
    return I;
  }

  void activations(const Pass& pass, std::size_t l, const std::vector<double>& I, std::vector<double>& a) const {
    const auto& layer = pass.layers[l];
    if (resolved_.activations[l].kind == base::ActivationKind::softmax) {
      const double worst = *std::max_element(I.begin(), I.end());
      const double own = (static_cast<double>(a.size()) + kFunctionError) * u_;
      for (std::size_t j = 0; j < a.size(); ++j) a[j] = layer.a[j] * (2 * worst + own) + u_;
      return;
    }
    for (std::size_t j = 0; j < a.size(); ++j)
      a[j] = std::fabs(layer.f_prime[j]) * I[j] + kFunctionError * u_ * (std::fabs(layer.a[j]) + largest_factor_);
  }

  double slope_error(const Pass& pass, const Bounds& bounds, std::size_t l, std::size_t j) const {
    const double I = std::fabs(pass.layers[l].y[j]);
    const bool is_exp = resolved_.activations[l].kind == base::ActivationKind::exp;  // f″ = f′, without a bound
    const double second = is_exp ? std::fabs(pass.layers[l].f_prime[j]) : kSecondDerivative;
    return largest_factor_ * second * bounds.I[l][j] +
           kFunctionError * u_ * (largest_factor_ * (1 + I) + std::fabs(pass.layers[l].f_prime[j]));
  }

  void outputs(const Pass& pass, std::span<const double> t, Bounds& bounds) const {
    const std::size_t last = graph_.layers().size() - 1;
    const auto& layer = pass.layers[last];
    const double n = static_cast<double>(layer.a.size());
    std::vector<double> delta(layer.a.size());
    const bool group = resolved_.activations[last].kind == base::ActivationKind::softmax;
    double size = 0, targets = 1, worst_a = 0, worst_slope = 0;
    for (std::size_t j = 0; j < delta.size(); ++j) {
      size = std::max(size, std::fabs(layer.dE_da[j]));
      targets += std::fabs(t[j]);
      worst_a = std::max(worst_a, bounds.a[last][j]);
    }
    worst_slope = 2 * worst_a + 4 * u_ * (size + targets);
    for (std::size_t j = 0; j < delta.size(); ++j) {
      const double a = bounds.a[last][j];
      const double mean = std::fabs(layer.a[j]);
      if (resolved_.loss.kind == base::LossKind::gamma_deviance)  // t/a − 1
        delta[j] = std::fabs(t[j]) / (mean * mean) * a + 4 * u_ * (1 + std::fabs(t[j]) / mean);
      else if (derivation::is_from_net_inputs(resolved_.loss))
        delta[j] = targets * (a + 4 * u_);
      else if (group)
        delta[j] = a * 2 * size + layer.a[j] * (2 * worst_slope + n * size * worst_a) + (n + 8) * u_ * size;
      else
        delta[j] = std::fabs(layer.f_prime[j]) * worst_slope +
                   std::fabs(layer.dE_da[j]) * slope_error(pass, bounds, last, j) +
                   2 * u_ * std::fabs(layer.delta_y[j]);
    }
    for (std::size_t j = 0; j < delta.size(); ++j)
      bounds.E +=
          (std::fabs(layer.delta_y[j]) + targets + 1) * bounds.I[last][j] +
          (std::fabs(layer.dE_da[j]) * (derivation::is_from_net_inputs(resolved_.loss) ? 0 : 1) + 1) *
              bounds.a[last][j] +
          (n + kFunctionError) * u_ * (targets + std::fabs(pass.E) + std::fabs(layer.a[j]) + std::fabs(layer.y[j]));
    bounds.delta.resize(graph_.layers().size());
    bounds.delta[last] = delta;
  }

  void hidden(const Pass& pass, std::size_t l, Bounds& bounds) const {
    const auto& layer = pass.layers[l];
    std::vector<double> delta(layer.a.size());
    for (std::size_t j = 0; j < delta.size(); ++j) {
      double size = 0, carried = 0, terms = 12;
      for (std::size_t above = l + 1; above < graph_.layers().size(); ++above)
        for (const base::Block& block : graph_.layers()[above].blocks)
          for (std::size_t k = 0; block.source == l + 1 && k < graph_.layers()[above].units; ++k) {
            if (!block.connected(k, j)) continue;
            const double w = std::fabs(w_[block.first_weight + k * block.sending + j]);
            size += w * std::fabs(pass.layers[above].delta[k]);
            carried += w * bounds.delta[above][k];
            terms += 1;
          }
      const double sum = carried + terms * u_ * size;
      delta[j] = std::fabs(layer.f_prime[j]) * sum + size * slope_error(pass, bounds, l, j) +
                 2 * u_ * std::fabs(layer.delta_y[j]);
    }
    bounds.delta[l] = delta;
  }

  void slopes(const Pass& pass, Bounds& bounds) const {
    bounds.slopes.assign(graph_.weight_count(), 0.0);
    for (std::size_t l = 0; l < graph_.layers().size(); ++l) {
      const base::Layer& layer = graph_.layers()[l];
      for (std::size_t j = 0; j < layer.units; ++j) {
        const double delta = std::fabs(pass.layers[l].delta[j]), wrong = bounds.delta[l][j];
        for (const base::Block& block : layer.blocks)
          for (std::size_t i = 0; i < block.sending; ++i) {
            const double a = std::fabs(pass.activations(block.source)[i]);
            bounds.slopes[block.first_weight + j * block.sending + i] =
                a * wrong + delta * error_of(bounds, block.source, i) + 2 * u_ * delta * a;
          }
        if (layer.bias) bounds.slopes[layer.first_bias + j] = wrong + 2 * u_ * delta;
      }
    }
  }

  const base::Graph& graph_;
  const derivation::Resolved& resolved_;
  std::span<const double> w_;
  double u_;
  double largest_factor_;
};

/// True when some net input or output is so near a kink that rounding decides on which side it falls.
inline bool near_a_kink(const derivation::Resolved& resolved, const derivation::ReferencePass<double>& pass,
                        const Bounds& bounds, std::span<const double> t) {
  using enum base::ActivationKind;
  for (std::size_t l = 0; l < pass.layers.size(); ++l) {
    const auto kind = resolved.activations[l].kind;
    const bool at_zero = kind == relu || kind == leaky_relu || kind == elu || kind == selu;
    for (std::size_t j = 0; j < pass.layers[l].y.size(); ++j) {
      const double I = std::fabs(pass.layers[l].y[j]), reach = 4 * bounds.I[l][j];
      if ((at_zero && I <= reach) || (kind == hard_tanh && std::fabs(I - 1) <= reach)) return true;
    }
  }
  const auto& last = pass.layers.back();
  for (std::size_t j = 0; j < last.a.size(); ++j)
    if ((resolved.loss.kind == base::LossKind::absolute_error || resolved.loss.kind == base::LossKind::pinball) &&
        std::fabs(last.a[j] - t[j]) <= 4 * bounds.a.back()[j])
      return true;
  return false;
}

}  // namespace deltarule::training::testing
