// The whole-network reference pass: steps (1) to (12) for one pattern, unit by unit, over any acyclic wiring and in any
// number type. The oracle that every faster pass is tested against, and the source of every explanation. Not fast:
// it gathers the connections of each unit into lists so that each line can be read beside its equation.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/graph.hpp"
#include "derivation/loss_functions.hpp"
#include "derivation/number.hpp"
#include "derivation/resolved.hpp"

namespace deltarule::derivation {

/// Everything that the derivation names in one layer. Each: [units].
template <class T>
struct ReferenceLayer {
  std::vector<T> I;        // (4)
  std::vector<T> a;        // f(I), times the unit's factor where there is one
  std::vector<T> f_prime;  // (8), with the unit's factor; for softmax the diagonal of the Jacobian
  std::vector<T> dE_da;    // (9) or (11)
  std::vector<T> delta;    // (10) or (12)
};

/// The result of the pass for one pattern.
template <class T>
struct ReferencePass {
  std::vector<T> x;                       // the inputs: activations of source 0
  std::vector<T> dE_dx;                   // (11) one layer further down; [inputs]
  std::vector<ReferenceLayer<T>> layers;  // [layers]
  T E{};                                  // (1); not set when the caller gives the output slopes
  std::vector<T> slopes;                  // ∂E/∂w, (3), canonical order; 0 at masked places; frozen biases included

  /// Activations of source s: the input for 0, else layer s.
  [[nodiscard]] const std::vector<T>& activations(std::size_t source) const {
    return source == 0 ? x : layers[source - 1].a;
  }
  [[nodiscard]] const std::vector<T>& outputs() const { return layers.back().a; }
};

/// A small change made to one unit in the middle of the forward pass: how a test takes ∂E/∂I and ∂E/∂a of inner units.
template <class T>
struct Nudge {
  enum class What { nothing, net_input, activation };
  What what = What::nothing;
  std::size_t layer = 0, unit = 0;
  T amount{};

