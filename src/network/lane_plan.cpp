#include "network/lane_plan.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>

#include "base/math.hpp"
#include "derivation/loss_functions.hpp"
#include "kernels/kernels.hpp"

namespace deltarule::network {
namespace {

using kernels::LaneLayer;
using kernels::LanePlan;

/// Half of all errors that a batch could sum up and still be finite.
constexpr double kLargestError = 0x1p600;

/// In the order of Kernels::squared_errors.
template <class T>
double half_squared_error(std::span<const double> a, std::span<const double> t) {
  const bool fused = kernels::kernels<T>().fused;
  double sum = 0;
  for (std::size_t panel = 0; panel < a.size(); panel += base::kPanel<T>) {
    double p[8] = {};
    for (std::size_t j = panel; j < a.size() && j < panel + base::kPanel<T>; ++j) {
      const double d = static_cast<double>(static_cast<T>(t[j]) - static_cast<T>(a[j]));
      p[j % 8] = fused ? std::fma(d, d, p[j % 8]) : d * d + p[j % 8];
    }
    sum += ((p[0] + p[4]) + (p[2] + p[6])) + ((p[1] + p[5]) + (p[3] + p[7]));
  }
  return 0.5 * sum;
}

template <class T>
double error_of_lane(const LaneLossContext<T>& context, std::size_t lane, std::span<const double> net,
                     std::span<const double> a, std::span<const double> t) {
  if (context.loss->kind == base::LossKind::half_squared_error) {
    return half_squared_error<T>(a, t);
  }
  if (context.loss->kind != base::LossKind::softmax_cross_entropy)
    return derivation::loss<double>(*context.loss, *context.activation, net, a, t);
  const double largest = static_cast<double>(context.softmax[lane]);
  const double log_sum = base::log(static_cast<double>(context.softmax[context.lanes + lane]));
  double E = 0;
  for (std::size_t j = 0; j < net.size(); ++j)
    if (t[j] != 0) E += t[j] * (log_sum + (largest - net[j]));
  return E;
}

/// One lane's E and its slopes (or deltas), as the passes of src/network work them out.
template <class T>
void lane_loss(const void* opaque, const T* net, const T* a, const T* t, T* to, double* E) {
  const auto& context = *static_cast<const LaneLossContext<T>*>(opaque);
  const std::size_t n = context.outputs;
  const std::span<double> nets(context.scratch, n), as(nets.data() + n, n), ts(as.data() + n, n),
      slopes(ts.data() + n, n);
  for (std::size_t lane = 0; lane < context.lanes; ++lane) {
    if (context.active[lane] == T{0}) continue;
    for (std::size_t j = 0; j < n; ++j) {
      nets[j] = static_cast<double>(net[j * context.lanes + lane]);
      as[j] = static_cast<double>(a[j * context.lanes + lane]);
      ts[j] = static_cast<double>(t[j * context.lanes + lane]);
    }
    E[lane] = error_of_lane(context, lane, nets, as, ts);
    if (derivation::is_from_net_inputs(*context.loss))
      derivation::output_deltas<double>(*context.loss, *context.activation, nets, as, ts, slopes);
    else
      derivation::loss_slopes<double>(*context.loss, *context.activation, nets, as, ts, slopes);
    const bool small = std::fabs(E[lane]) < kLargestError;
    for (std::size_t j = 0; j < n; ++j)
      to[j * context.lanes + lane] = small ? static_cast<T>(slopes[j]) : std::numeric_limits<T>::quiet_NaN();
  }
}

/// Where the units of a source begin among all units.
std::size_t first_unit_of(const base::Graph& graph, std::size_t source) {
  std::size_t first = 0;
  for (std::size_t l = 0; l + 1 < source; ++l) first += graph.layers()[l].units;
  return first;
}

std::vector<kernels::LaneAbove> layers_above(const base::Graph& graph, std::size_t source) {
  std::vector<kernels::LaneAbove> above;
  for (std::size_t l = graph.layers().size(); l-- > source;)
    for (const base::Block& block : graph.layers()[l].blocks)
      if (block.source == source)
        above.push_back({first_unit_of(graph, l + 1), graph.layers()[l].units, block.first_weight});
  return above;
}

LaneLayer lane_layer(const base::Graph& graph, std::size_t l, const derivation::Activation& activation) {
  const base::Layer& layer = graph.layers()[l];
  LaneLayer made{.units = layer.units,
                 .first_unit = first_unit_of(graph, l + 1),
                 .activation = activation.kind,
                 .parameter = activation.parameter,
                 .first_weight = layer.blocks.front().first_weight,
                 .first_bias = layer.first_bias,
                 .bias = layer.bias,
                 .train_bias = layer.bias && layer.train_bias};
  for (const base::Block& block : layer.blocks)
    made.blocks.push_back({block.source == 0, block.source == 0 ? 0 : first_unit_of(graph, block.source), block.sending,
                           block.first_weight});
  made.above = layers_above(graph, l + 1);
  return made;
}

/// Masked weights do not move; what a frozen bias may not is in its layer.
template <class T>
std::vector<std::uint8_t> movable(const Network<T>& network) {
  std::vector<std::uint8_t> moves(network.graph().weight_count(), 1);
  for (const base::Layer& layer : network.graph().layers())
    for (const base::Block& block : layer.blocks)
      std::copy(block.mask.begin(), block.mask.end(), moves.begin() + static_cast<std::ptrdiff_t>(block.first_weight));
  if (std::count(moves.begin(), moves.end(), 0) == 0) moves.clear();
  return moves;
}

}  // namespace

template <class T>
bool has_lane_plan(const Network<T>& network) {
  if (network.loss().kind == base::LossKind::custom || network.is_normalised()) return false;
  for (std::size_t l = 0; l < network.graph().layers().size(); ++l)
    if (network.activation(l).kind == base::ActivationKind::custom) return false;
  return true;
}

template <class T>
LanePlan<T> lane_plan(const Network<T>& network, const LaneLossContext<T>& context) {
  const base::Graph& graph = network.graph();
  LanePlan<T> plan{.inputs = graph.inputs(),
                   .outputs = graph.outputs(),
                   .units = first_unit_of(graph, graph.layers().size() + 1),
                   .weights = graph.weight_count(),
                   .movable = movable(network)};
  for (std::size_t l = 0; l < graph.layers().size(); ++l)
    plan.layers.push_back(lane_layer(graph, l, network.activation(l)));
  const bool plain = network.loss().kind == base::LossKind::half_squared_error &&
                     plan.layers.back().activation != base::ActivationKind::softmax;
  if (plain) return plan;
  plan.loss = &lane_loss<T>;
  plan.loss_context = &context;
  plan.loss_gives_deltas = derivation::is_from_net_inputs(network.loss());
  return plan;
}

template bool has_lane_plan<float>(const Network<float>&);
template bool has_lane_plan<double>(const Network<double>&);
template LanePlan<float> lane_plan<float>(const Network<float>&, const LaneLossContext<float>&);
template LanePlan<double> lane_plan<double>(const Network<double>&, const LaneLossContext<double>&);

}  // namespace deltarule::network
