// What turns activations and deltas into slopes (3), and slopes into new weights: reduction is done, what is left are
// penalties, what must not move, clipping, the rule, and the limit of incoming weights. Knows no patterns and no
// passes. A step whose slopes are known to be finite goes tile by tile while they are in the cache (fused), the others
// see all slopes first.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "base/aligned.hpp"
#include "deltarule/training.hpp"
#include "kernels/kernels.hpp"
#include "network/network.hpp"
#include "network/workspace.hpp"
#include "training/options.hpp"
#include "training/sharing.hpp"
#include "training/signs.hpp"
#include "training/step_limits.hpp"
#include "training/updates/update.hpp"

namespace deltarule::training {

template <class T>
class WeightStep {
 public:
  /// Options must have been checked; they, network and sharing must outlive it.
  WeightStep(network::Network<T>& network, const TrainerOptions& options, Sharing& sharing);

  /// A step whose slopes are known to be finite may change weights tile by tile, unless something must see all slopes
  /// or all weights first.
  [[nodiscard]] bool may_fuse() const { return !guarded_ && takes_slopes_as_they_are(options_); }
  /// Looks at every weight after every step, and takes a bad one back.
  [[nodiscard]] bool is_guarded() const { return guarded_; }

  /// (3) for one chunk into the slopes, weights split over the team. The first chunk starts the sums, the others are
  /// added to them.
  void add_chunk(network::Workspace<T>& workspace, std::size_t rows, bool is_first);
  /// A whole step: slopes of the last chunk, added to those before, and the weight change, tile by tile. For slopes
  /// that are known to be finite, where may_fuse(). `error`: E of the batch, reduced, without penalties; NaN when it is
  /// not known.
  void change_from_chunk(network::Workspace<T>& workspace, std::size_t rows, bool is_first, double error);
  /// Penalties into the slopes that have been added up, and 0 where nothing may move. False when one is not finite.
  bool finish_slopes();
  /// A whole step from the slopes that have been added up, unless a number is not finite: false then, and nothing
  /// changes. `error` likewise.
  bool change_weights(double error);

  [[nodiscard]] std::span<const T> slopes() const { return slopes_.span(); }
  [[nodiscard]] const Update<T>& update() const { return *update_; }
  [[nodiscard]] UpdateState<T>& state() { return state_; }

 private:
  /// Slopes of one tile on the stack.
  struct TileBuffer {
    alignas(base::kAlignment) T numbers[base::kPanel<T> * base::kPanel<T>];
  };

  /// work(tile) for every tile; owners take whole tiles.
  template <class Work>
  void share_tiles(std::size_t work_per_number, const Work& work) {
    sharing_.share_tiles(network_.tiles(), slopes_.size() * work_per_number, work);
  }
  /// By view: whether l2, l1 and decay are of it, and what its rate is multiplied by; 0: nothing of it changes.
  struct Part {
    bool decays = true;
    double rate_factor = 1.0;
  };
  [[nodiscard]] const Part& part_of(const network::Tile& tile) const { return parts_[tile.view]; }
  [[nodiscard]] bool is_frozen(const network::Tile& tile) const { return part_of(tile).rate_factor == 0; }
  [[nodiscard]] std::size_t index_of(const network::Tile& tile) const {
    return static_cast<std::size_t>(&tile - network_.tiles().data());
  }
  [[nodiscard]] bool decays(const network::View& view) const;
  void plan_parts();
  void add_tile(network::Workspace<T>& workspace, std::size_t rows, bool is_first, const network::Tile& tile);
  void begin_step(double error);
  void end_step();
  void update_tile(const network::Tile& tile, T* tile_slopes);
  bool all_finite(const T* values, std::size_t count) const;
  bool all_finite(const base::AlignedBuffer<T>& values) const;
  bool finish_tile(const network::Tile& tile);
  void clip();
  void remember();
  void take_back();
  [[nodiscard]] bool step_is_finite() const;

  network::Network<T>& network_;
  const TrainerOptions& options_;
  Sharing& sharing_;
  const kernels::Kernels<T>& kernels_;
  std::unique_ptr<const Update<T>> update_;
  UpdateState<T> state_;
  base::AlignedBuffer<T> slopes_;
  std::vector<Part> parts_;             // by view
  std::vector<double> squares_;         // of the slopes of each tile; empty without clip_norm
  std::vector<UnitPanel> unit_panels_;  // whose incoming weights are limited
  bool guarded_;
  std::vector<base::AlignedBuffer<T>> before_;  // weights and state before a guarded step
  BatchErrors errors_before_;
  Signs<T> signs_;
};

extern template class WeightStep<float>;
extern template class WeightStep<double>;

}  // namespace deltarule::training
