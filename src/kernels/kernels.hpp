// Loops over memory, chosen once for the machine's instruction set. Knows pointers, sizes and strides; knows no layers.
//
// Layout: activations and deltas are [pattern][unit], weights [sending unit][receiving unit], so that every inner loop
// runs over receiving units. Rows of units are padded to base::padded<T>() numbers and start on a 64-byte boundary;
// sizes below are the real ones, strides the padded ones. Row kernels (rows × units) may compute the padding as well:
// padding of weights, biases, deltas and slopes is zero and stays zero, padding of net inputs and activations means
// nothing. Elementwise kernels (n numbers) touch exactly n numbers and take any alignment.
//
// The order of every sum is defined (canonical), the same for the scalar twin and every instruction set of one
// arithmetic class (fused or unfused multiply-add), so results are compared with ==:
//  - over sending units (4): first the bias, then senders ascending, one chain of multiply-adds per net input;
//  - over receiving units (11): eight strided partial sums p_l = Σ δ_k w_jk over k ≡ l mod 8, k ascending, one chain
//    of multiply-adds each, joined as ((p0+p4)+(p2+p6)) + ((p1+p5)+(p3+p7));
//  - over patterns: patterns ascending, one chain of multiply-adds per weight.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/kinds.hpp"

namespace deltarule::kernels {

using base::ActivationKind;

/// Constants of one step of Adam or AdamW, rounded to the run's type. `decay` = η λ (0 for Adam).
template <class T>
struct AdamStep {
  T rate;  // η / (1 − β₁ᵗ)
  T beta1, beta2;
  T inverse_root_correction;  // 1 / √(1 − β₂ᵗ)
  T epsilon;
  T decay;
};

/// One table per instruction set. Every pointer is set. Nothing allocates, throws or locks. Spans must not overlap
/// unless said otherwise.
template <class T>
struct Kernels {
  const char* name;  // "avx2", "avx512", "neon", "sse4", "scalar"
  bool fused;        // arithmetic class

  /// net[r][u] = bias[u] for `rows` rows; bias may be null (zeros).
  void (*set_net)(const T* bias, T* net, std::size_t net_stride, std::size_t rows, std::size_t units);
  /// (4): net[r][u] += Σ_i a[r][i] w[i][u], i ascending, as a chain of multiply-adds.
  void (*accumulate_net)(const T* a, std::size_t a_stride, const T* w, std::size_t w_stride, T* net,
                         std::size_t net_stride, std::size_t rows, std::size_t senders, std::size_t units);
  /// (11): sums[r][j] += Σ_k delta[r][k] w[j][k] in the canonical order; the sum over k is formed first, then added.
  void (*propagate_back)(const T* delta, std::size_t delta_stride, const T* w, std::size_t w_stride, T* sums,
                         std::size_t sums_stride, std::size_t rows, std::size_t senders, std::size_t units);
  /// (3) with (4) and (5): slope[i][u] = slope[i][u] − Σ_r delta[r][u] a[r][i], r ascending, for the senders of `a`
  /// (pass a + first and slope + first·stride for a part of them).
  void (*accumulate_slopes)(const T* a, std::size_t a_stride, const T* delta, std::size_t delta_stride, T* slope,
                            std::size_t slope_stride, std::size_t rows, std::size_t senders, std::size_t units);
  /// The same for the unit that is always 1: slope[u] = slope[u] − Σ_r delta[r][u].
  void (*accumulate_bias_slopes)(const T* delta, std::size_t delta_stride, T* slope, std::size_t rows,
                                 std::size_t units);

  /// a[i] = f(net[i]) for n numbers. `kind` is neither softmax nor custom. a may be net.
  void (*activate)(ActivationKind kind, T parameter, const T* net, T* a, std::size_t n);
  /// (8) times: values[i] *= f′(net[i]) for n numbers; a[i] = f(net[i]) is given because many f′ follow from it.
  void (*multiply_derivative)(ActivationKind kind, T parameter, const T* net, const T* a, T* values, std::size_t n);
  /// Softmax over `units` numbers: largest net input subtracted first, sum in the eight-partial order. a may be net.
  void (*softmax)(const T* net, T* a, std::size_t units);

  /// slope[i] = slope[i] / count + l2 w[i] + l1 sign(w[i]); division first, then one multiply-add per penalty.
  void (*finish_slopes)(const T* w, T* slope, T count, T l2, T l1, std::size_t n);
  /// total[i] += part[i].
  void (*add)(const T* part, T* total, std::size_t n);

  /// The update rules, n weights each; formulas in deltarule/rules.hpp, one file each in kernels/updates.
  void (*delta_rule)(T* w, const T* slope, T rate, std::size_t n);
  void (*momentum)(T* w, const T* slope, T* velocity, T rate, T momentum, std::size_t n);
  void (*nesterov)(T* w, const T* slope, T* velocity, T rate, T momentum, std::size_t n);
  void (*adam)(T* w, const T* slope, T* mean, T* square, const AdamStep<T>& step, std::size_t n);

  /// True when all n numbers are finite and the sum of their squares is, too (in T).
  bool (*all_finite)(const T* values, std::size_t n);
};

/// The table in use: the best that this machine runs, or the one that the environment variable DELTARULE_ISA names.
template <class T>
const Kernels<T>& kernels();

/// The scalar twin of an arithmetic class: the specification of every other table.
template <class T>
const Kernels<T>& scalar_twin(bool fused = true);

/// Every table that this machine can run, the scalar twin included.
template <class T>
std::vector<const Kernels<T>*> runnable();

/// Names that DELTARULE_ISA may take on this machine; `kernels()` uses the scalar twin for a name that is not one of
/// them, and `isa_request_is_valid()` tells the caller so that it can refuse to start.
std::vector<std::string_view> isa_names();
bool isa_request_is_valid();

}  // namespace deltarule::kernels
