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
      guarded_(!(update_->largest_gain() * largest_factor(options) <= kTrustedGain)),
      signs_(network, options) {
  signs_.project(network);
  const std::size_t size = slopes_.size();
  for (std::size_t k = 0; k < update_->state_names().size(); ++k) {
    state_.arrays.emplace_back(size);
    std::fill_n(state_.arrays[k].data(), size, static_cast<T>(update_->first_value(k)));
  }
  for (std::size_t k = 0; k < update_->number_names().size(); ++k) state_.numbers.push_back(update_->first_number(k));
  if (guarded_) before_.assign(1 + state_.arrays.size(), base::AlignedBuffer<T>(size));
  plan_parts();
}

/// Weights do, biases if asked, gains and running statistics never.
template <class T>
bool WeightStep<T>::decays(const network::View& view) const {
  if (view.is_weights()) return true;
  return view.kind == network::ParameterKind::biases && options_.decay_biases && !view.frozen;
}

template <class T>
void WeightStep<T>::plan_parts() {
  std::vector<double> factors(network_.graph().layers().size(), 1.0);
  for (const LayerRate& one : options_.layer_rates) factors[one.layer - 1] = one.factor;
  for (const network::View& view : network_.views()) parts_.push_back({decays(view), factors[view.layer]});
  if (options_.clip_norm != 0) squares_.resize(network_.tiles().size());
  if (options_.max_norm == 0) return;
  for (std::size_t l = 0; l < factors.size(); ++l)
    for (std::size_t p = 0; factors[l] != 0 && p < network_.block_view(l, 0).in(slopes_.data()).count(); ++p)
      unit_panels_.push_back({l, p});
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
  if (is_penalised && update_->needs_errors())
    error += penalties(network_, options_.l2, options_.l1, options_.decay_biases);
  state_.errors = {error, state_.errors.now};
  ++state_.steps;
  update_->begin_step(state_);
}

/// What is left when all tiles have been updated.
template <class T>
void WeightStep<T>::end_step() {
  if (unit_panels_.empty()) return;
  T* const parameters = network_.parameters().data();
  sharing_.share(unit_panels_.size(), 1, slopes_.size() * 2, [&](std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i) limit_incoming(network_, unit_panels_[i], options_.max_norm, parameters);
  });
}

template <class T>
void WeightStep<T>::update_tile(const Tile& tile, T* tile_slopes) {
  if (is_frozen(tile)) return;
  network::hold_still(network_, tile, tile_slopes);
  const Part& part = part_of(tile);
  update_->apply(kernels_,
                 {network_.parameters().data() + tile.offset, tile_slopes, tile.offset, tile.size(), part.decays,
                  part.rate_factor},
                 state_);
  signs_.project(tile, network_.parameters().data() + tile.offset);
}

template <class T>
void WeightStep<T>::change_from_chunk(network::Workspace<T>& workspace, std::size_t rows, bool is_first, double error) {
  begin_step(error);
  share_tiles(rows + 4, [&](const Tile& tile) {
    if (is_frozen(tile)) return;
    TileBuffer part;
    network::slopes_of_tile(network_, workspace, rows, tile, part.numbers);
    T* const total = slopes_.data() + tile.offset;
    if (!is_first) kernels_.add(part.numbers, total, tile.size());
    update_tile(tile, is_first ? part.numbers : total);
  });
  end_step();
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

/// Penalties, stillness of what must not move, and clipping by value. True when every slope was finite: a limit hides
/// none that is not.
template <class T>
bool WeightStep<T>::finish_tile(const Tile& tile) {
  T* const tile_slopes = slopes_.data() + tile.offset;
  if (is_frozen(tile)) {
    std::fill_n(tile_slopes, tile.size(), T{0});
    return true;
  }
  if (part_of(tile).decays && (options_.l2 != 0 || options_.l1 != 0))
    kernels_.add_penalties(network_.parameters().data() + tile.offset, tile_slopes, static_cast<T>(options_.l2),
                           static_cast<T>(options_.l1), tile.size());
  network::hold_still(network_, tile, tile_slopes);
  T squares = kernels_.square_sum(tile_slopes, tile.size());
  if (!std::isfinite(squares)) return false;
  if (options_.clip_value != 0) {
    clip_values(tile_slopes, tile.size(), static_cast<T>(options_.clip_value));
    squares = kernels_.square_sum(tile_slopes, tile.size());
  }
  if (!squares_.empty()) squares_[index_of(tile)] = static_cast<double>(squares);
  return true;
}

/// By norm. Every tile has been finished.
template <class T>
void WeightStep<T>::clip() {
  if (squares_.empty()) return;
  const T factor = static_cast<T>(norm_factor(squares_, options_.clip_norm));
  if (factor == T{1}) return;
  share_tiles(1, [&](const Tile& tile) { kernels_.scale(factor, slopes_.data() + tile.offset, tile.size()); });
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
  if (!finite.load()) return false;
  clip();
  return true;
}

template <class T>
bool WeightStep<T>::change_weights(double error) {
  if (!finish_slopes()) return false;
  if (guarded_) remember();
  begin_step(error);
  share_tiles(4, [&](const Tile& tile) { update_tile(tile, slopes_.data() + tile.offset); });
  if (guarded_ && !step_is_finite()) {
    take_back();
    return false;
  }
  end_step();
  return true;
}

template class WeightStep<float>;
template class WeightStep<double>;

}  // namespace deltarule::training
