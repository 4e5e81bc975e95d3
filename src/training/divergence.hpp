// Numbers that are not finite, told in the field's terms: at which pattern and layer they were first met.
#pragma once

#include <cstddef>
#include <span>

#include "deltarule/error.hpp"
#include "network/network.hpp"
#include "network/workspace.hpp"

namespace deltarule::training {

/// The error for a pattern (counting from 0) whose pass went wrong: diverged, or data for a target that the loss is not
/// defined for.
template <class T>
[[nodiscard]] Error diverged_at(const network::Fault& fault, std::size_t pattern, const network::Network<T>& network);

/// The error for slopes or weights of a batch, every pattern of which was finite. Names the layer of the largest
/// number and the unit that it feeds; NaN is larger than any.
template <class T>
[[nodiscard]] Error diverged_in(const network::Network<T>& network, std::span<const T> values);

}  // namespace deltarule::training
