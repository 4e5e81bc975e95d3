// The kernels of per-pattern (online) learning and of predicting one pattern: one row of numbers against one block of
// weights. Part of the table in kernels.hpp; many patterns at once are that file's business. Knows no layers.
//
// A block of weights is [panel][sender][width] (base/panels.hpp), every row of numbers a plain vector on a 64-byte
// boundary that may be read to the next one. Padding of weights, d and delta is zero; padding of net inputs and
// activations means nothing and may be overwritten. Units and senders are real counts.
//
// Why changes are pending: the change that pattern p makes in a weight, and the use of that weight by pattern p + 1,
// take one load and one store together where a step of its own would take two of each. The arithmetic is the same, so
// is its order: what is computed with a pending change has the bits of changing first.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/panels.hpp"

namespace deltarule::kernels {

/// The change that one pattern makes in a block: w[i][u] = w[i][u] + a[i] d[u], one multiply-add; with momentum μ,
/// v[i][u] = a[i] d[u] + μ v[i][u], the product μ v rounded first, then w[i][u] = w[i][u] + v[i][u].
template <class T>
struct RankOne {
  const T* a = nullptr;   // [senders]
  const T* d = nullptr;   // [units]: η δ
  T* velocity = nullptr;  // in the layout of the block; null for the delta rule
  T momentum = T{0};      // μ
  // Null, or in the layout of the block: kMoves, or 0 where d counts as zero; the weight itself is zero there. Bytes,
  // since a mask as large as the weights halved the speed: a block in the second-level cache is limited by what is
  // read.
  const std::int8_t* movable = nullptr;
  // The same, null where that is: a word for each sender in a panel, [panel][sender], bit u for unit u of the panel.
  // Instruction sets with masks of bits take these, the others bytes.
  const std::uint32_t* movable_bits = nullptr;
};
inline constexpr std::int8_t kMoves = -1;

/// A block, or with a = {1} a row of biases.
template <class T>
struct RowBlock {
  T* w = nullptr;
  std::size_t senders = 0;
  std::size_t units = 0;
};

/// A block, the change that is pending for it, and the net inputs that it leads to.
template <class T>
struct RowChange {
  RowBlock<T> block = {};
  RankOne<T> pending = {};
  T* net = nullptr;
};

/// What take_row() saw.
template <class T>
struct RowFacts {
  T squares = T{0};          // Σ x², in no stated order; finite only when every number is
  std::size_t nonzeros = 0;  // numbers that are not ±0
};

template <class T>
struct OnlineKernels {
  /// (4): net[u] = net[u] + Σ_i x[i] w[i][u], i ascending, one chain of multiply-adds.
  void (*forward)(const RowBlock<const T>& block, const T* x, T* net);
  /// The same with the weights as they will be after the pending change, which is not made.
  void (*forward_pending)(const RowBlock<const T>& block, const RankOne<T>& pending, const T* x, T* net);
  /// Makes the pending change and goes forward with the changed weights.
  void (*advance)(const RowBlock<T>& block, const RankOne<T>& pending, const T* x, T* net);
  /// The same for two blocks that read the same x and whose changes have the same a.
  void (*advance_both)(const RowChange<T>& one, const RowChange<T>& two, const T* x);
  /// advance() for the `count` senders listed, ascending; the others are zero in pending.a and x. Delta rule only, and
  /// everything may move.
  void (*advance_listed)(const RowBlock<T>& block, const RankOne<T>& pending, const T* x, const std::uint32_t* senders,
                         std::size_t count, T* net);
  /// Makes two changes, in order, then goes forward with two patterns: two patterns per load and store. Delta rule
  /// only.
  void (*advance_pair)(const RowBlock<T>& block, const RankOne<T>& first, const RankOne<T>& second, const T* x0,
                       T* net0, const T* x1, T* net1);
  /// The change alone.
  void (*settle)(const RowBlock<T>& block, const RankOne<T>& pending);
  /// to = the weights as they will be after the pending change, which is not made; `to` in the layout of the block.
  void (*preview)(const RowBlock<const T>& block, const RankOne<T>& pending, T* to);
  /// net[u] = bias[u] after the pending change, which is made unless `pending` is null; bias may be null (zeros).
  void (*start)(T* bias, const RankOne<T>* pending, std::size_t units, T* net);
  /// The same without making it.
  void (*start_pending)(const T* bias, const RankOne<T>* pending, std::size_t units, T* net);

  /// (11): sums[j] = Σ_k delta[k] w[j][k] in eight strided partial sums (kernels.hpp); added to sums[j] when `add`.
  void (*back)(const RowBlock<const T>& block, const T* delta, bool add, T* sums);
  /// d[u] = rate · delta[u]; zeroes the padding of both and gives Σ delta² in no stated order, finite only when every
  /// number is.
  T (*take_step)(T* delta, T rate, std::size_t units, T* d);

  /// to[i] = from[i] for n numbers, zero in the padding. `from` has any alignment and no padding, or is `to`.
  RowFacts<T> (*take_row)(const T* from, T* to, std::size_t n);
  /// Σ x² over n numbers of a plain row, in no stated order; finite only when every number is.
  T (*squares)(const T* row, std::size_t n);
  /// Writes the places below n where x or y is not zero, ascending, and returns how many. `places` holds n + 16.
  std::size_t (*list_nonzeros)(const T* x, const T* y, std::size_t n, std::uint32_t* places);
  /// Σ x[i] y[i] over n numbers of plain rows whose padding is zero, in eight strided partial sums.
  T (*dot)(const T* x, const T* y, std::size_t n);
  /// net[u] = net[u] + factor d[u], one multiply-add.
  void (*add_multiple)(const T* d, T factor, std::size_t units, T* net);
};

/// The pointers of any struct with these static functions.
template <class T, class Functions>
constexpr OnlineKernels<T> make_online() {
  using F = Functions;
  return {.forward = &F::forward,
          .forward_pending = &F::forward_pending,
          .advance = &F::advance,
          .advance_both = &F::advance_both,
          .advance_listed = &F::advance_listed,
          .advance_pair = &F::advance_pair,
          .settle = &F::settle,
          .preview = &F::preview,
          .start = &F::start,
          .start_pending = &F::start_pending,
          .back = &F::back,
          .take_step = &F::take_step,
          .take_row = &F::take_row,
          .squares = &F::squares,
          .list_nonzeros = &F::list_nonzeros,
          .dot = &F::dot,
          .add_multiple = &F::add_multiple};
}

}  // namespace deltarule::kernels
