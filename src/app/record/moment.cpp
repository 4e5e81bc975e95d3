#include "app/record/moment.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "base/floating_point_mode.hpp"
#include "model/little_endian.hpp"
#include "network/passes.hpp"

namespace deltarule::app {
namespace {

using base::ParameterKind;

/// The arrays, one right after the other.
class Layout {
 public:
  explicit Layout(bool f64) : type_(f64 ? "<f8" : "<f4"), size_(f64 ? 8 : 4) {
    for (const char* count : {"epoch", "step"}) add(count, "<i8", 8, {});
  }
  void add(const std::string& name, std::vector<std::uint64_t> shape) { add(name, type_, size_, std::move(shape)); }
  [[nodiscard]] std::vector<MomentArray> take() { return std::move(arrays_); }

 private:
  void add(const std::string& name, const std::string& type, std::size_t size, std::vector<std::uint64_t> shape) {
    std::size_t bytes = size;
    for (const std::uint64_t extent : shape) bytes *= extent;
    arrays_.push_back({name, type, std::move(shape), next_, bytes});
    next_ += bytes;
  }
  std::string type_;
  std::size_t size_;
  std::size_t next_ = 0;
  std::vector<MomentArray> arrays_;
};

const char* name_of_row(ParameterKind kind) {
  switch (kind) {
    case ParameterKind::gains:
      return "gains/";
    case ParameterKind::running_means:
      return "running_means/";
    case ParameterKind::running_variances:
      return "running_variances/";
    default:
      return "biases/";
  }
}

/// A layer with one source has one matrix; with several, one from each.
void add_weights(const base::Graph& graph, std::size_t l, Layout& layout) {
  const base::Layer& layer = graph.layers()[l];
  const std::string name = layer_name(graph, l);
  for (const base::Block& block : layer.blocks) {
    const std::string source = block.source == 0 ? "inputs" : layer_name(graph, block.source - 1);
    layout.add("weights/" + name + (layer.blocks.size() > 1 ? "/" + source : ""), {layer.units, block.sending});
  }
  for (const base::UnitRow& row : layer.rows) layout.add(name_of_row(row.kind) + name, {layer.units});
}

}  // namespace

std::string layer_name(const base::Graph& graph, std::size_t layer) {
  return layer + 1 == graph.layers().size() ? "out" : "h" + std::to_string(layer + 1);
}

std::vector<MomentArray> arrays_of_moment(const RecordOptions& what, const base::Graph& graph, bool f64,
                                          std::size_t rows) {
  Layout layout(f64);
  const std::size_t layers = graph.layers().size();
  for (std::size_t l = 0; what.weights && l < layers; ++l) add_weights(graph, l, layout);
  for (std::size_t l = 0; l < layers; ++l) {
    const std::string name = layer_name(graph, l);
    const std::vector<std::uint64_t> shape = {rows, graph.layers()[l].units};
    if (what.activations) layout.add("net_inputs/" + name, shape);
    if (what.activations) layout.add("activations/" + name, shape);
    if (what.deltas) layout.add("deltas/" + name, shape);
    if (what.deltas && graph.layers()[l].is_normalised()) layout.add("deltas_seen/" + name, shape);
  }
  return layout.take();
}

std::size_t bytes_of_moment(const std::vector<MomentArray>& arrays) {
  return arrays.back().place + arrays.back().bytes;
}

template <class T>
Moment<T>::Moment(const RecordOptions& what, network::Network<T>& network, const base::PatternSource<T>& source,
                  std::size_t rows, const network::LabelSmoothing& smoothing)
    : what_(what),
      network_(network),
      source_(source),
      rows_(rows),
      smoothing_(smoothing),
      arrays_(arrays_of_moment(what, network.graph(), sizeof(T) == 8, rows)),
      bytes_(bytes_of_moment(arrays_)),
      workspace_(network, looks_at_rows() ? std::min(rows, network::kChunk) : 1, true) {
  workspace_.keep_net_inputs();
}

template <class T>
std::span<const std::byte> Moment<T>::take(std::uint64_t epoch, std::uint64_t step) {
  const std::vector<std::uint64_t> place = {epoch, step};
  const std::vector<std::byte> counts = model::to_little_endian<std::uint64_t>(place);
  std::copy(counts.begin(), counts.end(), bytes_.begin());
  next_ = place.size();
  if (what_.weights) take_weights();
  if (looks_at_rows()) take_passes();
  return bytes_;
}

/// Weights of a layer lie in canonical order as the record wants them: a matrix for each source, then the rows.
template <class T>
void Moment<T>::take_weights() {
  const std::vector<T> weights = network_.weights();
  const std::vector<std::byte> canonical = model::to_little_endian<T>(weights);
  std::copy(canonical.begin(), canonical.end(), bytes_.begin() + static_cast<std::ptrdiff_t>(arrays_[next_].place));
  for (const base::Layer& layer : network_.graph().layers()) next_ += layer.blocks.size() + layer.rows.size();
}

template <class T>
void Moment<T>::take_passes() {
  const base::FlushDenormals mode;
  (void)network_.parameters();  // makes what is pending
  std::vector<std::uint32_t> patterns(workspace_.capacity());
  for (std::size_t first = 0; first < rows_; first += patterns.size()) {
    const std::size_t count = std::min(patterns.size(), rows_ - first);
    std::iota(patterns.begin(), patterns.end(), static_cast<std::uint32_t>(first));
    workspace_.load(source_, std::span<const std::uint32_t>(patterns).first(count), 0);
    network::smooth_targets(smoothing_, workspace_, {0, count});
    network::forward(network_, workspace_, {0, count});
    if (what_.deltas) network::deltas(network_, workspace_, {0, count});
    for (std::size_t r = 0; r < count; ++r) take_row(r, first + r);
  }
}

/// In the order of the layout.
template <class T>
void Moment<T>::take_row(std::size_t row, std::size_t of) {
  const std::size_t begin = next_;
  for (std::size_t l = 0; l < network_.graph().layers().size(); ++l) {
    if (what_.activations) put(workspace_.net(l), row, of);
    if (what_.activations) put(workspace_.activations(l), row, of);
    if (what_.deltas) put(workspace_.deltas(l), row, of);
    if (what_.deltas && network_.graph().layers()[l].is_normalised()) put(workspace_.deltas_seen(l), row, of);
  }
  next_ = begin;
}

template <class T>
void Moment<T>::put(const base::Panels<T>& from, std::size_t row, std::size_t of) {
  std::byte* to = bytes_.data() + arrays_[next_++].place + of * from.units * sizeof(T);
  for (std::size_t u = 0; u < from.units; ++u, to += sizeof(T)) {
    const auto bits = std::bit_cast<model::BitsOf<T>>(from(row, u));
    for (std::size_t i = 0; i < sizeof(T); ++i) to[i] = static_cast<std::byte>((bits >> (8 * i)) & 0xFF);
  }
}

template class Moment<float>;
template class Moment<double>;

}  // namespace deltarule::app
