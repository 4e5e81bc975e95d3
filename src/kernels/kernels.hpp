// Loops over memory, chosen once for the machine's instruction set. Knows pointers, sizes and strides; knows no layers.
//
// Layout: activations and deltas are [pattern × unit], weights [sending × receiving unit], all in panels
// (base/panels.hpp), so that every inner loop runs over receiving units and meets memory in order. Panel kernels may
// compute padding as well: padding of weights, biases, deltas and slopes is zero and stays zero, padding of net inputs
// and activations means nothing. Elementwise kernels (n numbers) touch exactly n numbers and take any alignment.
//
// The order of every sum is defined (canonical), the same for the scalar twin and every instruction set of one
// arithmetic class (fused or unfused multiply-add), so results are compared with ==:
//  - over sending units (4): first the bias, then senders ascending, one chain of multiply-adds per net input;
//  - over receiving units (11): layers that are fed, last first, their units ascending, one chain per sum;
//    for one pattern at a time, where the chain would run across lanes, eight strided partial sums per layer instead:
//    p_l = Σ δ_k w_jk over k ≡ l mod 8, k ascending, joined as ((p0+p4)+(p2+p6)) + ((p1+p5)+(p3+p7));
//  - over patterns: patterns ascending, one chain of multiply-adds per weight.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/kinds.hpp"
#include "base/panels.hpp"
#include "kernels/chain.hpp"
#include "kernels/online.hpp"

namespace deltarule::kernels {

using base::ActivationKind;
using base::Panels;

/// Constants of one step of Adam or AdamW, rounded to the run's type. `decay` = η λ (0 for Adam).
template <class T>
struct AdamStep {
  T rate;  // η / (1 − β₁ᵗ)
  T beta1, beta2;
  T inverse_root_correction;  // 1 / √(1 − β₂ᵗ)
  T epsilon;
  T decay;
};

/// Constants of a step of Lion. `decay` = η λ.
template <class T>
struct LionStep {
  T rate;
  T beta1, beta2;
  T decay;
};

/// What a weight does whose slope has changed its sign: Rprop−, iRprop−, Rprop+ (iRprop+ is one of the last two, by
/// step).
enum class RpropTurn : std::uint8_t { go_on, stay, go_back };

template <class T>
struct RpropStep {
  T eta_plus, eta_minus;
  T delta_min, delta_max;
  RpropTurn turn;
};

/// `shrink` = μ / (1 + μ).
template <class T>
struct QuickpropStep {
  T rate;
  T mu;
  T shrink;
  T decay;
};

/// What softmax divides by: e^(largest) · sum is the sum of the exponentials.
template <class T>
struct SoftmaxSum {
  T largest;
  T sum;
};

/// One table per instruction set. Every pointer is set. Nothing allocates, throws or locks. Spans must not overlap
/// unless said otherwise.
template <class T>
struct Kernels {
  const char* name;  // "avx2", "avx512", "neon", "sse4", "wasm", "scalar", "scalar-unfused"
  bool fused;        // arithmetic class

  /// (4) for one panel of receiving units: net[r][u] = bias[u] + Σ_i a[r][i] w[i][u]. w: [a.units][width],
  /// net: [a.rows][width], bias: [width]; a null bias goes on from net. `units` of the panel are real.
  /// (11) is the same with deltas for a and a panel of transpose() for w.
  void (*net_panel)(Panels<const T> a, const T* w, std::size_t width, std::size_t units, const T* bias, T* net);
  /// to[k][j] = w[j][k] for the rows j of `w` and all of its units k; to: [w.units][width], zero beyond w.rows.
  void (*transpose)(Panels<const T> w, std::size_t width, T* to);
  /// (3) with (4) and (5) for a block of weights: slope[i][u] = −Σ_r delta[r][u] a[r][i], r ascending, from 0.
  /// a: [rows][a_width], delta: [rows][width], slope: [senders][width].
  void (*slope_block)(const T* a, std::size_t a_width, std::size_t senders, const T* delta, std::size_t width,
                      std::size_t units, std::size_t rows, T* slope);
  /// The same for the unit that is always 1: slope[u] = −Σ_r delta[r][u].
  void (*bias_slopes)(const T* delta, std::size_t width, std::size_t rows, T* slope);

  /// a[i] = f(net[i]) for n numbers. `kind` is neither softmax nor custom. a may be net.
  void (*activate)(ActivationKind kind, T parameter, const T* net, T* a, std::size_t n);
  /// (8) times: values[i] *= f′(net[i]) for n numbers; a[i] = f(net[i]) is given because many f′ follow from it.
  void (*multiply_derivative)(ActivationKind kind, T parameter, const T* net, const T* a, T* values, std::size_t n);
  /// Softmax over `units` numbers: largest net input subtracted first, sum in the eight-partial order. a may be net.
  SoftmaxSum<T> (*softmax)(const T* net, T* a, std::size_t units);

