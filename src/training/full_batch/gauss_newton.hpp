// The rows of the Jacobian ∂a/∂w of a batch, a chunk of patterns at a time, and the sum of their products: the
// Gauss-Newton form of the second derivatives. Weights that may not move have no column. The whole Jacobian is never
// there.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/aligned.hpp"
#include "network/network.hpp"
#include "network/workspace.hpp"
#include "training/full_batch/method.hpp"
#include "training/full_batch/symmetric.hpp"

namespace deltarule::training {

template <class T>
class GaussNewton {
 public:
  /// Layers that the options freeze have no columns.
  GaussNewton(const network::Network<T>& network, const TrainerOptions& options);

  /// Places of the weights in the flat block, column by column, ascending.
  [[nodiscard]] std::span<const std::size_t> places() const { return places_; }
  [[nodiscard]] network::ParameterKind kind(std::size_t column) const { return kinds_[column]; }
  [[nodiscard]] const SymmetricMatrix& sum() const { return sum_; }

  void clear() { sum_.clear(); }
  /// Adds the products of rows 0 … rows−1 of the workspace, whose deltas are those of one output.
  void add(network::Workspace<T>& workspace, std::size_t rows, const Share& share);
  /// Bytes for so many columns, the factor of the sum included.
  [[nodiscard]] static double bytes(std::size_t columns);

 private:
  /// Columns of one panel that follow each other: weights from one sender to units that follow each other.
  struct Run {
    std::size_t column = 0, length = 0;
    std::size_t layer = 0, unit = 0;
    std::size_t source = 0, sender = 0;
    network::ParameterKind kind = network::ParameterKind::weights;
  };
  void add_column(const network::View& view, std::size_t sender, std::size_t unit, std::size_t place);
  void fill_panel(network::Workspace<T>& workspace, std::size_t rows, std::size_t panel);
  void fill_run(network::Workspace<T>& workspace, std::size_t rows, const Run& run, double* to);

  std::vector<Run> runs_;                      // ascending columns
  std::vector<std::size_t> first_run_;         // of each panel, and the end
  std::vector<network::ParameterKind> kinds_;  // of each column
  std::vector<std::size_t> places_;
  SymmetricMatrix sum_;
  base::AlignedBuffer<double> rows_;  // of one chunk, in panels of kBlock columns
};

extern template class GaussNewton<float>;
extern template class GaussNewton<double>;

}  // namespace deltarule::training
