// Equation (4) and f for one pattern, in memory that the caller brings: what a real-time thread runs. No allocation, no
// lock, no system call, time bounded by the number of weights. Many patterns at once go through passes.hpp.
#pragma once

#include <cstddef>
#include <span>

#include "network/network.hpp"

namespace deltarule::network {

/// Numbers of scratch that predict_one needs: the activations of every layer (skip connections may want any of them),
/// each padded to whole cache lines.
template <class T>
[[nodiscard]] std::size_t predict_scratch(const Network<T>& network);

/// x: [inputs], y: [outputs], both at any alignment; scratch: predict_scratch() numbers at kAlignment, in any state.
/// The bits are those of forward().
template <class T>
void predict_one(const Network<T>& network, const T* x, T* y, std::span<T> scratch);

/// The same with other weights: `parameters` is laid out as network.parameters() is, and the network's own are not
/// read.
template <class T>
void predict_one_with(const Network<T>& network, std::span<const T> parameters, const T* x, T* y, std::span<T> scratch);

/// The flat block as it is after every change made so far; `to` is as long as parameters().
template <class T>
void copy_parameters(const Network<T>& network, std::span<T> to);

}  // namespace deltarule::network
