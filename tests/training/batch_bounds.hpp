// The bounds of error_bounds.hpp for batches whose layers may be normalised: numbers that are normalised together (the
// units of a layer, the patterns of a batch) carry their errors into each other.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "derivation/reference_batch.hpp"
#include "error_bounds.hpp"

namespace deltarule::training::testing {

/// Numbers that are normalised together, and how far each may be off.
struct NormalisedSet {
  std::vector<double> I, error;  // errors of I
  std::vector<double> share;     // k / Σk
  double s = 1;                  // √(σ² + ε)
  double error_of_s = 0;         // relative
  std::vector<double> normal, error_of_normal;

  /// Î and its errors. Deviations are taken from one of the numbers, then from their mean.
  void normalise(double u) {
    const double n = static_cast<double>(I.size());
    double mean = 0, carried = 0, reach = 0, variance = 0;
    for (std::size_t p = 0; p < I.size(); ++p) {
      mean += share[p] * I[p];
      carried += share[p] * error[p];
      for (const double other : I) reach = std::max(reach, std::fabs(I[p] - other));
    }
    std::vector<double> d, error_of_d;
    double error_of_variance = 0;
    for (std::size_t p = 0; p < I.size(); ++p) {
      d.push_back(I[p] - mean);
      error_of_d.push_back(error[p] + carried + (n + 4) * u * reach);
      variance += share[p] * d[p] * d[p];
      error_of_variance += share[p] * std::fabs(d[p]) * 2 * error_of_d[p];
    }
    s = std::sqrt(variance + derivation::kNormalisationEpsilon);
    error_of_s = (error_of_variance + (n + 4) * u * variance) / (2 * s * s) + 3 * u;
    for (std::size_t p = 0; p < I.size(); ++p) {
      normal.push_back(d[p] / s);
      error_of_normal.push_back(error_of_d[p] / s + std::fabs(normal[p]) * (error_of_s + 2 * u));
    }
  }

  /// Errors of −∂E/∂I from g = −∂E/∂Î with its errors.
  [[nodiscard]] std::vector<double> back(const std::vector<double>& g, const std::vector<double>& error_of_g,
                                         double u) const {
    const double n = static_cast<double>(g.size());
    double sum = 0, product = 0, sizes = 0, product_sizes = 0, error_of_sum = 0, error_of_product = 0;
    for (std::size_t p = 0; p < g.size(); ++p) {
      sum += g[p];
      product += g[p] * normal[p];
      sizes += std::fabs(g[p]);
      product_sizes += std::fabs(g[p] * normal[p]);
      error_of_sum += error_of_g[p];
      error_of_product += error_of_g[p] * std::fabs(normal[p]) + std::fabs(g[p]) * error_of_normal[p];
    }
    error_of_sum += n * u * sizes;
    error_of_product += (n + 2) * u * product_sizes;
    std::vector<double> errors;
    for (std::size_t p = 0; p < g.size(); ++p) {
      const double N = std::fabs(normal[p]), whole = g[p] - share[p] * sum - share[p] * normal[p] * product;
      const double sizes_of_terms = std::fabs(g[p]) + share[p] * (std::fabs(sum) + N * std::fabs(product));
      errors.push_back((error_of_g[p] +
                        share[p] * (error_of_sum + N * error_of_product + error_of_normal[p] * std::fabs(product)) +
                        8 * u * sizes_of_terms) /
                           s +
                       std::fabs(whole) / s * (error_of_s + 2 * u));
    }
    return errors;
  }
};

/// Bounds for every pattern of a batch, weights of patterns included.
class BatchBounds : private ErrorBounds {
 public:
  BatchBounds(const base::Graph& graph, const derivation::Resolved& resolved, std::span<const double> w, double u,
              const derivation::ReferencePatterns<double>& patterns, const derivation::ReferenceBatch<double>& batch)
      : ErrorBounds(graph, resolved, w, u), patterns_(patterns), batch_(batch), all_(batch.patterns.size()) {
    for (std::size_t l = 0; l < graph_.layers().size(); ++l) forward_layer(l);
    for (std::size_t l = graph_.layers().size(); l-- > 0;) back_layer(l);
    for (std::size_t p = 0; p < all_.size(); ++p) finish(p);
  }
  [[nodiscard]] const std::vector<Bounds>& patterns() const { return all_; }
  /// The largest error of a normalised number: beyond a few per cent, first order is no bound.
  [[nodiscard]] double worst_normal() const { return worst_normal_; }

 private:
  using Unit = std::pair<std::size_t, std::size_t>;  // pattern, unit

  /// The sets of a layer: which numbers are normalised together.
  [[nodiscard]] std::vector<std::vector<Unit>> sets(std::size_t l) const {
    const base::Layer& layer = graph_.layers()[l];
    const bool by_units = layer.normalisation == base::Normalisation::layer;
    std::vector<std::vector<Unit>> sets(by_units ? all_.size() : layer.units);
    for (std::size_t p = 0; p < all_.size(); ++p)
      for (std::size_t j = 0; j < layer.units; ++j) sets[by_units ? p : j].push_back({p, j});
    return sets;
  }

