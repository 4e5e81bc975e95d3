// The reference pass over a batch whose patterns meet in layers that are normalised by batches. Everything else is that
// of reference.hpp, pattern by pattern; without such layers the slopes are the sums of those of the patterns.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "derivation/reference.hpp"

namespace deltarule::derivation {

/// What a batch is: inputs [pattern][inputs], targets [pattern][outputs], and a weight for each pattern, or none.
template <class T>
struct ReferencePatterns {
  std::vector<std::vector<T>> x, t;
  std::vector<T> k = {};
  [[nodiscard]] T weight(std::size_t p) const { return k.empty() ? number<T>(1.0) : k[p]; }
};

/// A change made to one pattern in the middle of the forward pass.
template <class T>
struct BatchNudge {
  std::size_t pattern = 0;
  Nudge<T> nudge = {};
  [[nodiscard]] Nudge<T> of(std::size_t p) const { return p == pattern ? nudge : Nudge<T>{}; }
};

/// Per pattern: deltas, slopes and dE_dx are those of the whole batch's E, so that the weight of a pattern is in them.
template <class T>
struct ReferenceBatch {
  std::vector<ReferencePass<T>> patterns;
  T E{};                  // Σ_p k_p E_p
  std::vector<T> slopes;  // ∂E/∂w, canonical order
};

namespace detail {

/// One number of each pattern of a batch, for one unit.
template <class T, class Of>
std::vector<T> over_patterns(const ReferenceBatch<T>& batch, const Of& of) {
  std::vector<T> values;
  for (const ReferencePass<T>& pass : batch.patterns) values.push_back(of(pass));
  return values;
}

/// μ and σ² of one unit over the patterns of the batch.
template <class T>
Statistics<T> batch_statistics(const ReferenceBatch<T>& batch, std::size_t l, std::size_t unit, std::span<const T> k) {
  return statistics<T>(over_patterns(batch, [&](const auto& pass) { return pass.layers[l].I[unit]; }), k);
}

template <class T>
void normalise_batch(const base::Graph& graph, std::size_t l, std::span<const T> w, std::span<const T> k,
                     ReferenceBatch<T>& batch) {
  const base::Layer& layer = graph.layers()[l];
  if (layer.normalisation != base::Normalisation::batch) {
    for (ReferencePass<T>& pass : batch.patterns) normalise_alone(layer, w, pass.layers[l]);
    return;
  }
  for (ReferencePass<T>& pass : batch.patterns) {
    pass.layers[l].y = pass.layers[l].I;
    pass.layers[l].normal.resize(layer.units);
  }
  for (std::size_t j = 0; j < layer.units; ++j) {
    const Statistics<T> s = batch_statistics(batch, l, j, k);
    for (ReferencePass<T>& pass : batch.patterns) scale_unit(layer, j, w, s, pass.layers[l]);
  }
}

template <class T>
void denormalise_batch(const base::Graph& graph, std::size_t l, std::span<const T> w, std::span<const T> k,
                       ReferenceBatch<T>& batch) {
  const base::Layer& layer = graph.layers()[l];
  if (layer.normalisation != base::Normalisation::batch) {
    for (ReferencePass<T>& pass : batch.patterns) denormalise_alone(layer, w, pass.layers[l]);
    return;
  }
  for (ReferencePass<T>& pass : batch.patterns) pass.layers[l].delta.resize(layer.units);
  for (std::size_t j = 0; j < layer.units; ++j) {
    const T gain = gain_of(layer, j, w);
    const auto g = over_patterns(batch, [&](const auto& pass) { return gain * pass.layers[l].delta_y[j]; });
    const auto normal = over_patterns(batch, [&](const auto& pass) { return pass.layers[l].normal[j]; });
    const std::vector<T> deltas = normalised_deltas<T>(g, normal, batch_statistics(batch, l, j, k), k);
    for (std::size_t p = 0; p < deltas.size(); ++p) batch.patterns[p].layers[l].delta[j] = deltas[p];
  }
}

}  // namespace detail

/// (4), f, (8) and E for at least two patterns, by the statistics of the batch.
template <class T>
[[nodiscard]] ReferenceBatch<T> reference_batch_forward(const base::Graph& graph, const Resolved& resolved,
                                                        std::span<const T> w, const ReferencePatterns<T>& patterns,
                                                        const BatchNudge<T>& nudge = {}) {
  ReferenceBatch<T> batch;
  for (const std::vector<T>& x : patterns.x) batch.patterns.emplace_back().x = x;
  for (std::size_t l = 0; l < graph.layers().size(); ++l) {
    for (std::size_t p = 0; p < batch.patterns.size(); ++p) {
      ReferencePass<T>& pass = batch.patterns[p];
      pass.layers.push_back(detail::net_inputs(graph, l, w, pass));
      nudge.of(p).apply(Nudge<T>::What::net_input, l, pass.layers[l].I);
    }
    detail::normalise_batch<T>(graph, l, w, patterns.k, batch);
    for (std::size_t p = 0; p < batch.patterns.size(); ++p)
      detail::activate<T>(resolved.activations[l], l, nudge.of(p), {}, batch.patterns[p].layers[l]);
  }
  batch.E = number<T>(0.0);
  for (std::size_t p = 0; p < batch.patterns.size(); ++p) {
    const ReferenceLayer<T>& last = batch.patterns[p].layers.back();
    batch.E += patterns.weight(p) * loss<T>(resolved.loss, resolved.activations.back(), last.y, last.a, patterns.t[p]);
  }
  return batch;
}

/// All steps for a batch: deltas and slopes of Σ_p k_p E_p.
template <class T>
[[nodiscard]] ReferenceBatch<T> reference_batch(const base::Graph& graph, const Resolved& resolved,
                                                std::span<const T> w, const ReferencePatterns<T>& patterns) {
  ReferenceBatch<T> batch = reference_batch_forward(graph, resolved, w, patterns);
  for (std::size_t p = 0; p < batch.patterns.size(); ++p) {
    ReferenceLayer<T>& last = batch.patterns[p].layers.back();
    detail::output_slopes_and_deltas<T>(resolved, patterns.t[p], batch.patterns[p]);
    for (T& delta : last.delta_y) delta *= patterns.weight(p);
    for (T& slope : last.dE_da) slope *= patterns.weight(p);
  }
  for (std::size_t l = graph.layers().size(); l-- > 0;) {
    if (l + 1 < graph.layers().size())
      for (ReferencePass<T>& pass : batch.patterns) detail::hidden_deltas(graph, l, w, pass);
    detail::denormalise_batch<T>(graph, l, w, patterns.k, batch);
  }
  batch.slopes.assign(graph.weight_count(), number<T>(0.0));
  for (ReferencePass<T>& pass : batch.patterns) {
    pass.dE_dx = detail::slopes_from_above(graph, 0, w, pass);
    detail::weight_slopes(graph, pass);
    for (std::size_t i = 0; i < batch.slopes.size(); ++i) batch.slopes[i] += pass.slopes[i];
  }
  return batch;
}

}  // namespace deltarule::derivation