  void apply(What now, std::size_t l, std::vector<T>& values) const {
    if (what == now && layer == l) values[unit] += amount;
  }
};

/// Factors of activations (dropout): a_j = m_j f(I_j). Per layer [units], or empty for a layer without; the outputs
/// have none. No layers at all: no factors.
template <class T>
using Factors = std::vector<std::vector<T>>;

namespace detail {

/// a_j = m_j f(I_j), and with it (8): ∂a_j/∂I_j = m_j f′(I_j).
template <class T>
void multiply_by_factors(const std::vector<T>& m, ReferenceLayer<T>& layer) {
  for (std::size_t j = 0; j < m.size(); ++j) {
    layer.a[j] *= m[j];
    layer.f_prime[j] *= m[j];
  }
}

/// The connections on one side of one unit: weights, and what stands at their other ends.
template <class T>
struct Ends {
  std::vector<T> w, other;
};

/// What feeds `unit` of layer `l`: each weight with the activation it carries. The bias is the last, with activation 1.
template <class T>
Ends<T> feeding(const base::Layer& layer, std::size_t unit, std::span<const T> w, const ReferencePass<T>& pass) {
  Ends<T> ends;
  for (const base::Block& block : layer.blocks)
    for (std::size_t i = 0; i < block.sending; ++i) {
      if (!block.connected(unit, i)) continue;
      ends.w.push_back(w[block.first_weight + unit * block.sending + i]);
      ends.other.push_back(pass.activations(block.source)[i]);
    }
  if (layer.bias) {
    ends.w.push_back(w[layer.first_bias + unit]);
    ends.other.push_back(number<T>(1.0));
  }
  return ends;
}

/// What unit `j` of source `source` feeds: each weight with the delta at its far end.
template <class T>
Ends<T> fed(const base::Graph& graph, std::size_t source, std::size_t j, std::span<const T> w,
            const ReferencePass<T>& pass) {
  Ends<T> ends;
  for (std::size_t l = source; l < graph.layers().size(); ++l)
    for (const base::Block& block : graph.layers()[l].blocks) {
      if (block.source != source) continue;
      for (std::size_t k = 0; k < graph.layers()[l].units; ++k) {
        if (!block.connected(k, j)) continue;
        ends.w.push_back(w[block.first_weight + k * block.sending + j]);
        ends.other.push_back(pass.layers[l].delta[k]);
      }
    }
  return ends;
}

/// (11) for every unit of a source.
template <class T>
std::vector<T> slopes_from_above(const base::Graph& graph, std::size_t source, std::span<const T> w,
                                 const ReferencePass<T>& pass) {
  std::vector<T> dE_da(graph.units_of(source));
  for (std::size_t j = 0; j < dE_da.size(); ++j) {
    const Ends<T> above = fed(graph, source, j, w, pass);
    dE_da[j] = equation_11_dE_da<T>(above.other, above.w);
  }
  return dE_da;
}

/// (11) and (12) for every hidden layer, last first, then (11) for the inputs. The output deltas are there already.
template <class T>
void propagate_back(const base::Graph& graph, std::span<const T> w, ReferencePass<T>& pass) {
  for (std::size_t l = graph.layers().size() - 1; l-- > 0;) {
    ReferenceLayer<T>& layer = pass.layers[l];
    layer.dE_da = slopes_from_above(graph, l + 1, w, pass);
    layer.delta.resize(layer.a.size());
    for (std::size_t j = 0; j < layer.a.size(); ++j) {
      const Ends<T> above = fed(graph, l + 1, j, w, pass);
      layer.delta[j] = equation_12_delta<T>(layer.f_prime[j], above.other, above.w);
    }
  }
  pass.dE_dx = slopes_from_above(graph, 0, w, pass);
}

/// (3) with (4) and (5) for every weight.
template <class T>
void weight_slopes(const base::Graph& graph, ReferencePass<T>& pass) {
  pass.slopes.assign(graph.weight_count(), number<T>(0.0));
  for (std::size_t l = 0; l < graph.layers().size(); ++l) {
    const base::Layer& layer = graph.layers()[l];
    for (std::size_t j = 0; j < layer.units; ++j) {
      const T dE_dI = equation_5_dE_dI(pass.layers[l].delta[j]);
      for (const base::Block& block : layer.blocks)
        for (std::size_t i = 0; i < block.sending; ++i)
          if (block.connected(j, i))
            pass.slopes[block.first_weight + j * block.sending + i] =
                equation_3_slope(dE_dI, equation_4_dI_dw(pass.activations(block.source)[i]));
      if (layer.bias) pass.slopes[layer.first_bias + j] = equation_3_slope(dE_dI, equation_4_dI_dw(number<T>(1.0)));
    }
  }
}

template <class T>
void backward(const base::Graph& graph, std::span<const T> w, ReferencePass<T>& pass) {
  propagate_back(graph, w, pass);
  weight_slopes(graph, pass);
}

}  // namespace detail

/// (4), f and (8), layer by layer. w: [graph.weight_count()] in canonical order, x: [inputs]. Masked weights are not
/// read. dE_da, delta, slopes and E of the result are empty.
template <class T>
[[nodiscard]] ReferencePass<T> reference_forward(const base::Graph& graph, const Resolved& resolved,
                                                 std::span<const T> w, std::span<const T> x, const Nudge<T>& nudge = {},
                                                 const Factors<T>& factors = {}) {
  ReferencePass<T> pass;
  pass.x.assign(x.begin(), x.end());
  for (std::size_t l = 0; l < graph.layers().size(); ++l) {
    const std::size_t units = graph.layers()[l].units;
    ReferenceLayer<T> layer{std::vector<T>(units), std::vector<T>(units), std::vector<T>(units), {}, {}};
    for (std::size_t j = 0; j < units; ++j) {
      const detail::Ends<T> below = detail::feeding(graph.layers()[l], j, w, pass);
      layer.I[j] = equation_4_net_input<T>(below.w, below.other);
    }
    nudge.apply(Nudge<T>::What::net_input, l, layer.I);
    activate_layer<T>(resolved.activations[l], layer.I, layer.a);
    derivative_layer<T>(resolved.activations[l], layer.I, layer.a, layer.f_prime);
    if (l < factors.size()) detail::multiply_by_factors(factors[l], layer);
    nudge.apply(Nudge<T>::What::activation, l, layer.a);
    pass.layers.push_back(std::move(layer));
  }
  return pass;
}

/// E of one pattern, forward only: (4), f, (1). t: [outputs].
template <class T>
[[nodiscard]] T reference_error(const base::Graph& graph, const Resolved& resolved, std::span<const T> w,
                                std::span<const T> x, std::span<const T> t, const Nudge<T>& nudge = {}) {
  const ReferencePass<T> pass = reference_forward(graph, resolved, w, x, nudge);
  return loss<T>(resolved.loss, resolved.activations.back(), pass.layers.back().I, pass.layers.back().a, t);
}

/// Steps (1) and (3) to (12) for one pattern, all with the weights w as they are. What follows from the slopes, (2) and
/// (6), is the caller's: w is not changed.
template <class T>
[[nodiscard]] ReferencePass<T> reference_pass(const base::Graph& graph, const Resolved& resolved, std::span<const T> w,
                                              std::span<const T> x, std::span<const T> t,
                                              const Factors<T>& factors = {}) {
  ReferencePass<T> pass = reference_forward(graph, resolved, w, x, {}, factors);
  const Activation& output = resolved.activations.back();
  ReferenceLayer<T>& last = pass.layers.back();
  pass.E = loss<T>(resolved.loss, output, last.I, last.a, t);
  last.dE_da.resize(last.a.size());
  last.delta.resize(last.a.size());
  loss_slopes<T>(resolved.loss, output, last.I, last.a, t, last.dE_da);
  output_deltas<T>(resolved.loss, output, last.I, last.a, t, last.delta);
  detail::backward(graph, w, pass);
  return pass;
}

/// The same with the caller's ∂E/∂a of the outputs in place of (9). output_slopes: [outputs]. E is not set.
template <class T>
[[nodiscard]] ReferencePass<T> reference_pass_from_slopes(const base::Graph& graph, const Resolved& resolved,
                                                          std::span<const T> w, std::span<const T> x,
                                                          std::span<const T> output_slopes) {
  ReferencePass<T> pass = reference_forward(graph, resolved, w, x);
  ReferenceLayer<T>& last = pass.layers.back();
  last.dE_da.assign(output_slopes.begin(), output_slopes.end());
  last.delta = last.dE_da;
  slopes_to_deltas<T>(resolved.activations.back(), last.I, last.a, last.delta);
  detail::backward(graph, w, pass);
  return pass;
}

}  // namespace deltarule::derivation
