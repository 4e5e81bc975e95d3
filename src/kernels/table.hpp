// How a table is made of functions, and which SIMD tables were compiled into this library. Knows no instruction set.
#pragma once

#include <span>

#include "kernels/kernels.hpp"

namespace deltarule::kernels {

/// The pointers of any struct with these static functions, as a table.
template <class T, class Functions>
constexpr Kernels<T> make_table(const char* name, bool fused) {
  using F = Functions;
  return {.name = name,
          .fused = fused,
          .set_net = &F::set_net,
          .accumulate_net = &F::accumulate_net,
          .propagate_back = &F::propagate_back,
          .accumulate_slopes = &F::accumulate_slopes,
          .accumulate_bias_slopes = &F::accumulate_bias_slopes,
          .activate = &F::activate,
          .multiply_derivative = &F::multiply_derivative,
          .softmax = &F::softmax,
          .finish_slopes = &F::finish_slopes,
          .add = &F::add,
          .delta_rule = &F::delta_rule,
          .momentum = &F::momentum,
          .nesterov = &F::nesterov,
          .adam = &F::adam,
          .all_finite = &F::all_finite};
}

/// The SIMD tables in this library, best first, whether or not this machine can run them.
std::span<const Kernels<float>* const> compiled_f32();
std::span<const Kernels<double>* const> compiled_f64();

}  // namespace deltarule::kernels
