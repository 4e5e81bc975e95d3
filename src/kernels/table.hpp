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
          .net_panel = &F::net_panel,
          .transpose = &F::transpose,
          .slope_block = &F::slope_block,
          .bias_slopes = &F::bias_slopes,
          .activate = &F::activate,
          .multiply_derivative = &F::multiply_derivative,
          .softmax = &F::softmax,
          .softmax_panel = &F::softmax_panel,
          .softmax_deltas = &F::softmax_deltas,
          .gather_rows = &F::gather_rows,
          .squared_errors = &F::squared_errors,
          .scale = &F::scale,
          .add_penalties = &F::add_penalties,
          .add = &F::add,
          .multiply = &F::multiply,
          .delta_rule = &F::delta_rule,
          .momentum = &F::momentum,
          .nesterov = &F::nesterov,
          .adam = &F::adam,
          .rmsprop = &F::rmsprop,
          .adagrad = &F::adagrad,
          .adadelta = &F::adadelta,
          .lion = &F::lion,
          .rprop = &F::rprop,
          .quickprop = &F::quickprop,
          .rough_square_sum = &F::rough_square_sum,
          .square_sum = &F::square_sum,
          .keep_movable = &F::keep_movable,
          .learn_chain = &F::learn_chain,
          .online = make_online<T, typename F::Online>()};
}

/// The SIMD tables in this library, best first, whether or not this machine can run them.
std::span<const Kernels<float>* const> compiled_f32();
std::span<const Kernels<double>* const> compiled_f64();

}  // namespace deltarule::kernels
