// The memory of a pass: net inputs, activations and deltas of up to `capacity` patterns, in panels. Sized once;
// passes.hpp fills it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/aligned.hpp"
#include "base/panels.hpp"
#include "base/pattern_source.hpp"
#include "deltarule/error.hpp"
#include "network/network.hpp"

namespace deltarule::network {

/// Slopes over patterns are summed in chunks of this many, and the chunks' sums are added in order. Part of the bits.
inline constexpr std::size_t kChunk = 256;

/// Where the first number that is not finite was met in a pattern, or that the loss is not defined for a target.
enum class Stage : std::uint8_t { none, input, activation, target, target_range, loss, delta };
struct Fault {
  Stage stage = Stage::none;
  std::uint32_t layer = 0;  // 0-based; for activation and delta
};

/// What a normalised layer keeps (normalise.hpp). Sizes as the layer's panels where nothing else is said; what is for
/// learning only is empty otherwise.
template <class T>
struct NormalisedLayer {
  base::AlignedBuffer<T> normal;            // Î; learning
  base::AlignedBuffer<T> deltas_seen;       // −∂E/∂y; learning
  base::AlignedBuffer<T> inverses;          // 1/√(σ² + ε) of each row, or of each unit; learning
  base::AlignedBuffer<T> means, variances;  // of the batch, for each unit; learning
};

template <class T>
class Workspace {
 public:
  using Panels = base::Panels<T>;

  /// `learning` also makes room for deltas.
  Workspace(const Network<T>& network, std::size_t capacity, bool learning);

  [[nodiscard]] std::size_t capacity() const { return capacity_; }
  /// [capacity × inputs] and [capacity × outputs].
  [[nodiscard]] Panels inputs() { return view(inputs_, input_units_); }
  [[nodiscard]] Panels targets() { return view(targets_, units_.back()); }
  /// [capacity × units of the layer]. Net inputs lie where the activations are when f′ follows from a = f(I) alone.
  [[nodiscard]] Panels net(std::size_t layer) {
    return view(net_[layer].size() == 0 ? activations_[layer] : net_[layer], units_[layer]);
  }
  [[nodiscard]] Panels activations(std::size_t layer) { return view(activations_[layer], units_[layer]); }
  /// −∂E/∂I.
  [[nodiscard]] Panels deltas(std::size_t layer) { return view(deltas_[layer], units_[layer]); }
  /// What a normalised layer keeps, and of it Î; of any layer −∂E/∂y, y being what f sees.
  [[nodiscard]] NormalisedLayer<T>& normalised(std::size_t layer) { return normalised_[layer]; }
  [[nodiscard]] Panels normal(std::size_t layer) { return view(normalised_[layer].normal, units_[layer]); }
  [[nodiscard]] Panels deltas_seen(std::size_t layer) {
    const bool apart = !normalised_.empty() && normalised_[layer].deltas_seen.size() > 0;
    return apart ? view(normalised_[layer].deltas_seen, units_[layer]) : deltas(layer);
  }
  /// Layers normalised by batches go by the statistics of the rows 0 … of the next passes, each row as often as its
  /// weight says (null: once), instead of the running ones. To be said for each batch anew, with weights that are not
  /// all 0 and stay where they are; needs room for learning.
  void begin_batch(bool own_statistics, const T* weights) {
    own_statistics_ = own_statistics;
    batch_weights_ = weights;
  }
  [[nodiscard]] bool has_own_statistics() const { return own_statistics_; }
  [[nodiscard]] const T* batch_weights() const { return batch_weights_; }
  /// Activations of a source: 0 is the input, k the k-th layer.
  [[nodiscard]] Panels source(std::size_t number) { return number == 0 ? inputs() : activations(number - 1); }
  [[nodiscard]] Panels outputs() { return activations(units_.size() - 1); }
  /// Σ_k δ_k w_jk for the inputs of row 0: one row.
  [[nodiscard]] Panels input_sums() { return {input_sums_.data(), 1, input_units_, 0, 1}; }

