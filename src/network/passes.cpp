#include "network/passes.hpp"

#include <algorithm>
#include <cmath>

#include "derivation/activation_functions.hpp"
#include "derivation/loss_functions.hpp"
#include "kernels/kernels.hpp"

namespace deltarule::network {
namespace {

using base::ActivationKind;
using base::MatrixView;

/// a = f(I) for one row of a layer.
template <class T>
void activate_row(const derivation::Activation& f, const T* net, T* a, std::size_t units) {
  switch (f.kind) {
    case ActivationKind::softmax:
      return kernels::kernels<T>().softmax(net, a, units);
    case ActivationKind::custom:
      for (std::size_t u = 0; u < units; ++u) a[u] = derivation::activate(f, net[u]);
      return;
    default:
      return kernels::kernels<T>().activate(f.kind, static_cast<T>(f.parameter), net, a, units);
  }
}

/// (8): values *= f′(I) for one row of a layer whose units answer for themselves.
template <class T>
void multiply_by_derivative(const derivation::Activation& f, const T* net, const T* a, T* values, std::size_t units) {
  if (f.kind == ActivationKind::custom) {
    for (std::size_t u = 0; u < units; ++u) values[u] *= derivation::derivative(f, net[u]);
    return;
  }
  kernels::kernels<T>().multiply_derivative(f.kind, static_cast<T>(f.parameter), net, a, values, units);
}

/// (7): the slopes ∂E/∂a of the output layer in `values` become deltas in place.
template <class T>
void slopes_to_deltas(const derivation::Activation& f, const T* net, const T* a, T* values, std::size_t units) {
  if (f.kind == ActivationKind::softmax)
    derivation::Softmax::apply_jacobian<T>(std::span<const T>(a, units), std::span<T>(values, units));
  for (std::size_t u = 0; u < units; ++u) values[u] = -values[u];
  if (f.kind != ActivationKind::softmax) multiply_by_derivative(f, net, a, values, units);
}

/// One row of outputs with its targets in double, where losses are computed whatever T is.
struct OutputRow {
  std::span<double> net, a, t, slopes;
};

template <class T>
OutputRow output_row(Workspace<T>& workspace, std::size_t layer, std::size_t row) {
  const MatrixView<T> net = workspace.net(layer);
  const std::size_t n = net.columns;
  double* to = workspace.scratch(row);
  const OutputRow outputs{{to, n}, {to + n, n}, {to + 2 * n, n}, {to + 3 * n, n}};
  std::copy_n(net.row(row), n, outputs.net.data());
  std::copy_n(workspace.outputs().row(row), n, outputs.a.data());
  std::copy_n(workspace.targets().row(row), n, outputs.t.data());
  return outputs;
}

/// E_p, then (9) and (10), or t − a where the loss has it, for one row.
template <class T>
void output_delta(const Network<T>& network, Workspace<T>& workspace, std::size_t row) {
  const std::size_t last = network.graph().layers().size() - 1;
  const derivation::Loss& loss = network.loss();
  const derivation::Activation& f = network.activation(last);
  const OutputRow out = output_row(workspace, last, row);
  workspace.loss(row) = derivation::loss<double>(loss, f, out.net, out.a, out.t);
  T* delta = workspace.deltas(last).row(row);
  if (derivation::is_cross_entropy(loss)) {
    derivation::output_deltas<double>(loss, f, out.net, out.a, out.t, out.slopes);
    for (std::size_t u = 0; u < out.slopes.size(); ++u) delta[u] = static_cast<T>(out.slopes[u]);
    return;
  }
  derivation::loss_slopes<double>(loss, f, out.net, out.a, out.t, out.slopes);
  for (std::size_t u = 0; u < out.slopes.size(); ++u) delta[u] = static_cast<T>(out.slopes[u]);
  slopes_to_deltas<T>(f, workspace.net(last).row(row), workspace.outputs().row(row), delta, out.slopes.size());
}

/// (11): sums[r][j] = Σ_k δ_k w_jk over every layer that the source feeds, ascending.
template <class T>
void sum_deltas_above(const Network<T>& network, Workspace<T>& workspace, std::size_t source, RowRange rows, T* sums,
                      std::size_t stride) {
  std::fill_n(sums, rows.count * stride, T{0});
  const auto& layers = network.graph().layers();
  for (std::size_t l = source; l < layers.size(); ++l)
    for (std::size_t b = 0; b < layers[l].blocks.size(); ++b) {
      if (layers[l].blocks[b].source != source) continue;
      const View& view = network.block_view(l, b);
      const MatrixView<T> delta = workspace.deltas(l).slice(rows.first, rows.count);
      kernels::kernels<T>().propagate_back(delta.data, delta.stride, network.parameters().data() + view.offset,
                                           view.stride, sums, stride, rows.count, view.senders, view.units);
    }
}

/// (11) and (12) for every hidden layer, last first.
template <class T>
void propagate_back(const Network<T>& network, Workspace<T>& workspace, RowRange rows) {
  for (std::size_t l = network.graph().layers().size() - 1; l-- > 0;) {
    const MatrixView<T> delta = workspace.deltas(l);
    sum_deltas_above(network, workspace, l + 1, rows, delta.row(rows.first), delta.stride);
    for (std::size_t r = rows.first; r < rows.first + rows.count; ++r)
      multiply_by_derivative(network.activation(l), workspace.net(l).row(r), workspace.activations(l).row(r),
                             delta.row(r), delta.columns);
  }
}

template <class T>
bool row_is_finite(const MatrixView<T>& values, std::size_t row) {
  return kernels::kernels<T>().all_finite(values.row(row), values.columns);
}

template <class T>
Fault fault_before_deltas(const Network<T>& network, Workspace<T>& workspace, std::size_t row) {
  if (!row_is_finite(workspace.inputs(), row)) return {Stage::input, 0};
  for (std::size_t l = 0; l < network.graph().layers().size(); ++l)
    if (!row_is_finite(workspace.activations(l), row)) return {Stage::activation, static_cast<std::uint32_t>(l)};
  return {};
}

template <class T>
Fault fault_in_deltas(const Network<T>& network, Workspace<T>& workspace, std::size_t row) {
  for (std::size_t l = network.graph().layers().size(); l-- > 0;)
    if (!row_is_finite(workspace.deltas(l), row)) return {Stage::delta, static_cast<std::uint32_t>(l)};
  return {};
}

template <class T>
Fault find_fault(const Network<T>& network, Workspace<T>& workspace, std::size_t row) {
  if (const Fault fault = fault_before_deltas(network, workspace, row); fault.stage != Stage::none) return fault;
  if (!row_is_finite(workspace.targets(), row)) return {Stage::target, 0};
  if (!std::isfinite(workspace.loss(row))) return {Stage::loss, 0};
  return fault_in_deltas(network, workspace, row);
}

/// Calls work(sender, senders, unit, units) for the rectangles that numbers [first, last) of a view are made of.
template <class Work>
void for_rectangles(const View& view, std::size_t first, std::size_t last, const Work& work) {
  while (first < last) {
    const std::size_t sender = first / view.stride, unit = first % view.stride;
    const std::size_t whole = unit == 0 ? (last - first) / view.stride : 0;
    if (whole > 0) {
      work(sender, whole, std::size_t{0}, view.units);
      first += whole * view.stride;
      continue;
    }
    const std::size_t end = std::min(last - sender * view.stride, view.stride);
    if (unit < view.units) work(sender, std::size_t{1}, unit, std::min(end, view.units) - unit);
    first = sender * view.stride + end;
  }
}

}  // namespace

template <class T>
void forward(const Network<T>& network, Workspace<T>& workspace, RowRange rows) {
  const auto& kernels = kernels::kernels<T>();
  const T* w = network.parameters().data();
  for (std::size_t l = 0; l < network.graph().layers().size(); ++l) {
    const base::Layer& layer = network.graph().layers()[l];
    const MatrixView<T> net = workspace.net(l).slice(rows.first, rows.count);
    const View* bias = network.bias_view(l);
    kernels.set_net(bias != nullptr ? w + bias->offset : nullptr, net.data, net.stride, rows.count, layer.units);
    for (std::size_t b = 0; b < layer.blocks.size(); ++b) {
      const View& view = network.block_view(l, b);
      const MatrixView<T> a = workspace.source(view.source).slice(rows.first, rows.count);
      kernels.accumulate_net(a.data, a.stride, w + view.offset, view.stride, net.data, net.stride, rows.count,
                             view.senders, view.units);
    }
    const MatrixView<T> a = workspace.activations(l).slice(rows.first, rows.count);
    for (std::size_t r = 0; r < rows.count; ++r) activate_row(network.activation(l), net.row(r), a.row(r), layer.units);
  }
}

template <class T>
void deltas(const Network<T>& network, Workspace<T>& workspace, RowRange rows) {
  for (std::size_t r = rows.first; r < rows.first + rows.count; ++r) output_delta(network, workspace, r);
  propagate_back(network, workspace, rows);
  for (std::size_t r = rows.first; r < rows.first + rows.count; ++r)
    workspace.fault(r) = find_fault(network, workspace, r);
}

template <class T>
void deltas_from_slopes(const Network<T>& network, Workspace<T>& workspace, std::span<const T> output_slopes) {
  const std::size_t last = network.graph().layers().size() - 1;
  const MatrixView<T> delta = workspace.deltas(last);
  std::copy(output_slopes.begin(), output_slopes.end(), delta.row(0));
  Fault& fault = workspace.fault(0);
  fault = row_is_finite(delta, 0) ? Fault{} : Fault{Stage::loss, 0};
  slopes_to_deltas<T>(network.activation(last), workspace.net(last).row(0), workspace.outputs().row(0), delta.row(0),
                      delta.columns);
  propagate_back(network, workspace, {0, 1});
  if (const Fault before = fault_before_deltas(network, workspace, 0); before.stage != Stage::none) fault = before;
  if (fault.stage == Stage::none) fault = fault_in_deltas(network, workspace, 0);
}

template <class T>
void sum_above_inputs(const Network<T>& network, Workspace<T>& workspace) {
  const MatrixView<T> sums = workspace.input_sums();
  sum_deltas_above(network, workspace, 0, {0, 1}, sums.data, sums.stride);
  Fault& fault = workspace.fault(0);
  if (fault.stage == Stage::none && !row_is_finite(sums, 0)) fault = {Stage::delta, 0};
}

template <class T>
void accumulate_slopes(const Network<T>& network, Workspace<T>& workspace, std::size_t rows, ParameterRange range,
                       std::span<T> slopes) {
  const auto& kernels = kernels::kernels<T>();
  for (const View& view : network.views()) {
    if (range.last <= view.offset || range.first >= view.offset + view.size()) continue;
    const std::size_t first = std::max(range.first, view.offset) - view.offset;
    const std::size_t last = std::min(range.last, view.offset + view.size()) - view.offset;
    const MatrixView<T> delta = workspace.deltas(view.layer);
    const MatrixView<T> a = view.is_bias ? MatrixView<T>{} : workspace.source(view.source);
    for_rectangles(view, first, last,
                   [&](std::size_t sender, std::size_t senders, std::size_t unit, std::size_t units) {
                     T* to = slopes.data() + view.offset + sender * view.stride + unit;
                     if (view.is_bias)
                       kernels.accumulate_bias_slopes(delta.data + unit, delta.stride, to, rows, units);
                     else
                       kernels.accumulate_slopes(a.data + sender, a.stride, delta.data + unit, delta.stride, to,
                                                 view.stride, rows, senders, units);
                   });
  }
}

template <class T>
void hold_still(const Network<T>& network, ParameterRange range, std::span<T> slopes) {
  const std::span<const T> movable = network.movable();
  if (movable.empty()) return;
  for (std::size_t i = range.first; i < range.last; ++i) slopes[i] = movable[i] != T{0} ? slopes[i] : T{0};
}

template <class T>
double loss_of_row(const Network<T>& network, Workspace<T>& workspace, std::size_t row) {
  const std::size_t last = network.graph().layers().size() - 1;
  const OutputRow out = output_row(workspace, last, row);
  return derivation::loss<double>(network.loss(), network.activation(last), out.net, out.a, out.t);
}

template void forward<float>(const Network<float>&, Workspace<float>&, RowRange);
template void forward<double>(const Network<double>&, Workspace<double>&, RowRange);
template void deltas<float>(const Network<float>&, Workspace<float>&, RowRange);
template void deltas<double>(const Network<double>&, Workspace<double>&, RowRange);
template void deltas_from_slopes<float>(const Network<float>&, Workspace<float>&, std::span<const float>);
template void deltas_from_slopes<double>(const Network<double>&, Workspace<double>&, std::span<const double>);
template void sum_above_inputs<float>(const Network<float>&, Workspace<float>&);
template void sum_above_inputs<double>(const Network<double>&, Workspace<double>&);
template void accumulate_slopes<float>(const Network<float>&, Workspace<float>&, std::size_t, ParameterRange,
                                       std::span<float>);
template void accumulate_slopes<double>(const Network<double>&, Workspace<double>&, std::size_t, ParameterRange,
                                        std::span<double>);
template void hold_still<float>(const Network<float>&, ParameterRange, std::span<float>);
template void hold_still<double>(const Network<double>&, ParameterRange, std::span<double>);
template double loss_of_row<float>(const Network<float>&, Workspace<float>&, std::size_t);
template double loss_of_row<double>(const Network<double>&, Workspace<double>&, std::size_t);

}  // namespace deltarule::network
