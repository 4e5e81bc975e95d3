// The whole-network reference pass: steps (1) to (12) for one pattern, unit by unit, over any acyclic wiring and in any
// number type. The oracle that every faster pass is tested against, and the source of every explanation. Not fast:
// it gathers the connections of each unit into lists so that each line can be read beside its equation.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/graph.hpp"
#include "derivation/loss_functions.hpp"
#include "derivation/normalisation.hpp"
#include "derivation/number.hpp"
#include "derivation/resolved.hpp"

namespace deltarule::derivation {

/// Everything that the derivation names in one layer. Each: [units].
template <class T>
struct ReferenceLayer {
  std::vector<T> I;        // (4)
  std::vector<T> normal;   // Î of a normalised layer, else empty
  std::vector<T> y;        // what f sees: I, or γ Î + β
  std::vector<T> a;        // f(y), times the unit's factor where there is one
  std::vector<T> f_prime;  // (8), with the unit's factor; for softmax the diagonal of the Jacobian
  std::vector<T> dE_da;    // (9) or (11)
  std::vector<T> delta_y;  // (10) or (12): −∂E/∂y
  std::vector<T> delta;    // −∂E/∂I: the same, unless the layer is normalised
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
  enum class What { nothing, net_input, seen, activation };  // I, y, a
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

/// What feeds `unit` of layer `l`: each weight with the activation it carries. The bias is the last, with activation 1;
/// that of a normalised layer is no part of I.
template <class T>
Ends<T> feeding(const base::Layer& layer, std::size_t unit, std::span<const T> w, const ReferencePass<T>& pass) {
  Ends<T> ends;
  for (const base::Block& block : layer.blocks)
    for (std::size_t i = 0; i < block.sending; ++i) {
      if (!block.connected(unit, i)) continue;
      ends.w.push_back(w[block.first_weight + unit * block.sending + i]);
      ends.other.push_back(pass.activations(block.source)[i]);
    }
  if (layer.bias && !layer.is_normalised()) {
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

/// (11) and (12) for one hidden layer: −∂E/∂y.
template <class T>
void hidden_deltas(const base::Graph& graph, std::size_t l, std::span<const T> w, ReferencePass<T>& pass) {
  ReferenceLayer<T>& layer = pass.layers[l];
  layer.dE_da = slopes_from_above(graph, l + 1, w, pass);
  layer.delta_y.resize(layer.a.size());
  for (std::size_t j = 0; j < layer.a.size(); ++j) {
    const Ends<T> above = fed(graph, l + 1, j, w, pass);
    layer.delta_y[j] = equation_12_delta<T>(layer.f_prime[j], above.other, above.w);
  }
}

/// A number of a unit that the layer may have: its bias, gain, running mean or variance.
template <class T>
T number_of_unit(const base::Layer& layer, base::ParameterKind kind, std::size_t unit, std::span<const T> w) {
  const base::UnitRow* row = layer.row(kind);
  return row == nullptr ? number<T>(0.0) : w[row->first + unit];
}
template <class T>
T gain_of(const base::Layer& layer, std::size_t unit, std::span<const T> w) {
  return number_of_unit(layer, base::ParameterKind::gains, unit, w);
}
template <class T>
Statistics<T> running_statistics(const base::Layer& layer, std::size_t unit, std::span<const T> w) {
  return {number_of_unit(layer, base::ParameterKind::running_means, unit, w),
          number_of_unit(layer, base::ParameterKind::running_variances, unit, w)};
}

/// Î and y of one unit.
template <class T>
void scale_unit(const base::Layer& layer, std::size_t unit, std::span<const T> w, const Statistics<T>& s,
                ReferenceLayer<T>& pass) {
  pass.normal[unit] = normal(pass.I[unit], s);
  pass.y[unit] =
      scaled(pass.normal[unit], gain_of(layer, unit, w), number_of_unit(layer, base::ParameterKind::biases, unit, w));
}

/// From I to y for one pattern by itself: by the units of the layer, or by running statistics.
template <class T>
void normalise_alone(const base::Layer& layer, std::span<const T> w, ReferenceLayer<T>& pass) {
  pass.y = pass.I;
  if (!layer.is_normalised()) return;
  pass.normal.resize(layer.units);
  const bool by_units = layer.normalisation == base::Normalisation::layer;
  const Statistics<T> own = statistics<T>(pass.I);
  for (std::size_t j = 0; j < layer.units; ++j)
    scale_unit(layer, j, w, by_units ? own : running_statistics(layer, j, w), pass);
}

/// The way back: from −∂E/∂y to −∂E/∂I.
template <class T>
void denormalise_alone(const base::Layer& layer, std::span<const T> w, ReferenceLayer<T>& pass) {
  pass.delta = pass.delta_y;
  if (!layer.is_normalised()) return;
  for (std::size_t j = 0; j < layer.units; ++j) pass.delta[j] *= gain_of(layer, j, w);  // −∂E/∂Î
  if (layer.normalisation == base::Normalisation::layer) {
    pass.delta = normalised_deltas<T>(pass.delta, pass.normal, statistics<T>(pass.I));
    return;
  }
  for (std::size_t j = 0; j < layer.units; ++j)
    pass.delta[j] = held_delta(pass.delta[j], running_statistics(layer, j, w));
}

/// (11) and (12) for every hidden layer, last first, then (11) for the inputs. The output deltas are there already.
template <class T>
void propagate_back(const base::Graph& graph, std::span<const T> w, ReferencePass<T>& pass) {
  const std::size_t last = graph.layers().size() - 1;
  denormalise_alone(graph.layers()[last], w, pass.layers[last]);
  for (std::size_t l = last; l-- > 0;) {
    hidden_deltas(graph, l, w, pass);
    denormalise_alone(graph.layers()[l], w, pass.layers[l]);
  }
  pass.dE_dx = slopes_from_above(graph, 0, w, pass);
}

/// (3) with (4) and (5) for every weight, and the slopes of gains. Running statistics have none.
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
      const T delta_y = pass.layers[l].delta_y[j];
      if (layer.bias)
        pass.slopes[layer.first_bias + j] =
            equation_3_slope(equation_5_dE_dI(delta_y), equation_4_dI_dw(number<T>(1.0)));
      if (layer.is_normalised())
        pass.slopes[layer.row(base::ParameterKind::gains)->first + j] = gain_slope(delta_y, pass.layers[l].normal[j]);
    }
  }
}

template <class T>
void backward(const base::Graph& graph, std::span<const T> w, ReferencePass<T>& pass) {
  propagate_back(graph, w, pass);
  weight_slopes(graph, pass);
}

/// (4) for one layer.
template <class T>
ReferenceLayer<T> net_inputs(const base::Graph& graph, std::size_t l, std::span<const T> w,
                             const ReferencePass<T>& pass) {
  const base::Layer& layer = graph.layers()[l];
  ReferenceLayer<T> made;
  for (std::size_t j = 0; j < layer.units; ++j) {
    const Ends<T> below = feeding(layer, j, w, pass);
    made.I.push_back(equation_4_net_input<T>(below.w, below.other));
  }
  return made;
}

/// f and (8) for one layer whose y is there, with the factors of its activations, if any.
template <class T>
void activate(const Activation& f, std::size_t l, const Nudge<T>& nudge, const std::vector<T>& factors,
              ReferenceLayer<T>& layer) {
  layer.a.resize(layer.y.size());
  layer.f_prime.resize(layer.y.size());
  nudge.apply(Nudge<T>::What::seen, l, layer.y);
  activate_layer<T>(f, layer.y, layer.a);
  derivative_layer<T>(f, layer.y, layer.a, layer.f_prime);
  multiply_by_factors(factors, layer);
  nudge.apply(Nudge<T>::What::activation, l, layer.a);
}

/// (1), (9) and (10).
template <class T>
void output_slopes_and_deltas(const Resolved& resolved, std::span<const T> t, ReferencePass<T>& pass) {
  const Activation& output = resolved.activations.back();
  ReferenceLayer<T>& last = pass.layers.back();
  pass.E = loss<T>(resolved.loss, output, last.y, last.a, t);
  last.dE_da.resize(last.a.size());
  last.delta_y.resize(last.a.size());
  loss_slopes<T>(resolved.loss, output, last.y, last.a, t, last.dE_da);
  output_deltas<T>(resolved.loss, output, last.y, last.a, t, last.delta_y);
}

}  // namespace detail

