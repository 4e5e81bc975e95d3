// The memory of a pass: net inputs, activations and deltas of up to `capacity` patterns. Sized once; passes.hpp fills
// it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/aligned.hpp"
#include "base/matrix.hpp"
#include "network/network.hpp"

namespace deltarule::network {

/// Slopes over patterns are summed in chunks of this many, and the chunks' sums are added in order. Part of the bits.
inline constexpr std::size_t kChunk = 256;

/// Where the first number that is not finite was met in a pattern.
enum class Stage : std::uint8_t { none, input, activation, target, loss, delta };
struct Fault {
  Stage stage = Stage::none;
  std::uint32_t layer = 0;  // 0-based; for activation and delta
};

template <class T>
class Workspace {
 public:
  /// `learning` also makes room for deltas.
  Workspace(const Network<T>& network, std::size_t capacity, bool learning);

  [[nodiscard]] std::size_t capacity() const { return capacity_; }
  /// Rows of one layer, [capacity × padded units]; rows of the inputs, [capacity × padded inputs].
  [[nodiscard]] base::MatrixView<T> inputs() { return view(inputs_, input_columns_); }
  [[nodiscard]] base::MatrixView<T> targets() { return view(targets_, output_columns_); }
  [[nodiscard]] base::MatrixView<T> net(std::size_t layer) { return view(net_[layer], units_[layer]); }
  [[nodiscard]] base::MatrixView<T> activations(std::size_t layer) { return view(activations_[layer], units_[layer]); }
  [[nodiscard]] base::MatrixView<T> deltas(std::size_t layer) { return view(deltas_[layer], units_[layer]); }
  /// Activations of a source: 0 is the input, k the k-th layer.
  [[nodiscard]] base::MatrixView<T> source(std::size_t number) {
    return number == 0 ? inputs() : activations(number - 1);
  }
  [[nodiscard]] base::MatrixView<T> outputs() { return activations(units_.size() - 1); }
  /// Σ_k δ_k w_jk for the inputs of row 0: one row.
  [[nodiscard]] base::MatrixView<T> input_sums() {
    return {input_sums_.data(), 1, input_columns_, base::padded<T>(input_columns_)};
  }
  /// Per row: E_p, and where the first number that is not finite was met.
  [[nodiscard]] double& loss(std::size_t row) { return losses_[row]; }
  [[nodiscard]] Fault& fault(std::size_t row) { return faults_[row]; }
  /// Per row: net inputs, activations, targets and slopes of the outputs in double, where the loss is computed.
  [[nodiscard]] double* scratch(std::size_t row) { return scratch_.data() + row * scratch_stride_; }

 private:
  base::MatrixView<T> view(base::AlignedBuffer<T>& buffer, std::size_t columns) {
    return {buffer.data(), capacity_, columns, base::padded<T>(columns)};
  }
  std::size_t capacity_;
  std::size_t input_columns_;
  std::size_t output_columns_;
  std::size_t scratch_stride_ = 0;
  std::vector<std::size_t> units_;
  base::AlignedBuffer<T> inputs_, targets_, input_sums_;
  std::vector<base::AlignedBuffer<T>> net_, activations_, deltas_;
  base::AlignedBuffer<double> scratch_;
  std::vector<double> losses_;
  std::vector<Fault> faults_;
};

extern template class Workspace<float>;
extern template class Workspace<double>;

}  // namespace deltarule::network
