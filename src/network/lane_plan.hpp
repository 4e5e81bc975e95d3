// A network as the plan that kernels for networks in lanes work through (kernels/lanes.hpp), without its weights. Which
// rule changes them is filled in by training.
#pragma once

#include <cstddef>
#include <vector>

#include "derivation/registry.hpp"
#include "kernels/lanes.hpp"
#include "network/network.hpp"

namespace deltarule::network {

/// What the loss of a plan needs: every loss but half the squared error is worked out lane by lane, in double.
template <class T>
struct LaneLossContext {
  const derivation::Loss* loss = nullptr;
  const derivation::Activation* activation = nullptr;
  const T* active = nullptr;   // [lanes]
  const T* softmax = nullptr;  // [2][lanes], see LaneMemory
  std::size_t lanes = 0, outputs = 0;
  double* scratch = nullptr;  // [4 × outputs]: net inputs, activations, targets, slopes
};

/// True when every activation and the loss are built in: nothing of the caller's is called.
template <class T>
[[nodiscard]] bool has_lane_plan(const Network<T>& network);

/// The plan of such a network; `context` is taken into it when the loss needs one.
template <class T>
kernels::LanePlan<T> lane_plan(const Network<T>& network, const LaneLossContext<T>& context);

}  // namespace deltarule::network
