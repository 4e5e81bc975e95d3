// Normalised net inputs (derivation/normalisation.hpp) over a workspace: from I to y = γ Î + β on the way forward, from
// −∂E/∂y to −∂E/∂I on the way back, and the slopes of gains. What is not normalised is passed over. Sums over the units
// of a row are eight strided partial sums, joined in the kernels' tree; sums over patterns go one by one, ascending.
// Plain loops: no multiply-add is fused, so that both arithmetic classes have the same bits here.
#pragma once

#include <cstddef>
#include <span>

#include "network/network.hpp"
#include "network/passes.hpp"
#include "network/workspace.hpp"

namespace deltarule::network {

/// I becomes y in workspace.net(layer), by the units of each row; or, of a layer normalised by batches, by the
/// statistics of the rows where the workspace says so (Workspace::begin_batch), else by the running ones. `parameters`
/// is the flat block. A variance that is not finite makes y NaN.
template <class T>
void normalise(const Network<T>& network, const T* parameters, Workspace<T>& workspace, std::size_t layer,
               RowRange rows);

/// The same for one row by itself, in place; I: [units], padded. A row's bits are those of normalise().
template <class T>
void normalise_row(const Network<T>& network, const T* parameters, std::size_t layer, T* I);

/// −∂E/∂y becomes −∂E/∂I in workspace.deltas(layer); deltas_seen(layer) keeps the first. The weights are the network's.
template <class T>
void denormalise(const Network<T>& network, Workspace<T>& workspace, std::size_t layer, RowRange rows);

/// ∂E/∂γ for one tile of gains: slopes[u] = −Σ_p δ_y Î, patterns ascending; zero where units pad.
template <class T>
void gain_slopes(Workspace<T>& workspace, std::size_t rows, std::size_t layer, const Tile& tile, T* slopes);

}  // namespace deltarule::network
