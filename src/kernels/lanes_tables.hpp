// Which tables for networks in lanes were compiled into this library. Knows no instruction set.
#pragma once

#include <span>

#include "kernels/lanes.hpp"

namespace deltarule::kernels {

/// The SIMD tables in this library, best first, whether or not this machine can run them.
std::span<const LaneKernels<float>* const> compiled_lanes_f32();
std::span<const LaneKernels<double>* const> compiled_lanes_f64();

}  // namespace deltarule::kernels
