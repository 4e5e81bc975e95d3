// A network = checked wiring + resolved activations and loss + all parameters in one flat, aligned block. What is
// computed with it is in passes.hpp, how its weights are drawn in init.hpp. Knows no data, files or training.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "base/aligned.hpp"
#include "base/graph.hpp"
#include "deltarule/error.hpp"
#include "deltarule/spec.hpp"
#include "derivation/resolved.hpp"

namespace deltarule::network {

/// Where one matrix of weights, or one row of biases, lies in the flat block: [sender][unit], rows padded to `stride`.
/// A row of biases is the view of the one sender that is always 1.
struct View {
  std::size_t layer = 0;    // 0-based
  std::size_t block = 0;    // index into the layer's blocks; meaningless for biases
  std::size_t source = 0;   // 0 is the input, k the k-th layer; meaningless for biases
  std::size_t senders = 0;  // rows; 1 for biases
  std::size_t units = 0;    // real numbers in a row
  std::size_t stride = 0;   // distance between rows
  std::size_t offset = 0;   // of the first number in the flat block
  bool is_bias = false;
  bool has_mask = false;  // some of its weights do not exist
  bool frozen = false;    // biases that are not trained
  [[nodiscard]] std::size_t size() const { return senders * stride; }
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
  [[nodiscard]] const View& block_view(std::size_t layer, std::size_t block) const {
    return views_[first_view_[layer] + block];
  }
  /// The layer's biases, or null when it has none.
  [[nodiscard]] const View* bias_view(std::size_t layer) const;

  /// The flat block in the kernels' layout. Padding and masked places are zero and must stay so.
  [[nodiscard]] std::span<T> parameters() { return parameters_.span(); }
  [[nodiscard]] std::span<const T> parameters() const { return parameters_.span(); }
  /// 1 where a parameter may move, 0 at masked weights and frozen biases; empty when everything may move.
  [[nodiscard]] std::span<const T> movable() const { return movable_.span(); }
  /// Place in the flat block of the parameter at a canonical position.
  [[nodiscard]] std::size_t place_of(std::size_t canonical) const;

  /// True for a place in the canonical order whose weight does not exist.
  [[nodiscard]] bool is_masked(std::size_t canonical) const;

  /// All weights in canonical order (base/graph.hpp); masked places are 0.
  [[nodiscard]] std::vector<T> weights() const { return to_canonical(parameters()); }
  /// Shape error for a wrong number of weights, data error (with the weight's address) for one that is not finite.
  /// Masked places are ignored.
  Result<void> set_weights(std::span<const T> canonical);
  /// Any block in the layout of the parameters (slopes, rule state), in canonical order, and back.
  [[nodiscard]] std::vector<T> to_canonical(std::span<const T> flat) const;
  void from_canonical(std::span<const T> canonical, std::span<T> flat) const;

 private:
  void lay_out();
  void mark_movable();

  base::Graph graph_;
  derivation::Resolved resolved_;
  std::vector<View> views_;
  std::vector<std::size_t> first_view_;  // per layer
  base::AlignedBuffer<T> parameters_;
  base::AlignedBuffer<T> movable_;
};

extern template class Network<float>;
extern template class Network<double>;

}  // namespace deltarule::network
