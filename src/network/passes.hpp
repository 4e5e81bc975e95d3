// The passes over a workspace: forward (4), deltas (9)–(12), slopes (3). Orchestration only: loops over memory are in
// kernels, and who runs which range on which thread is training's business. Nothing here allocates, throws or locks.
// Every template is instantiated for float and double.
#pragma once

#include <cstddef>
#include <span>

#include "network/network.hpp"
#include "network/workspace.hpp"

namespace deltarule::network {

/// Rows [first, first + count) of a workspace.
struct RowRange {
  std::size_t first = 0;
  std::size_t count = 0;
};

/// Equation (4) and f, layer by layer, for rows whose inputs are in place; normalised layers by normalise.hpp, a masked
/// layer's activations are m f(I), with (8) times m to follow (Workspace::mask_layer). A row's bits do not depend on
/// the range, unless layers go by the statistics of the rows (Workspace::begin_batch): the range is then all of them.
/// Parameters as they lie in memory: no change may be pending (see SettledParameters).
template <class T>
void forward(const Network<T>& network, Workspace<T>& workspace, RowRange rows);

/// The same with other parameters in the network's layout.
template <class T>
void forward(const Network<T>& network, std::span<const T> parameters, Workspace<T>& workspace, RowRange rows);

/// The parameters for forward(): the network's own, or a copy while a change is pending.
template <class T>
class SettledParameters {
 public:
  explicit SettledParameters(const Network<T>& network) : parameters_(network.parameters()) {
    if (network.pending() == nullptr) return;
    copy_ = base::AlignedBuffer<T>(parameters_.size());
    network.copy_settled(copy_.span());
    parameters_ = copy_.span();
  }
  SettledParameters(const SettledParameters&) = delete;
  SettledParameters& operator=(const SettledParameters&) = delete;
  [[nodiscard]] std::span<const T> span() const { return parameters_; }

 private:
  base::AlignedBuffer<T> copy_;
  std::span<const T> parameters_;
};

/// f for row 0 of a workspace of one row, whatever the layer's activation is; and (9), (10) with E for it.
template <class T>
void activate_one(const Network<T>& network, Workspace<T>& workspace, std::size_t layer);
template <class T>
void output_deltas_of_one(const Network<T>& network, Workspace<T>& workspace);
/// (8) for row 0 of a hidden layer's deltas, which hold sums (11).
template <class T>
void multiply_derivative_of_one(const Network<T>& network, Workspace<T>& workspace, std::size_t layer);

/// E_p, (9) and (10) for the outputs, their deltas times `factor`, then (11) and (12) layer by layer, for rows whose
/// targets are in place. Leaves the loss per row. factor = 1/patterns makes them deltas of the mean of E_p.
template <class T>
void deltas(const Network<T>& network, Workspace<T>& workspace, RowRange rows, T factor = T{1});
/// The same with a factor for each row: factors[r] for row rows.first + r. Losses are not multiplied.
template <class T>
void deltas(const Network<T>& network, Workspace<T>& workspace, RowRange rows, std::span<const T> factors);

/// True when in each of the rows' arrays (activations, deltas, normalised net inputs of every layer) the squares of all
/// numbers sum to no more than `bound`, every loss is finite, and what load() gave for their inputs and targets is
/// within the bound, too: a quick look that spares the exact one.
template <class T>
bool is_small(const Network<T>& network, Workspace<T>& workspace, RowRange rows, T bound, T squares_of_patterns);

/// The exact look, after deltas: fault() of every row is the first place where a number is not finite, or where the
/// squares of a layer's numbers sum to one that is not.
template <class T>
void find_faults(const Network<T>& network, Workspace<T>& workspace, RowRange rows);

/// (10) to (12) for row 0 with the caller's ∂E/∂a of the outputs in place of (9), and its faults.
template <class T>
void deltas_from_slopes(const Network<T>& network, Workspace<T>& workspace, std::span<const T> output_slopes);

/// The same for rows of a batch, whose slopes are the workspace's slope_row() of each; faults are not looked for.
template <class T>
void deltas_from_slope_rows(const Network<T>& network, Workspace<T>& workspace, RowRange rows);

/// Σ_k δ_k w_jk for the inputs of row 0, after deltas, into the workspace: −∂E/∂a of the inputs, (11) one layer
/// further. A sum that is not finite is a fault of the first layer's deltas, unless there was a fault before.
template <class T>
void sum_above_inputs(const Network<T>& network, Workspace<T>& workspace);

/// (3) for one tile: slopes[i] = −Σ_p δ a over rows 0 … rows−1, patterns ascending; for gains −Σ_p δ_y Î. slopes:
/// [tile.size()].
template <class T>
void slopes_of_tile(const Network<T>& network, Workspace<T>& workspace, std::size_t rows, const Tile& tile, T* slopes);

/// Sets to zero the slopes of masked weights and frozen rows of one tile.
template <class T>
void hold_still(const Network<T>& network, const Tile& tile, T* slopes);

/// E of one pattern from rows already run forward, without deltas: for evaluation. Targets in place.
template <class T>
double loss_of_row(const Network<T>& network, Workspace<T>& workspace, std::size_t row);

}  // namespace deltarule::network
