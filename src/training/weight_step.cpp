#include "training/weight_step.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>

#include "network/passes.hpp"
#include "training/penalties.hpp"
#include "training/updates/registry.hpp"

namespace deltarule::training {

using network::Tile;

namespace {

/// |Δw| ≤ gain · max(1, |g|), and the refusal rule keeps |g| below the root of the largest number; up to this gain no
/// step can make a weight overflow.
constexpr double kTrustedGain = 1e6;

}  // namespace

template <class T>
WeightStep<T>::WeightStep(network::Network<T>& network, const TrainerOptions& options, Sharing& sharing)
    : network_(network),
      options_(options),
      sharing_(sharing),
      kernels_(kernels::kernels<T>()),
      update_(make_update<T>(options.optimizer)),
      slopes_(network.parameters().size()),
      guarded_(!(update_->largest_gain() <= kTrustedGain)) {
  const std::size_t size = slopes_.size();
  for (std::size_t k = 0; k < update_->state_names().size(); ++k) {
    state_.arrays.emplace_back(size);
    std::fill_n(state_.arrays[k].data(), size, static_cast<T>(update_->first_value(k)));
  }
  for (std::size_t k = 0; k < update_->number_names().size(); ++k) state_.numbers.push_back(update_->first_number(k));
  if (guarded_) before_.assign(1 + state_.arrays.size(), base::AlignedBuffer<T>(size));
}

// ---- slopes ----

template <class T>
void WeightStep<T>::add_chunk(network::Workspace<T>& workspace, std::size_t rows, bool is_first) {
  share_tiles(rows, [&](const Tile& tile) { add_tile(workspace, rows, is_first, tile); });
}

template <class T>
void WeightStep<T>::add_tile(network::Workspace<T>& workspace, std::size_t rows, bool is_first, const Tile& tile) {
  T* const total = slopes_.data() + tile.offset;
  if (is_first) return network::slopes_of_tile(network_, workspace, rows, tile, total);
  TileBuffer part;
  network::slopes_of_tile(network_, workspace, rows, tile, part.numbers);
  kernels_.add(part.numbers, total, tile.size());
}

// ---- from slopes to new weights ----

template <class T>
void WeightStep<T>::begin_step(double error) {
  const bool is_penalised = options_.l2 != 0 || options_.l1 != 0;
  if (is_penalised && update_->needs_errors()) error += penalties(network_, options_.l2, options_.l1);
  state_.errors = {error, state_.errors.now};
  ++state_.steps;
  update_->begin_step(state_);
}

template <class T>
void WeightStep<T>::update_tile(const Tile& tile, T* tile_slopes) {
  network::hold_still(network_, tile, tile_slopes);
  const bool decays = !network_.views()[tile.view].is_bias;
  update_->apply(kernels_, {network_.parameters().data() + tile.offset, tile_slopes, tile.offset, tile.size(), decays},
                 state_);
}

template <class T>
void WeightStep<T>::change_from_chunk(network::Workspace<T>& workspace, std::size_t rows, bool is_first, double error) {
  begin_step(error);
  share_tiles(rows + 4, [&](const Tile& tile) {
    TileBuffer part;
    network::slopes_of_tile(network_, workspace, rows, tile, part.numbers);
    T* const total = slopes_.data() + tile.offset;
    if (!is_first) kernels_.add(part.numbers, total, tile.size());
    update_tile(tile, is_first ? part.numbers : total);
  });
}

template <class T>
bool WeightStep<T>::all_finite(const T* values, std::size_t count) const {
  return std::isfinite(kernels_.square_sum(values, count));
}
template <class T>
bool WeightStep<T>::all_finite(const base::AlignedBuffer<T>& values) const {
  bool finite = true;
  for (const Tile& tile : network_.tiles()) finite = finite && all_finite(values.data() + tile.offset, tile.size());
  return finite;
}

/// Penalties (weights only), then stillness of what must not move. True when every slope is finite.
template <class T>
bool WeightStep<T>::finish_tile(const Tile& tile) {
  T* const tile_slopes = slopes_.data() + tile.offset;
  if (!network_.views()[tile.view].is_bias && (options_.l2 != 0 || options_.l1 != 0))
    kernels_.add_penalties(network_.parameters().data() + tile.offset, tile_slopes, static_cast<T>(options_.l2),
                           static_cast<T>(options_.l1), tile.size());
  network::hold_still(network_, tile, tile_slopes);
  return all_finite(tile_slopes, tile.size());
}

template <class T>
void WeightStep<T>::remember() {
  errors_before_ = state_.errors;
  std::copy_n(network_.parameters().data(), slopes_.size(), before_[0].data());
  for (std::size_t k = 0; k < state_.arrays.size(); ++k)
    std::copy_n(state_.arrays[k].data(), slopes_.size(), before_[k + 1].data());
}
template <class T>
void WeightStep<T>::take_back() {
  state_.errors = errors_before_;
  std::copy_n(before_[0].data(), slopes_.size(), network_.parameters().data());
  for (std::size_t k = 0; k < state_.arrays.size(); ++k)
    std::copy_n(before_[k + 1].data(), slopes_.size(), state_.arrays[k].data());
  --state_.steps;
}
template <class T>
bool WeightStep<T>::step_is_finite() const {
  bool finite = true;
  for (const Tile& tile : network_.tiles())
    finite = finite && all_finite(network_.parameters().data() + tile.offset, tile.size());
  for (const auto& array : state_.arrays) finite = finite && all_finite(array);
  return finite;
}

template <class T>
bool WeightStep<T>::finish_slopes() {
  std::atomic<bool> finite{true};
  share_tiles(2, [&](const Tile& tile) {
    if (!finish_tile(tile)) finite.store(false, std::memory_order_relaxed);
  });
  return finite.load();
}

template <class T>
bool WeightStep<T>::change_weights(double error) {
  if (!finish_slopes()) return false;
  if (guarded_) remember();
  begin_step(error);
  share_tiles(4, [&](const Tile& tile) { update_tile(tile, slopes_.data() + tile.offset); });
  if (!guarded_ || step_is_finite()) return true;
  take_back();
  return false;
}

template class WeightStep<float>;
template class WeightStep<double>;

}  // namespace deltarule::training