  /// The same for each row of one panel of net inputs, all of the outputs. a: [rows][width], sums: [rows].
  void (*softmax_panel)(const T* net, std::size_t width, std::size_t units, std::size_t rows, T* a,
                        SoftmaxSum<T>* sums);
  /// (10) with softmax and cross-entropy, for one panel: delta[r][u] = t[r][u] − a[r][u] S_r in double, then rounded,
  /// zero beyond `units`. S_r = Σ_u t[r][u] over all outputs: [rows].
  void (*softmax_deltas)(const T* t, const T* a, const double* target_sums, std::size_t width, std::size_t units,
                         std::size_t rows, T* delta);

  /// Row which[r] of a matrix of whole rows into row r of `to`, for to.rows rows of to.units numbers. Padding stays
  /// zero. Gives at least Σ x² of what was copied, rounded and in no stated order, at most 16 times that: only for
  /// bounds with room to spare.
  T (*gather_rows)(const T* from, const std::uint32_t* which, Panels<T> to);
  /// For one panel: difference[r][u] = t[r][u] − a[r][u], zero beyond `units`, and sums[r] += Σ_u (t − a)² in double,
  /// in eight strided partial sums. t, a, difference: [rows][width].
  void (*squared_errors)(const T* t, const T* a, std::size_t width, std::size_t units, std::size_t rows, T* difference,
                         double* sums);
  /// values[i] *= factor.
  void (*scale)(T factor, T* values, std::size_t n);
  /// slope[i] += l2 w[i] + l1 sign(w[i]); one multiply-add per penalty, l2 first.
  void (*add_penalties)(const T* w, T* slope, T l2, T l1, std::size_t n);
  /// total[i] += part[i].
  void (*add)(const T* part, T* total, std::size_t n);
  /// values[i] *= by[i].
  void (*multiply)(const T* by, T* values, std::size_t n);

  /// The update rules, n weights each; formulas in deltarule/rules.hpp, one file each in kernels/updates.
  void (*delta_rule)(T* w, const T* slope, T rate, std::size_t n);
  void (*momentum)(T* w, const T* slope, T* velocity, T rate, T momentum, std::size_t n);
  void (*nesterov)(T* w, const T* slope, T* velocity, T rate, T momentum, std::size_t n);
  void (*adam)(T* w, const T* slope, T* mean, T* square, const AdamStep<T>& step, std::size_t n);
  void (*rmsprop)(T* w, const T* slope, T* square, T rate, T rho, T epsilon, std::size_t n);
  void (*adagrad)(T* w, const T* slope, T* square, T rate, T epsilon, std::size_t n);
  void (*adadelta)(T* w, const T* slope, T* square, T* change_square, T rate, T rho, T epsilon, std::size_t n);
  void (*lion)(T* w, const T* slope, T* mean, const LionStep<T>& step, std::size_t n);
  void (*rprop)(T* w, const T* slope, T* previous, T* delta, const RpropStep<T>& step, std::size_t n);
  void (*quickprop)(T* w, const T* slope, T* previous, T* change, const QuickpropStep<T>& step, std::size_t n);

  /// Σ values[i]², in no stated order: only for bounds with room to spare.
  T (*rough_square_sum)(const T* values, std::size_t n);
  /// Σ values[i]² in the eight-partial order: finite when all numbers are, and are not too large to be squared.
  T (*square_sum)(const T* values, std::size_t n);
  /// values[i] = 0 where movable[i] is 0.
  void (*keep_movable)(const T* movable, T* values, std::size_t n);

  /// One pattern through a narrow chain: makes the change that `before` has left, goes forward, and leaves the
  /// activations and η δ of its own in `now`; x: [inputs], t: [outputs], any alignment. False when some number may not
  /// be finite: then nobody may make that change. `loss`, unless null, becomes half the squared error.
  bool (*learn_chain)(const Chain<T>& chain, ChainSide<T>& now, const ChainSide<T>& before, const T* x, const T* t,
                      double* loss);
  /// One pattern at a time.
  OnlineKernels<T> online;
};

/// The table in use: the best that this machine runs, or the one that the environment variable DELTARULE_ISA names.
template <class T>
const Kernels<T>& kernels();

/// The scalar twin of an arithmetic class: the specification of every other table.
template <class T>
const Kernels<T>& scalar_twin(bool fused = true);

/// Every table that this machine can run, the scalar twins of both classes last.
template <class T>
std::vector<const Kernels<T>*> runnable();

/// Names that DELTARULE_ISA may take on this machine; `kernels()` uses the scalar twin for a name that is not one of
/// them, and `isa_request_is_valid()` tells the caller so that it can refuse to start.
std::vector<std::string_view> isa_names();
bool isa_request_is_valid();

}  // namespace deltarule::kernels