  void forward_layer(std::size_t l) {
    const base::Layer& layer = graph_.layers()[l];
    for (std::size_t p = 0; p < all_.size(); ++p) {
      all_[p].I.push_back(net_inputs(batch_.patterns[p], l, all_[p]));
      all_[p].delta.resize(graph_.layers().size());
    }
    normalised_.emplace_back();
    if (layer.is_normalised())
      for (const auto& members : sets(l)) normalised_.back().push_back(normalise(l, members));
    for (std::size_t p = 0; p < all_.size(); ++p) {
      std::vector<double> a(layer.units);
      activations(batch_.patterns[p], l, all_[p].I[l], a);
      all_[p].a.push_back(a);
    }
  }

  NormalisedSet normalise(std::size_t l, const std::vector<Unit>& members) {
    const base::Layer& layer = graph_.layers()[l];
    NormalisedSet set;
    double weights = 0;
    for (const auto& [p, j] : members) weights += weight(layer, p);
    for (const auto& [p, j] : members) {
      set.I.push_back(batch_.patterns[p].layers[l].I[j]);
      set.error.push_back(all_[p].I[l][j]);
      set.share.push_back(weight(layer, p) / weights);
    }
    set.normalise(u_);
    for (std::size_t m = 0; m < members.size(); ++m) {
      const auto& [p, j] = members[m];
      const double gain = std::fabs(gain_of(layer, j)), bias = layer.bias ? std::fabs(w_[layer.first_bias + j]) : 0;
      all_[p].I[l][j] = gain * set.error_of_normal[m] + 2 * u_ * (gain * std::fabs(set.normal[m]) + bias);
      if (set.share[m] > 0) worst_normal_ = std::max(worst_normal_, set.error_of_normal[m]);
    }
    return set;
  }

  void back_layer(std::size_t l) {
    const bool output = l + 1 == graph_.layers().size();
    for (std::size_t p = 0; p < all_.size(); ++p) {
      if (output)
        outputs_of(p);
      else
        hidden(batch_.patterns[p], l, all_[p]);
      seen_.resize(all_.size());
      seen_[p].resize(graph_.layers().size());
      seen_[p][l] = all_[p].delta[l];
    }
    if (!graph_.layers()[l].is_normalised()) return;
    const auto members = sets(l);
    for (std::size_t k = 0; k < members.size(); ++k) back(l, members[k], normalised_[l][k]);
  }

  /// The losses know nothing of weights of patterns: by themselves, then times the weight.
  void outputs_of(std::size_t p) {
    const double k = patterns_.weight(p);
    Pass pass = batch_.patterns[p];
    auto& last = pass.layers.back();
    pass.E = 0;
    for (std::size_t j = 0; j < last.a.size(); ++j) {
      if (k != 0) last.delta_y[j] /= k;
      if (k != 0) last.dE_da[j] /= k;
    }
    outputs(pass, patterns_.t[p], all_[p]);
    all_[p].E = k * (all_[p].E + u_ * std::fabs(batch_.E));
    for (std::size_t j = 0; j < last.a.size(); ++j)
      all_[p].delta.back()[j] = k * (all_[p].delta.back()[j] + u_ * std::fabs(last.delta_y[j]));
  }

  void back(std::size_t l, const std::vector<Unit>& members, const NormalisedSet& set) {
    std::vector<double> g, error_of_g;
    for (const auto& [p, j] : members) {
      const double gain = gain_of(graph_.layers()[l], j);
      g.push_back(gain * batch_.patterns[p].layers[l].delta_y[j]);
      error_of_g.push_back(std::fabs(gain) * all_[p].delta[l][j] + u_ * std::fabs(g.back()));
    }
    const std::vector<double> errors = set.back(g, error_of_g, u_);
    for (std::size_t m = 0; m < members.size(); ++m) all_[members[m].first].delta[l][members[m].second] = errors[m];
  }

  void finish(std::size_t p) {
    slopes(batch_.patterns[p], all_[p]);
    for (std::size_t l = 0; l < graph_.layers().size(); ++l) {
      const base::Layer& layer = graph_.layers()[l];
      for (std::size_t j = 0; layer.is_normalised() && j < layer.units; ++j) {
        const double wrong = seen_[p][l][j], delta = std::fabs(batch_.patterns[p].layers[l].delta_y[j]);
        const double normal = std::fabs(batch_.patterns[p].layers[l].normal[j]);
        if (layer.bias) all_[p].slopes[layer.first_bias + j] = wrong + 2 * u_ * delta;
        all_[p].slopes[layer.row(base::ParameterKind::gains)->first + j] =
            normal * wrong + delta * error_of_normal(l, p, j) + 2 * u_ * delta * normal;
      }
    }
  }

  double error_of_normal(std::size_t l, std::size_t p, std::size_t j) const {
    const bool by_units = graph_.layers()[l].normalisation == base::Normalisation::layer;
    return by_units ? normalised_[l][p].error_of_normal[j] : normalised_[l][j].error_of_normal[p];
  }
  double weight(const base::Layer& layer, std::size_t p) const {
    return layer.normalisation == base::Normalisation::layer ? 1 : patterns_.weight(p);
  }
  double gain_of(const base::Layer& layer, std::size_t j) const {
    return w_[layer.row(base::ParameterKind::gains)->first + j];
  }

  const derivation::ReferencePatterns<double>& patterns_;
  const derivation::ReferenceBatch<double>& batch_;
  std::vector<Bounds> all_;
  std::vector<std::vector<NormalisedSet>> normalised_;       // [layer][set]
  std::vector<std::vector<std::vector<double>>> seen_ = {};  // [pattern][layer][unit]: errors of −∂E/∂y
  double worst_normal_ = 0;
};

}  // namespace deltarule::training::testing
