// A network in memory: wiring and weights, prediction. Training is in trainer.hpp; files are in model.hpp.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "deltarule/error.hpp"
#include "deltarule/rows.hpp"
#include "deltarule/spec.hpp"

namespace deltarule {

template <class T>
class BasicTrainer;
template <class T>
class BasicLiveNetwork;
struct JobAccess;  // of fit_many

/// T is float or double. Copying copies the weights; a moved-from network may only be assigned to or destroyed.
template <class T>
class BasicNetwork {
 public:
  /// Builds the network and draws its weights. `init`: "auto" (by activation), "glorot_uniform", "glorot_normal",
  /// "he_uniform", "he_normal", "lecun_uniform", "lecun_normal", "uniform(r)" (in ±r), "constant(c)". Biases start
  /// at zero except under uniform(r) and constant(c). Throws Exception (spec) for a spec that cannot be built.
  BasicNetwork(NetworkSpec spec, Seed seed, const std::string& init = "auto");
  /// The same without exceptions.
  static Result<BasicNetwork> create(NetworkSpec spec, Seed seed, const std::string& init = "auto");

  BasicNetwork(const BasicNetwork& other);
  /// A trainer of this network goes on with the new weights if the specs are equal, and may no longer be used
  /// otherwise.
  BasicNetwork& operator=(const BasicNetwork& other);
  BasicNetwork(BasicNetwork&& other) noexcept;
  BasicNetwork& operator=(BasicNetwork&& other) noexcept;
  ~BasicNetwork();

  [[nodiscard]] const NetworkSpec& spec() const noexcept;
  [[nodiscard]] std::size_t inputs() const noexcept;
  [[nodiscard]] std::size_t outputs() const noexcept;

  /// Weights in canonical order: layer by layer; in a layer source by source, [receiving unit][sending unit], row by
  /// row; then the layer's biases; of a normalised layer its gains and, for batches, its running means and running
  /// variances. Masked weights have their place and are 0.
  [[nodiscard]] std::size_t weight_count() const noexcept;
  [[nodiscard]] std::vector<T> weights() const;
  /// Shape error unless there are weight_count() of them; data error for one that is not finite and for a running
  /// variance below 0. Masked places are ignored.
  Result<void> set_weights(std::span<const T> canonical);
  /// One weight by address: "x1:h1.2", "h1.2:y1", "1:y1" (bias), "gain:h1.2"; counting from 1 (docs/formats.md).
  [[nodiscard]] Result<T> weight(const std::string& address) const;

  /// A network without normalisation by batches and with the same predictions up to rounding: running means, running
  /// variances and gains become part of weights and biases. Spec error when a layer is normalised over its units, which
  /// cannot be folded.
  [[nodiscard]] Result<BasicNetwork> folded() const;

  /// Activations of the outputs for one pattern, equation (4) and f, layer by layer. x: [inputs], y: [outputs].
  /// Shape error if they are not. Thread-safe on a const network. For real-time threads: from the first call free of
  /// heap, lock and system call, in time bounded by the number of weights. The exceptions: a shape error allocates its
  /// message, and of a network with more than 32 KB of activations only 16 predictions at the same time do without the
  /// heap. What a registered activation of your own does is up to you.
  Result<void> predict(std::span<const T> x, std::span<T> y) const noexcept;
  /// The same for many patterns: y is [x.count × outputs], row by row, with the bits of single predictions. Memory is
  /// allocated on the first call, and kept.
  Result<void> predict(Rows<T> x, std::span<T> y) const;

 private:
  friend class BasicTrainer<T>;
  friend class BasicLiveNetwork<T>;
  friend struct JobAccess;
  struct Impl;
  explicit BasicNetwork(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

extern template class BasicNetwork<float>;
extern template class BasicNetwork<double>;

using Network = BasicNetwork<float>;
using NetworkF64 = BasicNetwork<double>;

}  // namespace deltarule