/// (4), f and (8) for the layers that the pass does not have yet, by the activations of those that it has.
template <class T>
void continue_forward(const base::Graph& graph, const Resolved& resolved, std::span<const T> w, ReferencePass<T>& pass,
                      const Nudge<T>& nudge = {}, const Factors<T>& factors = {}) {
  for (std::size_t l = pass.layers.size(); l < graph.layers().size(); ++l) {
    ReferenceLayer<T> layer = detail::net_inputs(graph, l, w, pass);
    nudge.apply(Nudge<T>::What::net_input, l, layer.I);
    detail::normalise_alone(graph.layers()[l], w, layer);
    detail::activate(resolved.activations[l], l, nudge, l < factors.size() ? factors[l] : std::vector<T>(), layer);
    pass.layers.push_back(std::move(layer));
  }
}

/// (4), f and (8), layer by layer; layers that are normalised by batches go by their running statistics. w:
/// [graph.weight_count()] in canonical order, x: [inputs]. Masked weights are not read. dE_da, the deltas, slopes and E
/// of the result are empty.
template <class T>
[[nodiscard]] ReferencePass<T> reference_forward(const base::Graph& graph, const Resolved& resolved,
                                                 std::span<const T> w, std::span<const T> x, const Nudge<T>& nudge = {},
                                                 const Factors<T>& factors = {}) {
  ReferencePass<T> pass;
  pass.x.assign(x.begin(), x.end());
  continue_forward(graph, resolved, w, pass, nudge, factors);
  return pass;
}

/// E of one pattern, forward only: (4), f, (1). t: [outputs].
template <class T>
[[nodiscard]] T reference_error(const base::Graph& graph, const Resolved& resolved, std::span<const T> w,
                                std::span<const T> x, std::span<const T> t, const Nudge<T>& nudge = {}) {
  const ReferencePass<T> pass = reference_forward(graph, resolved, w, x, nudge);
  return loss<T>(resolved.loss, resolved.activations.back(), pass.layers.back().y, pass.layers.back().a, t);
}

/// Steps (1) and (3) to (12) for one pattern, all with the weights w as they are. What follows from the slopes, (2) and
/// (6), is the caller's: w is not changed.
template <class T>
[[nodiscard]] ReferencePass<T> reference_pass(const base::Graph& graph, const Resolved& resolved, std::span<const T> w,
                                              std::span<const T> x, std::span<const T> t,
                                              const Factors<T>& factors = {}) {
  ReferencePass<T> pass = reference_forward(graph, resolved, w, x, {}, factors);
  detail::output_slopes_and_deltas(resolved, t, pass);
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
  last.delta_y = last.dE_da;
  slopes_to_deltas<T>(resolved.activations.back(), last.y, last.a, last.delta_y);
  detail::backward(graph, w, pass);
  return pass;
}

}  // namespace deltarule::derivation
