#include "network/predict_one.hpp"

#include <algorithm>

#include "derivation/activation_functions.hpp"
#include "kernels/kernels.hpp"
#include "network/normalise.hpp"

namespace deltarule::network {
namespace {

using base::ActivationKind;

/// a = f(I) in place.
template <class T>
void activate(const kernels::Kernels<T>& kernels, const derivation::Activation& f, T* a, std::size_t units) {
  switch (f.kind) {
    case ActivationKind::softmax:
      kernels.softmax(a, a, units);
      return;
    case ActivationKind::custom:
      for (std::size_t u = 0; u < units; ++u) a[u] = static_cast<T>(derivation::activate(f, a[u]));
      return;
    default:
      return kernels.activate(f.kind, static_cast<T>(f.parameter), a, a, base::padded<T>(units));  // no tail
  }
}

/// The activations of a source, 0 being the input: layers lie one after the other in the scratch.
template <class T>
const T* activations(const base::Graph& graph, std::size_t source, const T* x, const T* scratch) {
  if (source == 0) return x;
  for (std::size_t l = 0; l + 1 < source; ++l) scratch += base::padded<T>(graph.layers()[l].units);
  return scratch;
}

}  // namespace

template <class T>
std::size_t predict_scratch(const Network<T>& network) {
  std::size_t size = 0;
  for (const base::Layer& layer : network.graph().layers()) size += base::padded<T>(layer.units);
  return size;
}

namespace {

/// kPending: with the network's pending change, which is not made.
template <class T, bool kPending>
void predict_any(const Network<T>& network, std::span<const T> parameters, const T* x, T* y, std::span<T> scratch) {
  const auto& kernels = kernels::kernels<T>();
  const auto& layers = network.graph().layers();
  const T* w = parameters.data();
  T* a = scratch.data();
  for (std::size_t l = 0; l < layers.size(); ++l) {
    const base::Layer& layer = layers[l];
    const std::size_t stride = base::padded<T>(layer.units);
    const View* bias = layer.is_normalised() ? nullptr : network.bias_view(l);
    const auto* bias_change = kPending && bias != nullptr ? network.pending(*bias) : nullptr;
    kernels.online.start_pending(bias != nullptr ? w + bias->offset : nullptr, bias_change, layer.units, a);
    for (std::size_t b = 0; b < layer.blocks.size(); ++b) {
      const View& view = network.block_view(l, b);
      const T* from = activations<T>(network.graph(), view.source, x, scratch.data());
      const kernels::RowBlock<const T> weights{w + view.offset, view.senders, view.units};
      const auto* change = kPending ? network.pending(view) : nullptr;
      if (change != nullptr)
        kernels.online.forward_pending(weights, *change, from, a);
      else
        kernels.online.forward(weights, from, a);
    }
    if (layer.is_normalised()) normalise_row(network, w, l, a);
    activate(kernels, network.activation(l), a, layer.units);
    if (l + 1 == layers.size()) std::copy_n(a, layer.units, y);
    a += stride;
  }
}

}  // namespace

template <class T>
void predict_one_with(const Network<T>& network, std::span<const T> parameters, const T* x, T* y,
                      std::span<T> scratch) {
  predict_any<T, false>(network, parameters, x, y, scratch);
}

template <class T>
void predict_one(const Network<T>& network, const T* x, T* y, std::span<T> scratch) {
  predict_any<T, true>(network, network.parameters(), x, y, scratch);
}

template <class T>
void copy_parameters(const Network<T>& network, std::span<T> to) {
  network.copy_settled(to);
}

template std::size_t predict_scratch<float>(const Network<float>&);
template std::size_t predict_scratch<double>(const Network<double>&);
template void predict_one<float>(const Network<float>&, const float*, float*, std::span<float>);
template void predict_one<double>(const Network<double>&, const double*, double*, std::span<double>);
template void predict_one_with<float>(const Network<float>&, std::span<const float>, const float*, float*,
                                      std::span<float>);
template void predict_one_with<double>(const Network<double>&, std::span<const double>, const double*, double*,
                                       std::span<double>);
template void copy_parameters<float>(const Network<float>&, std::span<float>);
template void copy_parameters<double>(const Network<double>&, std::span<double>);

}  // namespace deltarule::network
