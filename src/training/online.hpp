// Per-pattern (online) learning with the delta rule or momentum, quick: the change that a pattern asks for stays
// pending (network.hpp) and is made inside the forward pass of the next pattern, one load and one store per weight for
// both. The bits are those of changing first. Decides nothing about odd patterns: what is not plainly finite goes the
// trainer's general way, which looks at every slope.
//
// Look-ahead: with W' = W + x d of a pattern, W' x' = W x' + d (x · x'), so one pass over the weights of the inputs can
// serve two patterns. Used inside an epoch of single patterns for first layers that do not fit the second-level cache:
// those are limited by reading and writing weights (limits: 1.5 cycles per 8 weights against 1.05). Pairs are anchored
// at the beginning of the epoch; only rounding differs from one pattern at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "deltarule/training.hpp"
#include "kernels/kernels.hpp"
#include "network/network.hpp"
#include "network/workspace.hpp"
#include "training/updates/update.hpp"

namespace deltarule::training {

/// Weights that leave the inputs, above which two patterns share a pass over them.
inline constexpr std::size_t kLookAheadWeights = 1u << 18;

template <class T>
class Online {
 public:
  /// Null for rules and settings that need the general way. The network and the velocity must outlive it.
  static std::unique_ptr<Online> create(network::Network<T>& network, const TrainerOptions& options,
                                        UpdateState<T>& state, std::size_t look_ahead_weights = kLookAheadWeights);
  Online(network::Network<T>& network, double rate, UpdateState<T>& state, T momentum, std::size_t look_ahead_weights);
  /// Makes what it has left pending.
  ~Online();
  Online(const Online&) = delete;
  Online& operator=(const Online&) = delete;

  /// What the rate is multiplied by from the next pattern on; a change that is pending stays what it is.
  void set_rate_factor(double factor) noexcept;

  /// One pattern: x [inputs], t [outputs], any alignment. True: learned, its change is pending. False: some number is
  /// not plainly finite, and the pattern has changed nothing (an earlier pending change may have been made). `loss`,
  /// unless null, becomes E before the change. The change is that of `weight` times E.
  bool learn(const T* x, const T* t, double* loss, T weight = T{1}) noexcept;

  /// The same change, made at once, from activations and deltas in a workspace of one row. False, and nothing changed,
  /// when they are not plainly finite.
  bool change_now(network::Workspace<T>& rows) noexcept;

  /// Whether learn_pair() is worth its while.
  [[nodiscard]] bool looks_ahead() const { return looks_ahead_; }
  /// Two patterns, one after the other, in one pass over the weights of the inputs: how many were learned before one
  /// was not plainly finite. Sets as many losses. finish_pairs() must follow before anybody else looks at the weights.
  std::size_t learn_pair(const std::array<const T*, 2>& x, const std::array<const T*, 2>& t,
                         std::array<double, 2>& losses, const std::array<T, 2>& weights = {T{1}, T{1}}) noexcept;
  /// Leaves no more than one change pending.
  void finish_pairs() noexcept;

 private:
  /// What a pattern leaves behind: its activations and η δ are its change.
  struct Side {
    network::Workspace<T> rows;
    std::vector<base::AlignedBuffer<T>> d;     // per layer
    std::vector<kernels::RankOne<T>> changes;  // per view
    std::vector<kernels::ChainRow<T>> chain_rows;
    kernels::ChainSide<T> chain;  // the same memory
  };
  struct Block {
    kernels::RowBlock<T> weights;
    std::size_t view, source;
  };
  struct Feed {  // a block that hands deltas down
    kernels::RowBlock<const T> weights;
    std::size_t layer;
  };
  struct Layer {
    std::vector<Block> blocks;
    std::vector<Feed> feeds;  // last layer first
    T* bias = nullptr;
    std::size_t bias_view = 0;
    bool bias_moves = false;
    bool plain = false;    // f is a kernel's
    bool bounded = false;  // f is, so that only NaN could be wrong with an activation, and then its delta is NaN
    bool from_inputs = false;
    kernels::ActivationKind kind = {};
    T parameter = T{0};
    std::size_t units = 0, padded = 0;
  };

  void plan();
  void plan_masks();
  void plan_chain();
  void plan_layer(std::size_t l);
  void add_side();
  [[nodiscard]] Side& next_side();
  [[nodiscard]] bool has_pending(const Side* side) const;

  bool take(Side& now, const T* x, const T* t);
  bool forward(Side& now, const Side* before, bool inputs_done);
  void begin_beside(Side& now, const Side& before);
  void into_layer(const Layer& layer, Side& now, const Side* before, std::size_t l, bool inputs_done);
  [[nodiscard]] bool skips_zeros(const Side& now, const Side& before) const;
  bool output_deltas(Side& now, double* loss, T weight);
  bool back(Side& now);
  bool take_steps(Side& now, std::size_t l);
  bool finish(Side& now, double* loss, bool small, T weight);
  bool leave(Side& now, bool small);
  void begin_pair(Side& one, Side& two);
  void begin_second(const Side& one, Side& two);

  network::Network<T>& network_;
  const kernels::Kernels<T>& kernels_;
  double rate_setting_;
  T rate_, momentum_;
  T* velocity_ = nullptr;
  T bound_;
  bool looks_ahead_ = false;
  bool plain_loss_ = false;
  bool may_skip_ = false;
  std::vector<std::size_t> beside_;  // the two layers whose weights of the inputs go side by side, or none
  std::vector<Layer> layers_;
  std::vector<kernels::ChainLayer<T>> chain_layers_;  // empty: not a narrow chain
  kernels::Chain<T> chain_;
  std::vector<std::vector<std::int8_t>> movable_;  // per view; empty where everything moves
  std::vector<std::vector<std::uint32_t>> movable_bits_;
  std::vector<std::unique_ptr<Side>> sides_;
  std::size_t turn_ = 0;
  const Side* last_ = nullptr;   // whose change is pending
  const Side* first_ = nullptr;  // and whose change to the weights of the inputs is pending before that
  base::AlignedBuffer<T> one_, zeros_, d_;
  std::vector<std::uint32_t> places_;
};

extern template class Online<float>;
extern template class Online<double>;

}  // namespace deltarule::training
