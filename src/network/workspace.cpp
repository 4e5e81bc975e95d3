#include "network/workspace.hpp"

namespace deltarule::network {

template <class T>
Workspace<T>::Workspace(const Network<T>& network, std::size_t capacity, bool learning)
    : capacity_(capacity),
      input_columns_(network.inputs()),
      output_columns_(network.outputs()),
      scratch_stride_(4 * network.outputs()),
      inputs_(capacity * base::padded<T>(input_columns_)),
      targets_(capacity * base::padded<T>(output_columns_)),
      scratch_(capacity * scratch_stride_),
      losses_(capacity),
      faults_(capacity) {
  for (const base::Layer& layer : network.graph().layers()) {
    const std::size_t size = capacity * base::padded<T>(layer.units);
    units_.push_back(layer.units);
    net_.emplace_back(size);
    activations_.emplace_back(size);
    if (learning) deltas_.emplace_back(size);
  }
  if (learning) input_sums_ = base::AlignedBuffer<T>(base::padded<T>(input_columns_));
}

template class Workspace<float>;
template class Workspace<double>;

}  // namespace deltarule::network
