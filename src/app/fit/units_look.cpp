#include "app/fit/units_look.hpp"

#include <algorithm>
#include <cmath>

namespace deltarule::app {
namespace {

// From when on a unit counts. Those of a healthy run stay well below: the defaults on iris, wdbc and diabetes.
constexpr double kNearABound = 0.01, kMostRows = 0.95;
constexpr double kSame = 1e-6;
constexpr double kManySaturated = 0.5, kManyDead = 0.25;  // shares of a layer
constexpr double kNoInput = 1e-3;                         // of the median input

std::vector<std::uint32_t> sample_of(std::size_t rows) {
  const std::size_t count = std::min(rows, kRowsLookedAt);
  std::vector<std::uint32_t> sample(count);
  for (std::size_t k = 0; k < count; ++k) sample[k] = static_cast<std::uint32_t>(k * rows / count);
  return sample;
}

bool exceeds(std::size_t part, double share, std::size_t all) {
  return static_cast<double>(part) > share * static_cast<double>(all);
}

std::string part_text(std::size_t part, const LayerHealth& layer, std::size_t l, const char* state) {
  return std::to_string(part) + " of " + std::to_string(layer.units) + " " + layer.activation + " units of layer " +
         std::to_string(l + 1) + " are " + state;
}

}  // namespace

template <class T>
UnitsLook<T>::UnitsLook(const network::Network<T>& network, const data::PreparedPatterns<T>& patterns)
    : network_(network), sums_(network.inputs()), input_squares_(network.inputs()) {
  for (const base::Layer& layer : network.graph().layers()) {
    ranges_.emplace_back(layer.units);
    squares_.push_back(0.0);
  }
  const std::vector<std::uint32_t> sample = sample_of(patterns.size());
  rows_ = sample.size();
  network::Workspace<T> workspace(network, network::kChunk, true);
  for (std::size_t first = 0; first < sample.size(); first += network::kChunk) {
    const auto chunk = std::span(sample).subspan(first, std::min(network::kChunk, sample.size() - first));
    workspace.load(patterns, chunk, 0);
    network::forward(network, workspace, {0, chunk.size()});
    network::deltas(network, workspace, {0, chunk.size()});
    for (std::size_t r = 0; r < chunk.size(); ++r) take_row(workspace, r, first + r == 0);
  }
}

template <class T>
std::vector<LayerHealth> UnitsLook<T>::layers() const {
  std::vector<LayerHealth> all;
  for (std::size_t l = 0; l < ranges_.size(); ++l) {
    LayerHealth health{network_.activation(l).name, ranges_[l].size()};
    const double count = static_cast<double>(rows_ * ranges_[l].size());
    health.delta = std::sqrt(squares_[l] / count);
    const bool is_hidden = l + 1 < ranges_.size();
    for (const UnitRange& unit : ranges_[l]) {
      const bool saturated = static_cast<double>(unit.near_a_bound) >= kMostRows * static_cast<double>(rows_);
      const double size = std::max(std::fabs(unit.low), std::fabs(unit.high));
      const bool same = unit.high - unit.low <= kSame * std::max(size, kSame);
      health.saturated += is_hidden && saturated ? 1 : 0;
      health.dead += is_hidden && same && !saturated && rows_ > 1 ? 1 : 0;
    }
    all.push_back(std::move(health));
  }
  return all;
}

template <class T>
std::vector<std::string> UnitsLook<T>::unused_inputs(const std::vector<std::string>& names) const {
  std::vector<double> reach(network_.inputs());
  const std::vector<T> weights = network_.weights();
  for (const base::Layer& layer : network_.graph().layers())
    for (const base::Block& block : layer.blocks) {
      if (block.source != 0) continue;
      for (std::size_t k = 0; k < layer.units * block.sending; ++k) {
        const auto weight = static_cast<double>(weights[block.first_weight + k]);
        reach[k % block.sending] += weight * weight;
      }
    }
  const auto n = static_cast<double>(rows_);
  for (std::size_t i = 0; i < reach.size(); ++i) {
    const double mean = sums_[i] / n, variance = std::max(input_squares_[i] / n - mean * mean, 0.0);
    reach[i] = std::sqrt(reach[i] * variance);
  }
  std::vector<double> sorted = reach;
  std::sort(sorted.begin(), sorted.end());
  std::vector<std::string> unused;
  for (std::size_t i = 0; i < reach.size(); ++i)
    if (reach[i] < kNoInput * sorted[sorted.size() / 2]) unused.push_back(names[i]);
  return unused;
}

template <class T>
void UnitsLook<T>::take_row(network::Workspace<T>& workspace, std::size_t r, bool is_first) {
  for (std::size_t l = 0; l < ranges_.size(); ++l) {
    const derivation::Activation& f = network_.activation(l);
    const double near = f.is_bounded() ? kNearABound * (f.high - f.low) : -1.0;
    const auto activations = workspace.activations(l), deltas = workspace.deltas(l);
    for (std::size_t j = 0; j < ranges_[l].size(); ++j) {
      UnitRange& unit = ranges_[l][j];
      const auto a = static_cast<double>(activations(r, j)), delta = static_cast<double>(deltas(r, j));
      unit.low = is_first ? a : std::min(unit.low, a);
      unit.high = is_first ? a : std::max(unit.high, a);
      unit.near_a_bound += a - f.low < near || f.high - a < near ? 1 : 0;
      squares_[l] += delta * delta;
    }
  }
  const auto inputs = workspace.inputs();
  for (std::size_t i = 0; i < sums_.size(); ++i) {
    const auto x = static_cast<double>(inputs(r, i));
    sums_[i] += x;
    input_squares_[i] += x * x;
  }
}

template class UnitsLook<float>;
template class UnitsLook<double>;

bool has_many_dead(const LayerHealth& layer) { return exceeds(layer.dead, kManyDead, layer.units); }
bool has_many_saturated(const LayerHealth& layer) { return exceeds(layer.saturated, kManySaturated, layer.units); }

std::string dead_text(const LayerHealth& layer, std::size_t l) { return part_text(layer.dead, layer, l, "dead"); }
std::string saturated_text(const LayerHealth& layer, std::size_t l) {
  return part_text(layer.saturated, layer, l, "saturated");
}

}  // namespace deltarule::app