  /// Net inputs get a place of their own in every layer, and stay there: of normalised layers y, which f sees. For
  /// those who want to look at them; no bit of the passes depends on it.
  void keep_net_inputs() {
    for (std::size_t l = 0; l < net_.size(); ++l)
      if (net_[l].size() == 0) net_[l] = base::AlignedBuffer<T>(activations_[l].size());
  }

  /// Room for a factor of every activation of a hidden layer, pattern by pattern (dropout), at first 1. From then on
  /// forward() leaves m f(I) in the activations and m f′(I) in mask_slopes(), which the deltas are multiplied by. Spec
  /// error for the outputs, whose activations the loss computes from their net inputs (all of a softmax at once), and
  /// for a layer that does not exist. Of a learning workspace.
  Result<void> mask_layer(std::size_t layer);
  [[nodiscard]] bool is_masked(std::size_t layer) const { return masks_[layer].size() > 0; }
  /// [capacity × units]: the factors, to be written where the units are, before forward().
  [[nodiscard]] Panels mask(std::size_t layer) { return view(masks_[layer], units_[layer]); }
  [[nodiscard]] Panels mask_slopes(std::size_t layer) { return view(mask_slopes_[layer], units_[layer]); }

  /// Chosen patterns of a source into rows `first` …. Targets are taken when there are as many as outputs. Gives no
  /// less than the sum of the squares of what was loaded, nearly (kernels.hpp, gather_rows).
  T load(const base::PatternSource<T>& source, std::span<const std::uint32_t> patterns, std::size_t first);
  /// One row of inputs, of targets; one row of outputs back. x: [inputs], t and to: [outputs].
  void put_inputs(std::size_t row, const T* x);
  void put_targets(std::size_t row, const T* t);
  void take_outputs(std::size_t row, T* to);

  /// Per row: E_p, and where the first number that is not finite was met.
  [[nodiscard]] double& loss(std::size_t row) { return losses_[row]; }
  [[nodiscard]] Fault& fault(std::size_t row) { return faults_[row]; }
  /// Per row: net inputs, activations, targets and slopes of the outputs in double, where the loss is computed.
  [[nodiscard]] double* scratch(std::size_t row) { return scratch_.data() + row * 4 * units_.back(); }
  /// Per row: numbers of the outputs side by side, for what needs a whole row.
  [[nodiscard]] T* output_row(std::size_t row) { return output_rows_.data() + 2 * row * output_stride(); }
  [[nodiscard]] T* slope_row(std::size_t row) { return output_row(row) + output_stride(); }

 private:
  [[nodiscard]] std::size_t output_stride() const { return base::padded<T>(units_.back()); }
  Panels view(base::AlignedBuffer<T>& buffer, std::size_t units) {
    return {buffer.data(), capacity_, units, 0, capacity_};
  }
  T load_gathered(const base::PatternSource<T>& source, std::span<const std::uint32_t> patterns, std::size_t first);

  std::size_t capacity_;
  std::size_t input_units_;
  std::vector<std::size_t> units_;
  base::AlignedBuffer<T> inputs_, targets_, input_sums_, output_rows_;
  base::AlignedBuffer<T> gathered_;  // rows as a source writes them
  std::vector<base::AlignedBuffer<T>> net_, activations_, deltas_;
  std::vector<base::AlignedBuffer<T>> masks_, mask_slopes_;  // empty for layers without
  std::vector<NormalisedLayer<T>> normalised_;               // empty when no layer is
  bool own_statistics_ = false;
  const T* batch_weights_ = nullptr;
  base::AlignedBuffer<double> scratch_;
  std::vector<double> losses_;
  std::vector<Fault> faults_;
};

extern template class Workspace<float>;
extern template class Workspace<double>;

}  // namespace deltarule::network
