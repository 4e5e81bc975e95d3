#include "network/passes.hpp"

#include <algorithm>
#include <cmath>

#include "base/math.hpp"
#include "derivation/activation_functions.hpp"
#include "derivation/loss_functions.hpp"
#include "kernels/kernels.hpp"
#include "network/normalise.hpp"
#include "network/targets.hpp"

namespace deltarule::network {
namespace {

using base::ActivationKind;
using base::kPanel;
using base::LossKind;
using base::Panels;

template <class T>
alignas(base::kAlignment) constexpr T kZeros[kPanel<T>] = {};

// ---- activations ----

/// a = f(I) for one panel of a layer whose units answer for themselves.
template <class T>
void activate_panel(const derivation::Activation& f, const Panels<T>& net, const Panels<T>& a, std::size_t p) {
  if (f.kind == ActivationKind::softmax) return;  // needs the whole row
  if (f.kind != ActivationKind::custom)
    return kernels::kernels<T>().activate(f.kind, static_cast<T>(f.parameter), net.panel(p), a.panel(p),
                                          net.rows * net.width(p));
  for (std::size_t r = 0; r < net.rows; ++r)
    for (std::size_t u = 0; u < net.units_in(p); ++u)
      a.panel(p)[r * a.width(p) + u] = static_cast<T>(derivation::activate(f, net.panel(p)[r * net.width(p) + u]));
}

/// (8): values *= f′(I) for one panel.
template <class T>
void multiply_derivative(const derivation::Activation& f, const Panels<T>& net, const Panels<T>& a,
                         const Panels<T>& values, std::size_t p) {
  if (f.kind != ActivationKind::custom)
    return kernels::kernels<T>().multiply_derivative(f.kind, static_cast<T>(f.parameter), net.panel(p), a.panel(p),
                                                     values.panel(p), net.rows * net.width(p));
  for (std::size_t r = 0; r < net.rows; ++r)
    for (std::size_t u = 0; u < net.units_in(p); ++u) {
      const std::size_t at = r * net.width(p) + u;
      values.panel(p)[at] *= static_cast<T>(derivation::derivative(f, net.panel(p)[at]));
    }
}

/// a *= m for one panel, and m f′(I) for the way back, taken before a changes: f′ may follow from it.
template <class T>
void mask_panel(const derivation::Activation& f, const Panels<T>& mask, const Panels<T>& net, const Panels<T>& a,
                const Panels<T>& slopes, std::size_t p) {
  const std::size_t n = net.rows * net.width(p);
  std::copy_n(mask.panel(p), n, slopes.panel(p));
  multiply_derivative(f, net, a, slopes, p);
  kernels::kernels<T>().multiply(mask.panel(p), a.panel(p), n);
}

template <class T>
void copy_row(const Panels<T>& from, std::size_t row, T* to) {
  for (std::size_t p = 0; p < from.count(); ++p, to += kPanel<T>)
    std::copy_n(from.panel(p) + row * from.width(p), from.units_in(p), to);
}
template <class T>
void copy_row_back(const T* from, const Panels<T>& to, std::size_t row) {
  for (std::size_t p = 0; p < to.count(); ++p, from += kPanel<T>)
    std::copy_n(from, to.units_in(p), to.panel(p) + row * to.width(p));
}

/// Softmax of the outputs, row by row; leaves largest net input and sum of exponentials for the loss.
template <class T>
void softmax_rows(Workspace<T>& workspace, std::size_t layer, RowRange rows) {
  const Panels<T> net = workspace.net(layer), a = workspace.activations(layer);
  if (net.count() == 1) {
    kernels::SoftmaxSum<T> sums[kChunk];
    const Panels<T> from = net.slice(rows.first, rows.count), to = a.slice(rows.first, rows.count);
    kernels::kernels<T>().softmax_panel(from.panel(0), from.width(0), from.units, rows.count, to.panel(0), sums);
    for (std::size_t r = 0; r < rows.count; ++r) {
      workspace.scratch(rows.first + r)[0] = static_cast<double>(sums[r].largest);
      workspace.scratch(rows.first + r)[1] = static_cast<double>(sums[r].sum);
    }
    return;
  }
  for (std::size_t r = rows.first; r < rows.first + rows.count; ++r) {
    T* const row = workspace.output_row(r);
    copy_row(net, r, row);
    const kernels::SoftmaxSum<T> sum = kernels::kernels<T>().softmax(row, row, net.units);
    copy_row_back(row, a, r);
    workspace.scratch(r)[0] = static_cast<double>(sum.largest);
    workspace.scratch(r)[1] = static_cast<double>(sum.sum);
  }
}

// ---- the loss and the deltas of the outputs ----

/// One row of outputs with its targets in double, where losses are computed whatever T is.
struct OutputRow {
  std::span<double> net, a, t, slopes;
};

template <class T>
void widen(const Panels<T>& from, std::size_t row, double* to) {
  for (std::size_t u = 0; u < from.units; ++u) to[u] = static_cast<double>(from(row, u));
}

template <class T>
OutputRow output_row(Workspace<T>& workspace, std::size_t layer, std::size_t row) {
  const Panels<T> net = workspace.net(layer);
  const std::size_t n = net.units;
  double* to = workspace.scratch(row);
  widen(net, row, to);
  widen(workspace.outputs(), row, to + n);
  widen(workspace.targets(), row, to + 2 * n);
  return {{to, n}, {to + n, n}, {to + 2 * n, n}, {to + 3 * n, n}};
}

/// By the kernel that learns from it, so that evaluating and learning see the same E; panels one after the other.
template <class T>
double half_squared_error(const Panels<T>& a, const Panels<T>& t, std::size_t row) {
  double sum = 0;
  T unused[kPanel<T>];
  for (std::size_t p = 0; p < a.count(); ++p)
    kernels::kernels<T>().squared_errors(t.panel(p) + row * t.width(p), a.panel(p) + row * a.width(p), a.width(p),
                                         a.units_in(p), 1, unused, &sum);
  return 0.5 * sum;
}

/// −Σ t ln a = Σ t (ln Σ e^I − I) of units side by side, added to E. No branch: which class it is cannot be predicted.
template <class T>
void add_cross_entropy(const T* net, const T* t, std::size_t units, double largest, double log_sum, double& E) {
  for (std::size_t u = 0; u < units; ++u) {
    const double target = static_cast<double>(t[u]);
    const double part = target * (log_sum + (largest - static_cast<double>(net[u])));
    E += target != 0 ? part : 0.0;  // 0 times an infinite logarithm is still no error
  }
}

/// The same for a row, from what softmax_rows() left in the scratch.
template <class T>
double softmax_cross_entropy(Workspace<T>& workspace, const Panels<T>& net, const Panels<T>& t, std::size_t row) {
  const double largest = workspace.scratch(row)[0], log_sum = base::log(workspace.scratch(row)[1]);
  double E = 0;
  for (std::size_t p = 0; p < net.count(); ++p)
    add_cross_entropy(net.panel(p) + row * net.width(p), t.panel(p) + row * t.width(p), net.units_in(p), largest,
                      log_sum, E);
  return E;
}

template <class T>
double loss_from_pass(const Network<T>& network, Workspace<T>& workspace, std::size_t row) {
  const std::size_t last = network.graph().layers().size() - 1;
  switch (network.loss().kind) {
    case LossKind::half_squared_error:
      return half_squared_error(workspace.outputs(), workspace.targets(), row);
    case LossKind::softmax_cross_entropy:
      return softmax_cross_entropy(workspace, workspace.net(last), workspace.targets(), row);
    default: {
      const OutputRow out = output_row(workspace, last, row);
      return derivation::loss<double>(network.loss(), network.activation(last), out.net, out.a, out.t);
    }
  }
}

/// (7): the slopes ∂E/∂a of one row of outputs in `slopes` become deltas, in the workspace.
template <class T>
void slopes_to_deltas(const Network<T>& network, Workspace<T>& workspace, std::size_t row, T* slopes) {
  const std::size_t last = network.graph().layers().size() - 1;
  const derivation::Activation& f = network.activation(last);
  const Panels<T> a = workspace.activations(last).slice(row, 1), delta = workspace.deltas(last).slice(row, 1);
  if (f.kind == ActivationKind::softmax) {
    T* const activations = workspace.output_row(row);
    copy_row(a, 0, activations);
    derivation::Softmax::apply_jacobian<T>(std::span<const T>(activations, a.units), std::span<T>(slopes, a.units));
  }
  for (std::size_t u = 0; u < a.units; ++u) slopes[u] = -slopes[u];
  copy_row_back(slopes, delta, 0);
  if (f.kind == ActivationKind::softmax) return;
  for (std::size_t p = 0; p < a.count(); ++p) multiply_derivative(f, workspace.net(last).slice(row, 1), a, delta, p);
}

/// (9) and (10), or t − a where the loss has it, for one row and any loss.
template <class T>
void output_deltas_of_row(const Network<T>& network, Workspace<T>& workspace, std::size_t row) {
  const std::size_t last = network.graph().layers().size() - 1;
  const derivation::Activation& f = network.activation(last);
  const OutputRow out = output_row(workspace, last, row);
  const bool has_deltas = derivation::is_from_net_inputs(network.loss());
  if (has_deltas) {
    derivation::output_deltas<double>(network.loss(), f, out.net, out.a, out.t, out.slopes);
  } else {
    derivation::loss_slopes<double>(network.loss(), f, out.net, out.a, out.t, out.slopes);
  }
  T* const slopes = workspace.slope_row(row);
  for (std::size_t u = 0; u < out.slopes.size(); ++u) slopes[u] = static_cast<T>(out.slopes[u]);
  if (has_deltas) {
    copy_row_back(slopes, workspace.deltas(last), row);
  } else {
    slopes_to_deltas(network, workspace, row, slopes);
  }
}

/// The same for softmax and cross-entropy of few outputs.
template <class T>
void softmax_deltas(Workspace<T>& workspace, std::size_t last, RowRange rows) {
  const Panels<T> net = workspace.net(last), t = workspace.targets();
  double sums[kChunk];
  for (std::size_t r = 0; r < rows.count; ++r) {
    workspace.loss(rows.first + r) = softmax_cross_entropy(workspace, net, t, rows.first + r);
    const T* const targets = t.panel(0) + (rows.first + r) * t.width(0);
    double sum = 0;
    for (std::size_t u = 0; u < t.units; ++u) sum += static_cast<double>(targets[u]);
    sums[r] = sum;
  }
  const auto of = [&](const Panels<T>& all) { return all.slice(rows.first, rows.count).panel(0); };
  kernels::kernels<T>().softmax_deltas(of(t), of(workspace.outputs()), sums, t.width(0), t.units, rows.count,
                                       of(workspace.deltas(last)));
}

/// E_p, (9) and (10) for all rows.
template <class T>
void output_deltas(const Network<T>& network, Workspace<T>& workspace, RowRange rows) {
  const std::size_t last = network.graph().layers().size() - 1;
  const derivation::Activation& f = network.activation(last);
  const std::size_t end = rows.first + rows.count;
  if (network.loss().kind == LossKind::softmax_cross_entropy && workspace.outputs().count() == 1)
    return softmax_deltas(workspace, last, rows);
  if (network.loss().kind != LossKind::half_squared_error || f.kind == ActivationKind::softmax) {
    for (std::size_t r = rows.first; r < end; ++r) {
      workspace.loss(r) = loss_from_pass(network, workspace, r);
      output_deltas_of_row(network, workspace, r);
    }
    return;
  }
  const auto of = [&](const Panels<T>& all) { return all.slice(rows.first, rows.count); };
  const Panels<T> a = of(workspace.outputs()), t = of(workspace.targets()), delta = of(workspace.deltas(last));
  double* const losses = &workspace.loss(rows.first);
  std::fill_n(losses, rows.count, 0.0);
  for (std::size_t p = 0; p < a.count(); ++p) {
    kernels::kernels<T>().squared_errors(t.panel(p), a.panel(p), a.width(p), a.units_in(p), rows.count, delta.panel(p),
                                         losses);
    multiply_derivative(f, of(workspace.net(last)), a, delta, p);
  }
  for (std::size_t r = 0; r < rows.count; ++r) losses[r] *= 0.5;
}

// ---- the way back ----

/// Units whose weights are transposed at a time: 32 KB, the size of a first-level cache.
constexpr std::size_t kTransposed = 256;

/// (11) for one panel of a source: sums[r][j] = Σ_k δ_k w_jk over every layer that it feeds, last first.
template <class T>
void sum_deltas_above(const Network<T>& network, Workspace<T>& workspace, std::size_t source, RowRange rows,
                      const Panels<T>& sums, std::size_t p) {
  const auto& kernels = kernels::kernels<T>();
  const std::size_t width = sums.width(p), units = sums.units_in(p);
  alignas(base::kAlignment) T transposed[kTransposed * kPanel<T>];
  bool begun = false;
  for (std::size_t l = network.graph().layers().size(); l-- > source;) {
    const auto& blocks = network.graph().layers()[l].blocks;
    const auto block = std::find_if(blocks.begin(), blocks.end(), [&](const auto& b) { return b.source == source; });
    if (block == blocks.end()) continue;
    const View& view = network.block_view(l, static_cast<std::size_t>(block - blocks.begin()));
    const Panels<const T> w = view.in(network.parameters().data()).slice(p * kPanel<T>, units);
    const Panels<const T> delta = workspace.deltas(l).slice(rows.first, rows.count);
    for (std::size_t k = 0; k < view.units; k += kTransposed) {
      const std::size_t count = std::min(kTransposed, view.units - k), first = k / kPanel<T>;
      kernels.transpose(w.from_panel(first, count), width, transposed);
      kernels.net_panel(delta.from_panel(first, count), transposed, width, units, begun ? nullptr : kZeros<T>,
                        sums.panel(p));
      begun = true;
    }
  }
}

/// (11) for one pattern, in its own order: sums[j] over all units of a source. The workspace has one row.
template <class T>
void sum_deltas_above_one(const Network<T>& network, Workspace<T>& workspace, std::size_t source, T* sums) {
  bool begun = false;
  for (std::size_t l = network.graph().layers().size(); l-- > source;) {
    const auto& blocks = network.graph().layers()[l].blocks;
    const auto block = std::find_if(blocks.begin(), blocks.end(), [&](const auto& b) { return b.source == source; });
    if (block == blocks.end()) continue;
    const View& view = network.block_view(l, static_cast<std::size_t>(block - blocks.begin()));
    const T* const w = network.parameters().data() + view.offset;
    kernels::kernels<T>().online.back({w, view.senders, view.units}, workspace.deltas(l).data, begun, sums);
    // The kernel stores whole vectors; padding of deltas must stay zero.
    std::fill(sums + view.senders, sums + base::padded<T>(view.senders), T{0});
    begun = true;
  }
}

/// (11) and (12) for every hidden layer, last first.
template <class T>
void propagate_back(const Network<T>& network, Workspace<T>& workspace, RowRange rows) {
  const auto of = [&](const Panels<T>& all) { return all.slice(rows.first, rows.count); };
  const std::size_t last = network.graph().layers().size() - 1;
  denormalise(network, workspace, last, rows);
  for (std::size_t l = last; l-- > 0;) {
    const Panels<T> delta = of(workspace.deltas(l));
    if (workspace.capacity() == 1) sum_deltas_above_one(network, workspace, l + 1, delta.data);
    for (std::size_t p = 0; p < delta.count(); ++p) {
      if (workspace.capacity() > 1) sum_deltas_above(network, workspace, l + 1, rows, delta, p);
      if (workspace.is_masked(l)) {
        kernels::kernels<T>().multiply(of(workspace.mask_slopes(l)).panel(p), delta.panel(p),
                                       rows.count * delta.width(p));
      } else {
        multiply_derivative(network.activation(l), of(workspace.net(l)), of(workspace.activations(l)), delta, p);
      }
    }
    denormalise(network, workspace, l, rows);
  }
}

// ---- what is not finite ----

template <class T>
bool is_normalised(const Network<T>& network, std::size_t layer) {
  return network.graph().layers()[layer].is_normalised();
}

template <class T>
bool row_is_finite(const Panels<T>& values, std::size_t row) {
  T sum = 0;
  for (std::size_t p = 0; p < values.count(); ++p)
    sum += kernels::kernels<T>().square_sum(values.panel(p) + row * values.width(p), values.units_in(p));
  return std::isfinite(sum);
}

template <class T>
Fault fault_before_deltas(const Network<T>& network, Workspace<T>& workspace, std::size_t row) {
  if (!row_is_finite(workspace.inputs(), row)) return {Stage::input, 0};
  for (std::size_t l = 0; l < network.graph().layers().size(); ++l)
    if (!row_is_finite(workspace.activations(l), row) ||
        (is_normalised(network, l) && !row_is_finite(workspace.normal(l), row)))
      return {Stage::activation, static_cast<std::uint32_t>(l)};
  return {};
}

template <class T>
Fault fault_in_deltas(const Network<T>& network, Workspace<T>& workspace, std::size_t row) {
  for (std::size_t l = network.graph().layers().size(); l-- > 0;)
    if (!row_is_finite(workspace.deltas(l), row) || !row_is_finite(workspace.deltas_seen(l), row))
      return {Stage::delta, static_cast<std::uint32_t>(l)};
  return {};
}

template <class T>
Fault find_fault(const Network<T>& network, Workspace<T>& workspace, std::size_t row) {
  if (const Fault fault = fault_before_deltas(network, workspace, row); fault.stage != Stage::none) return fault;
  if (!row_is_finite(workspace.targets(), row)) return {Stage::target, 0};
  if (!targets_are_in_range(network.loss(), workspace, row)) return {Stage::target_range, 0};
  if (!std::isfinite(workspace.loss(row))) return {Stage::loss, 0};
  return fault_in_deltas(network, workspace, row);
}

template <class T>
bool is_within(const Panels<T>& values, T bound) {
  for (std::size_t p = 0; p < values.count(); ++p)
    if (!(kernels::kernels<T>().rough_square_sum(values.panel(p), values.rows * values.width(p)) <= bound))
      return false;
  return true;
}

/// Activations that need no looking at: bounded by their function, and not multiplied by anything.
template <class T>
bool is_bounded(const Network<T>& network, const Workspace<T>& workspace, std::size_t layer) {
  return network.activation(layer).is_bounded() && !workspace.is_masked(layer);
}

}  // namespace

template <class T>
void forward(const Network<T>& network, Workspace<T>& workspace, RowRange rows) {
  forward(network, network.parameters(), workspace, rows);
}

template <class T>
void forward(const Network<T>& network, std::span<const T> parameters, Workspace<T>& workspace, RowRange rows) {
  const auto& kernels = kernels::kernels<T>();
  const T* w = parameters.data();
  const std::size_t layers = network.graph().layers().size();
  for (std::size_t l = 0; l < layers; ++l) {
    const std::size_t blocks = network.graph().layers()[l].blocks.size();
    const Panels<T> net = workspace.net(l).slice(rows.first, rows.count);
    const Panels<T> a = workspace.activations(l).slice(rows.first, rows.count);
    const auto activate = [&](std::size_t p) {
      activate_panel(network.activation(l), net, a, p);
      if (workspace.is_masked(l))
        mask_panel(network.activation(l), workspace.mask(l).slice(rows.first, rows.count), net, a,
                   workspace.mask_slopes(l).slice(rows.first, rows.count), p);
    };
    const bool normalised = is_normalised(network, l);
    const View* bias = normalised ? nullptr : network.bias_view(l);
    for (std::size_t p = 0; p < net.count(); ++p) {
      const T* begin = bias != nullptr ? bias->in(w).panel(p) : kZeros<T>;
      for (std::size_t b = 0; b < blocks; ++b) {
        const View& view = network.block_view(l, b);
        kernels.net_panel(workspace.source(view.source).slice(rows.first, rows.count), view.in(w).panel(p),
                          net.width(p), net.units_in(p), b == 0 ? begin : nullptr, net.panel(p));
      }
      if (!normalised) activate(p);
    }
    if (!normalised) continue;
    normalise(network, w, workspace, l, rows);
    for (std::size_t p = 0; p < net.count(); ++p) activate(p);
  }
  if (network.activation(layers - 1).kind == ActivationKind::softmax) softmax_rows(workspace, layers - 1, rows);
}

template <class T>
void activate_one(const Network<T>& network, Workspace<T>& workspace, std::size_t layer) {
  const Panels<T> net = workspace.net(layer), a = workspace.activations(layer);
  for (std::size_t p = 0; p < net.count(); ++p) activate_panel(network.activation(layer), net, a, p);
  if (network.activation(layer).kind == ActivationKind::softmax) softmax_rows(workspace, layer, {0, 1});
}

template <class T>
void output_deltas_of_one(const Network<T>& network, Workspace<T>& workspace) {
  output_deltas(network, workspace, {0, 1});
}

template <class T>
void multiply_derivative_of_one(const Network<T>& network, Workspace<T>& workspace, std::size_t layer) {
  const Panels<T> delta = workspace.deltas(layer);
  for (std::size_t p = 0; p < delta.count(); ++p)
    multiply_derivative(network.activation(layer), workspace.net(layer), workspace.activations(layer), delta, p);
}

template <class T>
void deltas(const Network<T>& network, Workspace<T>& workspace, RowRange rows, T factor) {
  output_deltas(network, workspace, rows);
  const Panels<T> delta = workspace.deltas(network.graph().layers().size() - 1).slice(rows.first, rows.count);
  for (std::size_t p = 0; factor != T{1} && p < delta.count(); ++p)
    kernels::kernels<T>().scale(factor, delta.panel(p), rows.count * delta.width(p));
  propagate_back(network, workspace, rows);
}

template <class T>
void deltas(const Network<T>& network, Workspace<T>& workspace, RowRange rows, std::span<const T> factors) {
  output_deltas(network, workspace, rows);
  const Panels<T> delta = workspace.deltas(network.graph().layers().size() - 1).slice(rows.first, rows.count);
  for (std::size_t p = 0; p < delta.count(); ++p)
    for (std::size_t r = 0; r < rows.count; ++r)
      kernels::kernels<T>().scale(factors[r], delta.panel(p) + r * delta.width(p), delta.width(p));
  propagate_back(network, workspace, rows);
}

template <class T>
bool is_small(const Network<T>& network, Workspace<T>& workspace, RowRange rows, T bound, T squares_of_patterns) {
  const auto within = [&](const Panels<T>& all) { return is_within(all.slice(rows.first, rows.count), bound); };
  double loss = 0;
  for (std::size_t r = rows.first; r < rows.first + rows.count; ++r) loss += workspace.loss(r);
  bool small = std::isfinite(loss) && squares_of_patterns <= bound;
  for (std::size_t l = 0; small && l < network.graph().layers().size(); ++l) {
    small = (is_bounded(network, workspace, l) || within(workspace.activations(l))) && within(workspace.deltas(l));
    if (small && is_normalised(network, l)) small = within(workspace.normal(l)) && within(workspace.deltas_seen(l));
  }
  return small;
}

template <class T>
void find_faults(const Network<T>& network, Workspace<T>& workspace, RowRange rows) {
  for (std::size_t r = rows.first; r < rows.first + rows.count; ++r)
    workspace.fault(r) = find_fault(network, workspace, r);
}

template <class T>
void deltas_from_slopes(const Network<T>& network, Workspace<T>& workspace, std::span<const T> output_slopes) {
  T* const slopes = workspace.slope_row(0);
  std::copy(output_slopes.begin(), output_slopes.end(), slopes);
  Fault& fault = workspace.fault(0);
  fault =
      std::isfinite(kernels::kernels<T>().square_sum(slopes, output_slopes.size())) ? Fault{} : Fault{Stage::loss, 0};
  slopes_to_deltas(network, workspace, 0, slopes);
  propagate_back(network, workspace, {0, 1});
  if (const Fault before = fault_before_deltas(network, workspace, 0); before.stage != Stage::none) fault = before;
  if (fault.stage == Stage::none) fault = fault_in_deltas(network, workspace, 0);
}

template <class T>
void deltas_from_slope_rows(const Network<T>& network, Workspace<T>& workspace, RowRange rows) {
  const std::size_t last = network.graph().layers().size() - 1, end = rows.first + rows.count;
  if (network.activation(last).kind == ActivationKind::softmax) {
    for (std::size_t r = rows.first; r < end; ++r) slopes_to_deltas(network, workspace, r, workspace.slope_row(r));
    return propagate_back(network, workspace, rows);
  }
  const auto of = [&](const Panels<T>& all) { return all.slice(rows.first, rows.count); };
  const Panels<T> a = of(workspace.outputs()), delta = of(workspace.deltas(last));
  for (std::size_t r = 0; r < rows.count; ++r) copy_row_back(workspace.slope_row(rows.first + r), delta, r);
  for (std::size_t p = 0; p < a.count(); ++p) {
    kernels::kernels<T>().scale(T{-1}, delta.panel(p), rows.count * delta.width(p));
    multiply_derivative(network.activation(last), of(workspace.net(last)), a, delta, p);
  }
  propagate_back(network, workspace, rows);
}

template <class T>
void sum_above_inputs(const Network<T>& network, Workspace<T>& workspace) {
  const Panels<T> sums = workspace.input_sums();
  sum_deltas_above_one(network, workspace, 0, sums.data);
  Fault& fault = workspace.fault(0);
  if (fault.stage == Stage::none && !row_is_finite(sums, 0)) fault = {Stage::delta, 0};
}

/// For one tile of what is one number for each unit; running statistics have no slopes.
template <class T>
static void slopes_of_row(Workspace<T>& workspace, std::size_t rows, const View& view, const Tile& tile, T* slopes) {
  if (view.kind == ParameterKind::gains) return gain_slopes(workspace, rows, view.layer, tile, slopes);
  if (view.kind != ParameterKind::biases) return void(std::fill_n(slopes, tile.size(), T{0}));
  const T* const delta = workspace.deltas_seen(view.layer).panel(tile.panel);
  kernels::kernels<T>().bias_slopes(delta, tile.width, rows, slopes);
}

template <class T>
void slopes_of_tile(const Network<T>& network, Workspace<T>& workspace, std::size_t rows, const Tile& tile, T* slopes) {
  const View& view = network.views()[tile.view];
  if (!view.is_weights()) return slopes_of_row(workspace, rows, view, tile, slopes);
  const T* const delta = workspace.deltas(view.layer).panel(tile.panel);
  const Panels<T> a = workspace.source(view.source);
  const std::size_t p = tile.first / kPanel<T>;
  kernels::kernels<T>().slope_block(a.panel(p), a.width(p), tile.senders, delta, tile.width, tile.units, rows, slopes);
}

template <class T>
void hold_still(const Network<T>& network, const Tile& tile, T* slopes) {
  const View& view = network.views()[tile.view];
  if (view.has_mask || view.frozen)
    kernels::kernels<T>().keep_movable(network.movable().data() + tile.offset, slopes, tile.size());
}

template <class T>
double loss_of_row(const Network<T>& network, Workspace<T>& workspace, std::size_t row) {
  return loss_from_pass(network, workspace, row);
}

template void forward<float>(const Network<float>&, Workspace<float>&, RowRange);
template void forward<double>(const Network<double>&, Workspace<double>&, RowRange);
template void forward<float>(const Network<float>&, std::span<const float>, Workspace<float>&, RowRange);
template void activate_one<float>(const Network<float>&, Workspace<float>&, std::size_t);
template void output_deltas_of_one<float>(const Network<float>&, Workspace<float>&);
template void multiply_derivative_of_one<float>(const Network<float>&, Workspace<float>&, std::size_t);
template void forward<double>(const Network<double>&, std::span<const double>, Workspace<double>&, RowRange);
template void activate_one<double>(const Network<double>&, Workspace<double>&, std::size_t);
template void output_deltas_of_one<double>(const Network<double>&, Workspace<double>&);
template void multiply_derivative_of_one<double>(const Network<double>&, Workspace<double>&, std::size_t);
template void deltas<float>(const Network<float>&, Workspace<float>&, RowRange, float);
template void deltas<double>(const Network<double>&, Workspace<double>&, RowRange, double);
template void deltas<float>(const Network<float>&, Workspace<float>&, RowRange, std::span<const float>);
template void deltas<double>(const Network<double>&, Workspace<double>&, RowRange, std::span<const double>);
template bool is_small<float>(const Network<float>&, Workspace<float>&, RowRange, float, float);
template bool is_small<double>(const Network<double>&, Workspace<double>&, RowRange, double, double);
template void find_faults<float>(const Network<float>&, Workspace<float>&, RowRange);
template void find_faults<double>(const Network<double>&, Workspace<double>&, RowRange);
template void deltas_from_slopes<float>(const Network<float>&, Workspace<float>&, std::span<const float>);
template void deltas_from_slopes<double>(const Network<double>&, Workspace<double>&, std::span<const double>);
template void deltas_from_slope_rows<float>(const Network<float>&, Workspace<float>&, RowRange);
template void deltas_from_slope_rows<double>(const Network<double>&, Workspace<double>&, RowRange);
template void sum_above_inputs<float>(const Network<float>&, Workspace<float>&);
template void sum_above_inputs<double>(const Network<double>&, Workspace<double>&);
template void slopes_of_tile<float>(const Network<float>&, Workspace<float>&, std::size_t, const Tile&, float*);
template void slopes_of_tile<double>(const Network<double>&, Workspace<double>&, std::size_t, const Tile&, double*);
template void hold_still<float>(const Network<float>&, const Tile&, float*);
template void hold_still<double>(const Network<double>&, const Tile&, double*);
template double loss_of_row<float>(const Network<float>&, Workspace<float>&, std::size_t);
template double loss_of_row<double>(const Network<double>&, Workspace<double>&, std::size_t);

}  // namespace deltarule::network
