// The specification of the kernels in online.hpp: plain loops over numbers, for both arithmetic classes. Slow on
// purpose. Where online.hpp states no order for a sum, this is one of the allowed ones.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "base/panels.hpp"
#include "base/scalar_ops.hpp"
#include "kernels/online.hpp"

namespace deltarule::kernels::twin {

template <class T, bool kFused>
struct OnlineTwin {
  using Ops = base::ScalarOps<T, kFused>;

  /// Where w[i][u] of a block lies.
  static std::size_t place(std::size_t senders, std::size_t units, std::size_t i, std::size_t u) {
    base::Panels<T> block;
    block.capacity = senders;
    block.units = units;
    const std::size_t p = u / base::kPanel<T>;
    return p * base::kPanel<T> * senders + i * block.width(p) + u % base::kPanel<T>;
  }

  struct Changed {
    T w, velocity;
  };
  /// One weight, and its velocity, after a change.
  static Changed changed(T w, const RankOne<T>& change, T a, std::size_t u, std::size_t at) {
    const T d = change.movable == nullptr || change.movable[at] == kMoves ? change.d[u] : T{0};
    if (change.velocity == nullptr) return {Ops::multiply_add(a, d, w), T{0}};
    const T velocity = Ops::multiply_add(a, d, change.momentum * change.velocity[at]);
    return {w + velocity, velocity};
  }

  static void forward(const RowBlock<const T>& block, const T* x, T* net) {
    for (std::size_t u = 0; u < block.units; ++u)
      for (std::size_t i = 0; i < block.senders; ++i)
        net[u] = Ops::multiply_add(x[i], block.w[place(block.senders, block.units, i, u)], net[u]);
  }

  static void forward_pending(const RowBlock<const T>& block, const RankOne<T>& pending, const T* x, T* net) {
    for (std::size_t u = 0; u < block.units; ++u)
      for (std::size_t i = 0; i < block.senders; ++i) {
        const std::size_t at = place(block.senders, block.units, i, u);
        net[u] = Ops::multiply_add(x[i], changed(block.w[at], pending, pending.a[i], u, at).w, net[u]);
      }
  }

  static void settle(const RowBlock<T>& block, const RankOne<T>& pending) {
    for (std::size_t u = 0; u < block.units; ++u)
      for (std::size_t i = 0; i < block.senders; ++i) {
        const std::size_t at = place(block.senders, block.units, i, u);
        const Changed after = changed(block.w[at], pending, pending.a[i], u, at);
        block.w[at] = after.w;
        if (pending.velocity != nullptr) pending.velocity[at] = after.velocity;
      }
  }

  static void preview(const RowBlock<const T>& block, const RankOne<T>& pending, T* to) {
    for (std::size_t u = 0; u < block.units; ++u)
      for (std::size_t i = 0; i < block.senders; ++i) {
        const std::size_t at = place(block.senders, block.units, i, u);
        to[at] = changed(block.w[at], pending, pending.a[i], u, at).w;
      }
  }

  static void advance(const RowBlock<T>& block, const RankOne<T>& pending, const T* x, T* net) {
    settle(block, pending);
    forward({block.w, block.senders, block.units}, x, net);
  }

  static void advance_both(const RowChange<T>& one, const RowChange<T>& two, const T* x) {
    advance(one.block, one.pending, x, one.net);
    advance(two.block, two.pending, x, two.net);
  }

  static void advance_listed(const RowBlock<T>& block, const RankOne<T>& pending, const T* x,
                             const std::uint32_t* senders, std::size_t count, T* net) {
    for (std::size_t u = 0; u < block.units; ++u)
      for (std::size_t k = 0; k < count; ++k) {
        const std::size_t i = senders[k], at = place(block.senders, block.units, i, u);
        block.w[at] = changed(block.w[at], pending, pending.a[i], u, at).w;
        net[u] = Ops::multiply_add(x[i], block.w[at], net[u]);
      }
  }

  static void advance_pair(const RowBlock<T>& block, const RankOne<T>& first, const RankOne<T>& second, const T* x0,
                           T* net0, const T* x1, T* net1) {
    settle(block, first);
    settle(block, second);
    forward({block.w, block.senders, block.units}, x0, net0);
    forward({block.w, block.senders, block.units}, x1, net1);
  }

  static void start(T* bias, const RankOne<T>* pending, std::size_t units, T* net) {
    if (bias != nullptr && pending != nullptr) settle({bias, 1, units}, *pending);
    for (std::size_t u = 0; u < units; ++u) net[u] = bias == nullptr ? T{0} : bias[u];
  }

  static void start_pending(const T* bias, const RankOne<T>* pending, std::size_t units, T* net) {
    for (std::size_t u = 0; u < units; ++u) {
      net[u] = bias == nullptr ? T{0} : bias[u];
      if (bias != nullptr && pending != nullptr) net[u] = changed(net[u], *pending, pending->a[0], u, u).w;
    }
  }

  static T joined(const std::array<T, 8>& p) {
    return ((p[0] + p[4]) + (p[2] + p[6])) + ((p[1] + p[5]) + (p[3] + p[7]));
  }

  static void back(const RowBlock<const T>& block, const T* delta, bool add, T* sums) {
    for (std::size_t j = 0; j < block.senders; ++j) {
      std::array<T, 8> partial{};
      for (std::size_t k = 0; k < block.units; ++k)
        partial[k % 8] = Ops::multiply_add(delta[k], block.w[place(block.senders, block.units, j, k)], partial[k % 8]);
      sums[j] = add ? sums[j] + joined(partial) : joined(partial);
    }
  }

  static T take_step(T* delta, T rate, std::size_t units, T* d) {
    const std::size_t end = base::padded<T>(units);
    std::fill(delta + units, delta + end, T{0});
    for (std::size_t u = 0; u < end; ++u) d[u] = rate * delta[u];
    return squares(delta, units);
  }

  static RowFacts<T> take_row(const T* from, T* to, std::size_t n) {
    if (from != to) std::copy_n(from, n, to);
    std::fill(to + n, to + base::padded<T>(n), T{0});
    return {squares(to, n), n - static_cast<std::size_t>(std::count(to, to + n, T{0}))};
  }

  static T squares(const T* row, std::size_t n) { return dot(row, row, n); }

  static std::size_t list_nonzeros(const T* x, const T* y, std::size_t n, std::uint32_t* places) {
    std::size_t count = 0;
    for (std::size_t i = 0; i < n; ++i)
      if (x[i] != T{0} || y[i] != T{0}) places[count++] = static_cast<std::uint32_t>(i);
    return count;
  }

  static T dot(const T* x, const T* y, std::size_t n) {
    std::array<T, 8> partial{};
    for (std::size_t i = 0; i < n; ++i) partial[i % 8] = Ops::multiply_add(x[i], y[i], partial[i % 8]);
    return joined(partial);
  }

  static void add_multiple(const T* d, T factor, std::size_t units, T* net) {
    for (std::size_t u = 0; u < units; ++u) net[u] = Ops::multiply_add(d[u], factor, net[u]);
  }
};

}  // namespace deltarule::kernels::twin
