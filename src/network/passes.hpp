// The passes over a workspace: forward (4), deltas (9)–(12), slopes (3). Orchestration only: loops over memory are in
// kernels, and who runs which range on which thread is training's business. Nothing here allocates, throws or locks.
// Every template is instantiated for float and double.
#pragma once

#include <cstddef>
#include <span>

#include "base/aligned.hpp"
#include "network/network.hpp"
#include "network/workspace.hpp"

namespace deltarule::network {

/// Rows [first, first + count) of a workspace.
struct RowRange {
  std::size_t first = 0;
  std::size_t count = 0;
};

/// Numbers [first, last) of the flat block; both on alignment boundaries.
struct ParameterRange {
  std::size_t first = 0;
  std::size_t last = 0;
};

/// Equation (4) and f, layer by layer, for rows whose inputs are in place. A row's bits do not depend on the range.
template <class T>
void forward(const Network<T>& network, Workspace<T>& workspace, RowRange rows);

/// E_p, (9) and (10) for the outputs, then (11) and (12) layer by layer, for rows whose targets are in place. Leaves
/// per row the loss and, in fault(), the first place where a number is not finite.
template <class T>
void deltas(const Network<T>& network, Workspace<T>& workspace, RowRange rows);

/// The same for row 0 with the caller's ∂E/∂a of the outputs in place of (9).
template <class T>
void deltas_from_slopes(const Network<T>& network, Workspace<T>& workspace, std::span<const T> output_slopes);

/// Σ_k δ_k w_jk for the inputs of row 0, after deltas, into the workspace: −∂E/∂a of the inputs, (11) one layer
/// further. A sum that is not finite is a fault of the first layer's deltas, unless there was a fault before.
template <class T>
void sum_above_inputs(const Network<T>& network, Workspace<T>& workspace);

/// (3): slopes[i] −= Σ_p δ a over rows 0 … rows−1, patterns ascending, for a part of the flat block.
template <class T>
void accumulate_slopes(const Network<T>& network, Workspace<T>& workspace, std::size_t rows, ParameterRange range,
                       std::span<T> slopes);

/// Sets to zero the slopes of masked weights and frozen biases in a part of the flat block.
template <class T>
void hold_still(const Network<T>& network, ParameterRange range, std::span<T> slopes);

/// Numbers of the flat block that one owner takes at a time, and that are checked together: fixed, so that neither
/// depends on the number of threads.
template <class T>
[[nodiscard]] constexpr std::size_t owned_together() {
  return 8 * base::kAlignment / sizeof(T);
}

/// E of one pattern from rows already run forward, without deltas: for evaluation. Targets in place.
template <class T>
double loss_of_row(const Network<T>& network, Workspace<T>& workspace, std::size_t row);

}  // namespace deltarule::network
