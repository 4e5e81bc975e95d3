// A network = checked wiring + resolved activations and loss + all parameters in one flat, aligned block. What is
// computed with it is in passes.hpp, how its weights are drawn in init.hpp. Knows no data, files or training.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "base/aligned.hpp"
#include "base/graph.hpp"
#include "base/panels.hpp"
#include "deltarule/error.hpp"
#include "deltarule/spec.hpp"
#include "derivation/resolved.hpp"
#include "kernels/online.hpp"

namespace deltarule::network {

using base::ParameterKind;

/// Where one matrix of weights, or one row of numbers of the units (biases, gains, running statistics), lies in the
/// flat block: senders × units in panels. A row is a view of one sender; that of the biases is always 1.
struct View {
  std::size_t layer = 0;    // 0-based
  std::size_t block = 0;    // index into the layer's blocks; meaningless for rows
  std::size_t source = 0;   // 0 is the input, k the k-th layer; meaningless for rows
  std::size_t senders = 0;  // 1 for rows
  std::size_t units = 0;    // receiving
  std::size_t size = 0;     // numbers, padding included
  std::size_t offset = 0;   // of the first number in the flat block
  ParameterKind kind = ParameterKind::weights;
  bool has_mask = false;  // some of its weights do not exist
  bool frozen = false;    // biases that are not trained, running statistics
  /// What penalties and decay are for, and no other kind.
  [[nodiscard]] bool is_weights() const { return kind == ParameterKind::weights; }
  /// The view in a block laid out like the parameters.
  template <class T>
  [[nodiscard]] base::Panels<T> in(T* flat) const {
    return {flat + offset, senders, units, 0, senders};
  }
};

/// The weights of one view between one panel of sending and one panel of receiving units: what one owner works on at a
/// time. They follow each other in the flat block: [senders][width].
struct Tile {
  std::size_t view = 0;
  std::size_t panel = 0;  // of receiving units
  std::size_t first = 0;  // sender
  std::size_t senders = 0;
  std::size_t units = 0;  // real receiving units
  std::size_t width = 0;
  std::size_t offset = 0;  // in the flat block
  [[nodiscard]] std::size_t size() const { return senders * width; }
};

/// Names for addresses; empty lists mean x1, x2 … and y1, y2 ….
struct Names {
  std::vector<std::string> inputs = {};
  std::vector<std::string> outputs = {};
};

template <class T>
class Network {
 public:
  /// Checks wiring, activations and loss. All parameters are zero: see init.hpp.
  static Result<Network> create(NetworkSpec spec);

  [[nodiscard]] const base::Graph& graph() const { return graph_; }
  [[nodiscard]] const NetworkSpec& spec() const { return graph_.spec(); }
  [[nodiscard]] std::size_t inputs() const { return graph_.inputs(); }
  [[nodiscard]] std::size_t outputs() const { return graph_.outputs(); }
  [[nodiscard]] const derivation::Activation& activation(std::size_t layer) const {
    return resolved_.activations[layer];
  }
  [[nodiscard]] const derivation::Loss& loss() const { return resolved_.loss; }
  /// What the names of the spec stand for; with graph() and weights() all that the derivation's reference pass needs.
  [[nodiscard]] const derivation::Resolved& resolved() const { return resolved_; }

  /// Every view of the flat block, ascending offsets, without gaps.
  [[nodiscard]] std::span<const View> views() const { return views_; }
  /// Every tile of every view, ascending offsets, without gaps.
  [[nodiscard]] std::span<const Tile> tiles() const { return tiles_; }
  [[nodiscard]] const View& block_view(std::size_t layer, std::size_t block) const {
    return views_[first_view_[layer] + block];
  }
  /// A row of the layer, or null when it has none of that kind.
  [[nodiscard]] const View* row_view(std::size_t layer, ParameterKind kind) const;
  [[nodiscard]] const View* bias_view(std::size_t layer) const { return row_view(layer, ParameterKind::biases); }
  /// True when some layer is normalised at all, and by batches.
  [[nodiscard]] bool is_normalised() const { return normalised_; }
  [[nodiscard]] bool needs_batches() const { return needs_batches_; }

  /// The flat block in the kernels' layout. Padding and masked places are zero and must stay so. Makes a pending
  /// change.
  [[nodiscard]] std::span<T> parameters() {
    settle();
    return parameters_.span();
  }
  /// The same as it lies in memory, without a pending change.
  [[nodiscard]] std::span<const T> parameters() const { return parameters_.span(); }

  /// The change that the last pattern asks for, while it is still to be made (kernels/online.hpp): one entry per view,
  /// those of frozen biases without d. Null when there is none. It is the trainer's, which makes it with its next step
  /// or before it goes away; whoever reads weights counts it in.
  [[nodiscard]] const kernels::RankOne<T>* pending() const { return pending_; }
  /// The entry of one view, or null when there is nothing to change.
  [[nodiscard]] const kernels::RankOne<T>* pending(const View& view) const {
    if (pending_ == nullptr) return nullptr;
    const kernels::RankOne<T>* change = pending_ + (&view - views_.data());
    return change->d != nullptr ? change : nullptr;
  }
  /// Leaves a change to be made, in place of one that has been; null: none is left. It must outlive its being pending.
  void leave_pending(const kernels::RankOne<T>* changes) { pending_ = changes; }
  /// Makes the pending change, if there is one.
  void settle();
  /// The flat block as it is after the pending change, which is not made. to: as long as parameters().
  void copy_settled(std::span<T> to) const;
  /// 1 where a parameter may move, 0 at masked weights and in frozen rows; empty when everything may move.
  [[nodiscard]] std::span<const T> movable() const { return movable_.span(); }
  /// Place in the flat block of the parameter at a canonical position.
  [[nodiscard]] std::size_t place_of(std::size_t canonical) const;

  /// True for a place in the canonical order whose weight does not exist.
  [[nodiscard]] bool is_masked(std::size_t canonical) const;

  /// All weights in canonical order (base/graph.hpp); masked places are 0.
  [[nodiscard]] std::vector<T> weights() const;
  /// One of them, by its place in the flat block.
  [[nodiscard]] T parameter(std::size_t place) const;
  /// Shape error for a wrong number of weights, data error (with the weight's address) for one that is not finite and
  /// for a running variance below 0. Masked places are ignored.
  Result<void> set_weights(std::span<const T> canonical);
  /// Any block in the layout of the parameters (slopes, rule state), in canonical order, and back.
  [[nodiscard]] std::vector<T> to_canonical(std::span<const T> flat) const;
  void from_canonical(std::span<const T> canonical, std::span<T> flat) const;

  Network(const Network& other);  // the copy has no pending change: it is made there
  Network& operator=(const Network& other) { return *this = Network(other); }
  Network(Network&&) noexcept = default;
  Network& operator=(Network&&) noexcept = default;

 private:
  Network() = default;
  void lay_out();
  void cut_into_tiles();
  void mark_movable();

  base::Graph graph_;
  derivation::Resolved resolved_;
  std::vector<View> views_;
  std::vector<Tile> tiles_;
  std::vector<std::size_t> first_view_;  // per layer
  base::AlignedBuffer<T> parameters_;
  base::AlignedBuffer<T> movable_;
  const kernels::RankOne<T>* pending_ = nullptr;
  bool normalised_ = false, needs_batches_ = false;
};

extern template class Network<float>;
extern template class Network<double>;

}  // namespace deltarule::network
