#include "network/network.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>
#include <utility>

#include "base/floating_point_mode.hpp"
#include "kernels/kernels.hpp"
#include "network/address.hpp"

namespace deltarule::network {
namespace {

/// A forced instruction set that this machine does not have is refused, not quietly replaced.
Result<void> check_instruction_set() {
  if (kernels::isa_request_is_valid()) return {};
  std::string names;
  for (const std::string_view name : kernels::isa_names()) names += (names.empty() ? "" : ", ") + std::string(name);
  return Error{ErrorCode::usage, "environment variable DELTARULE_ISA",
               "an instruction set that this machine or build does not have", "one of " + names,
               "Leave the variable unset to have the best one chosen"};
}

/// What no slope moves.
bool is_frozen(const base::Layer& layer, ParameterKind kind) {
  if (kind == ParameterKind::biases) return !layer.train_bias;
  return kind == ParameterKind::running_means || kind == ParameterKind::running_variances;
}

/// Canonical position of the first number of a view.
std::size_t first_of(const base::Graph& graph, const View& view) {
  const base::Layer& layer = graph.layers()[view.layer];
  return view.is_weights() ? layer.blocks[view.block].first_weight : layer.rows[view.block - layer.blocks.size()].first;
}

}  // namespace

template <class T>
Result<Network<T>> Network<T>::create(NetworkSpec spec) {
  if (auto known = check_instruction_set(); !known) return known.error();
  auto graph = base::Graph::create(std::move(spec));
  if (!graph) return graph.error();
  Network network;
  network.graph_ = std::move(*graph);
  auto resolved = derivation::resolve(network.graph_);
  if (!resolved) return resolved.error();
  network.resolved_ = std::move(*resolved);
  network.lay_out();
  network.mark_movable();
  return network;
}

template <class T>
void Network<T>::lay_out() {
  std::size_t offset = 0;
  const auto add = [&](View view) {
    view.size = view.senders * base::padded<T>(view.units);
    view.offset = offset;
    offset += view.size;
    views_.push_back(view);
  };
  for (std::size_t l = 0; l < graph_.layers().size(); ++l) {
    const base::Layer& layer = graph_.layers()[l];
    first_view_.push_back(views_.size());
    for (std::size_t b = 0; b < layer.blocks.size(); ++b) {
      const base::Block& block = layer.blocks[b];
      const bool has_mask = std::count(block.mask.begin(), block.mask.end(), 0) > 0;
      add({.layer = l,
           .block = b,
           .source = block.source,
           .senders = block.sending,
           .units = layer.units,
           .has_mask = has_mask});
    }
    for (std::size_t row = 0; row < layer.rows.size(); ++row)
      add({.layer = l,
           .block = layer.blocks.size() + row,
           .senders = 1,
           .units = layer.units,
           .kind = layer.rows[row].kind,
           .frozen = is_frozen(layer, layer.rows[row].kind)});
    normalised_ = normalised_ || layer.is_normalised();
    needs_batches_ = needs_batches_ || layer.normalisation == base::Normalisation::batch;
  }
  first_view_.push_back(views_.size());
  parameters_ = base::AlignedBuffer<T>(offset);
  cut_into_tiles();
}

template <class T>
void Network<T>::cut_into_tiles() {
  for (std::size_t v = 0; v < views_.size(); ++v) {
    const View& view = views_[v];
    const base::Panels<const T> panels{nullptr, view.senders, view.units, 0, view.senders};  // only its shape
    std::size_t offset = view.offset;
    for (std::size_t p = 0; p < panels.count(); ++p)
      for (std::size_t first = 0; first < view.senders; first += base::kPanel<T>) {
        const std::size_t senders = std::min(base::kPanel<T>, view.senders - first);
        tiles_.push_back({.view = v,
                          .panel = p,
                          .first = first,
                          .senders = senders,
                          .units = panels.units_in(p),
                          .width = panels.width(p),
                          .offset = offset});
        offset += tiles_.back().size();
      }
  }
}

template <class T>
void Network<T>::mark_movable() {
  const bool all = std::none_of(views_.begin(), views_.end(), [](const View& v) { return v.has_mask || v.frozen; });
  if (all) return;
  movable_ = base::AlignedBuffer<T>(parameters_.size());
  for (const View& view : views_) {
    if (view.frozen) continue;
    const auto movable = view.in(movable_.data());
    for (std::size_t i = 0; i < view.senders; ++i)
      for (std::size_t u = 0; u < view.units; ++u) {
        const bool exists = !view.is_weights() || graph_.layers()[view.layer].blocks[view.block].connected(u, i);
        movable(i, u) = exists ? T{1} : T{0};
      }
  }
}

template <class T>
Network<T>::Network(const Network& other)
    : graph_(other.graph_),
      resolved_(other.resolved_),
      views_(other.views_),
      tiles_(other.tiles_),
      first_view_(other.first_view_),
      parameters_(other.parameters_.size()),
      movable_(other.movable_),
      normalised_(other.normalised_),
      needs_batches_(other.needs_batches_) {
  other.copy_settled(parameters_.span());
}

template <class T>
void Network<T>::settle() {
  if (pending_ == nullptr) return;
  const base::FlushDenormals mode;  // as in the step that would make it
  for (const View& view : views_)
    if (const auto* change = pending(view))
      kernels::kernels<T>().online.settle({parameters_.data() + view.offset, view.senders, view.units}, *change);
  pending_ = nullptr;
}

template <class T>
void Network<T>::copy_settled(std::span<T> to) const {
  std::copy_n(parameters_.data(), to.size(), to.data());
  if (pending_ == nullptr) return;
  const base::FlushDenormals mode;
  for (const View& view : views_)
    if (const auto* change = pending(view))
      kernels::kernels<T>().online.preview({parameters_.data() + view.offset, view.senders, view.units}, *change,
                                           to.data() + view.offset);
}

template <class T>
std::vector<T> Network<T>::weights() const {
  if (pending_ == nullptr) return to_canonical(parameters_.span());
  base::AlignedBuffer<T> settled(parameters_.size());
  copy_settled(settled.span());
  return to_canonical(settled.span());
}

template <class T>
T Network<T>::parameter(std::size_t place) const {
  if (pending_ == nullptr) return parameters_[place];
  base::AlignedBuffer<T> settled(parameters_.size());
  copy_settled(settled.span());
  return settled[place];
}

template <class T>
const View* Network<T>::row_view(std::size_t layer, ParameterKind kind) const {
  for (std::size_t v = first_view_[layer]; v < first_view_[layer + 1]; ++v)
    if (!views_[v].is_weights() && views_[v].kind == kind) return &views_[v];
  return nullptr;
}

template <class T>
std::size_t Network<T>::place_of(std::size_t canonical) const {
  std::size_t v = views_.size() - 1;
  while (canonical < first_of(graph_, views_[v])) --v;
  const View& view = views_[v];
  const std::size_t within = canonical - first_of(graph_, view);
  const auto panels = view.in(parameters_.data());
  return static_cast<std::size_t>(&panels(within % view.senders, within / view.senders) - parameters_.data());
}

template <class T>
std::vector<T> Network<T>::to_canonical(std::span<const T> flat) const {
  std::vector<T> canonical(graph_.weight_count());
  for (const View& view : views_) {
    T* to = canonical.data() + first_of(graph_, view);
    const auto panels = view.in(flat.data());
    for (std::size_t u = 0; u < view.units; ++u)
      for (std::size_t i = 0; i < view.senders; ++i) *to++ = panels(i, u);
  }
  return canonical;
}

template <class T>
void Network<T>::from_canonical(std::span<const T> canonical, std::span<T> flat) const {
  std::fill(flat.begin(), flat.end(), T{0});
  for (const View& view : views_) {
    const base::Layer& layer = graph_.layers()[view.layer];
    const T* from = canonical.data() + first_of(graph_, view);
    const auto panels = view.in(flat.data());
    for (std::size_t u = 0; u < view.units; ++u)
      for (std::size_t i = 0; i < view.senders; ++i, ++from)
        if (!view.is_weights() || layer.blocks[view.block].connected(u, i)) panels(i, u) = *from;
  }
}

template <class T>
Result<void> Network<T>::set_weights(std::span<const T> canonical) {
  const std::size_t count = graph_.weight_count();
  if (canonical.size() != count)
    return Error{ErrorCode::shape,
                 "weights",
                 std::to_string(canonical.size()) + " numbers",
                 std::to_string(count) + " in canonical order",
                 {}};
  for (std::size_t i = 0; i < count; ++i)
    if (!std::isfinite(canonical[i]) && !is_masked(i))
      return Error{
          ErrorCode::data, "weight " + weight_address(graph_, i), "a number that is not finite", "finite weights", {}};
  for (const base::Layer& layer : graph_.layers())
    if (const base::UnitRow* row = layer.row(ParameterKind::running_variances))
      for (std::size_t i = row->first; i < row->first + layer.units; ++i)
        if (canonical[i] < T{0})
          return Error{
              ErrorCode::data, "weight " + weight_address(graph_, i), "a running variance below 0", "0 or more", {}};
  from_canonical(canonical, parameters());
  return {};
}

template <class T>
bool Network<T>::is_masked(std::size_t canonical) const {
  for (const base::Layer& layer : graph_.layers())
    for (const base::Block& block : layer.blocks)
      if (canonical >= block.first_weight && canonical < block.first_weight + layer.units * block.sending)
        return !block.mask.empty() && block.mask[canonical - block.first_weight] == 0;
  return false;
}

template class Network<float>;
template class Network<double>;

}  // namespace deltarule::network
