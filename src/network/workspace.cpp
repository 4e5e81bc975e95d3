#include "network/workspace.hpp"

#include <algorithm>
#include <string>

#include "kernels/kernels.hpp"

namespace deltarule::network {
namespace {

using base::ActivationKind;
using base::Panels;

/// Rows that are gathered before they are spread over panels: few enough to stay in the first-level cache.
constexpr std::size_t kGathered = 8;

/// True when f′(I) can be had from a = f(I): what f′ asks of I is then its sign, which is the sign of a. And when f may
/// be taken again and again of what pads a row, which nobody sets back: e^I may not, it would become infinite.
bool derivative_follows_from_value(const derivation::Activation& f) {
  switch (f.kind) {
    case ActivationKind::identity:
    case ActivationKind::sigmoid:
    case ActivationKind::tanh:
    case ActivationKind::scaled_tanh:
    case ActivationKind::relu:
    case ActivationKind::selu:
      return true;
    case ActivationKind::leaky_relu:
    case ActivationKind::elu:
      return f.parameter > 0;
    default:
      return false;
  }
}

/// One row into its places. Whole panels are copied with a size that the compiler knows.
template <class T>
void put_row(const Panels<T>& to, std::size_t row, const T* from) {
  constexpr std::size_t wide = base::kPanel<T>;
  const std::size_t whole = to.units / wide;
  T* place = to.data + (to.first + row) * wide;
  for (std::size_t p = 0; p < whole; ++p, from += wide, place += wide * to.capacity) std::copy_n(from, wide, place);
  if (to.units % wide == 0) return;
  T* const last = to.panel(whole) + row * to.width(whole);
  for (std::size_t u = 0; u < to.units % wide; ++u) last[u] = from[u];
}

/// Room for what a normalised layer keeps while learning.
template <class T>
NormalisedLayer<T> normalised_layer(const base::Layer& layer, std::size_t capacity) {
  const std::size_t row = base::padded<T>(layer.units);
  const bool by_units = layer.normalisation == base::Normalisation::layer;
  const std::size_t statistics = by_units ? 0 : row;
  return {base::AlignedBuffer<T>(capacity * row), base::AlignedBuffer<T>(capacity * row),
          base::AlignedBuffer<T>(by_units ? capacity : row), base::AlignedBuffer<T>(statistics),
          base::AlignedBuffer<T>(statistics)};
}

}  // namespace

template <class T>
Workspace<T>::Workspace(const Network<T>& network, std::size_t capacity, bool learning)
    : capacity_(capacity),
      input_units_(network.inputs()),
      inputs_(capacity * base::padded<T>(network.inputs())),
      targets_(capacity * base::padded<T>(network.outputs())),
      output_rows_(2 * capacity * base::padded<T>(network.outputs())),
      gathered_(capacity * (base::padded<T>(network.inputs()) + base::padded<T>(network.outputs()))),
      scratch_(capacity * 4 * network.outputs()),
      losses_(capacity),
      faults_(capacity) {
  const auto& layers = network.graph().layers();
  for (std::size_t l = 0; l < layers.size(); ++l) {
    const std::size_t size = capacity * base::padded<T>(layers[l].units);
    // The loss may ask for the net inputs of the outputs.
    const bool shared = l + 1 < layers.size() && derivative_follows_from_value(network.activation(l));
    units_.push_back(layers[l].units);
    net_.emplace_back(shared ? 0 : size);
    activations_.emplace_back(size);
    if (learning) deltas_.emplace_back(size);
  }
  masks_.resize(layers.size());
  mask_slopes_.resize(layers.size());
  if (network.is_normalised()) normalised_.resize(layers.size());
  for (std::size_t l = 0; learning && l < normalised_.size(); ++l)
    if (layers[l].is_normalised()) normalised_[l] = normalised_layer<T>(layers[l], capacity);
  if (learning) input_sums_ = base::AlignedBuffer<T>(base::padded<T>(input_units_));
}

template <class T>
Result<void> Workspace<T>::mask_layer(std::size_t layer) {
  const std::size_t hidden = units_.size() - 1;
  if (layer >= hidden)
    return Error{ErrorCode::spec,
                 "layer " + std::to_string(layer + 1),
                 layer == hidden ? "factors of the activations of the outputs" : "no such layer",
                 hidden == 0 ? "a hidden layer, and this network has none"
                             : "one of the hidden layers 1 to " + std::to_string(hidden),
                 {}};
  const std::size_t size = activations_[layer].size();
  masks_[layer] = base::AlignedBuffer<T>(size);
  mask_slopes_[layer] = base::AlignedBuffer<T>(size);
  std::fill_n(masks_[layer].data(), size, T{1});
  return {};
}

template <class T>
void Workspace<T>::put_inputs(std::size_t row, const T* x) {
  put_row(inputs(), row, x);
}
template <class T>
void Workspace<T>::put_targets(std::size_t row, const T* t) {
  put_row(targets(), row, t);
}
template <class T>
void Workspace<T>::take_outputs(std::size_t row, T* to) {
  const Panels from = outputs();
  for (std::size_t p = 0; p < from.count(); ++p, to += base::kPanel<T>)
    std::copy_n(from.panel(p) + row * from.width(p), from.units_in(p), to);
}

template <class T>
T Workspace<T>::load_gathered(const base::PatternSource<T>& source, std::span<const std::uint32_t> patterns,
                              std::size_t first) {
  const auto& kernels = kernels::kernels<T>();
  T squares = 0;
  const std::size_t outputs = units_.back(), width = base::padded<T>(input_units_);
  const bool has_targets = source.targets() == outputs;
  // Rows `first` … are this caller's own: several threads load rows of one workspace at the same time.
  T* const x = gathered_.data() + first * (width + base::padded<T>(outputs));
  std::vector<T> unused(has_targets ? 0 : kGathered * source.targets());
  for (std::size_t begin = 0; begin < patterns.size(); begin += kGathered) {
    const std::size_t rows = std::min(kGathered, patterns.size() - begin);
    T* const t = has_targets ? x + rows * width : unused.data();
    source.gather(patterns.subspan(begin, rows), {x, rows, input_units_, width},
                  {t, rows, source.targets(), source.targets()});
    for (std::size_t r = 0; r < rows; ++r) {
      put_inputs(first + begin + r, x + r * width);
      squares += kernels.rough_square_sum(x + r * width, input_units_);
      if (!has_targets) continue;
      put_targets(first + begin + r, t + r * outputs);
      squares += kernels.rough_square_sum(t + r * outputs, outputs);
    }
  }
  return squares;
}

template <class T>
T Workspace<T>::load(const base::PatternSource<T>& source, std::span<const std::uint32_t> patterns, std::size_t first) {
  const auto x = source.resident_inputs(), t = source.resident_targets();
  if (x.data == nullptr || t.data == nullptr) return load_gathered(source, patterns, first);
  const auto& kernels = kernels::kernels<T>();
  return kernels.gather_rows(x.data, patterns.data(), inputs().slice(first, patterns.size())) +
         kernels.gather_rows(t.data, patterns.data(), targets().slice(first, patterns.size()));
}

template class Workspace<float>;
template class Workspace<double>;

}  // namespace deltarule::network
