// Kernels of whole blocks of weights: the products of mini-batches and the passes of per-pattern learning.
#include <cstdint>
#include <vector>

#include "bench/micro.hpp"

namespace deltarule::bench {
namespace {

using base::Panels;

/// Rows × units of numbers in panels.
template <class T>
struct Matrix {
  Matrix(std::size_t row_count, std::size_t unit_count)
      : rows(row_count), units(unit_count), numbers(filled<T>(row_count * base::padded<T>(unit_count))) {}
  [[nodiscard]] Panels<T> panels() { return {numbers.data(), rows, units, 0, rows}; }
  [[nodiscard]] double bytes() const { return static_cast<double>(numbers.size() * sizeof(T)); }
  std::size_t rows, units;
  base::AlignedBuffer<T> numbers;
};

struct Sizes {
  explicit Sizes(const benchmark::State& state)
      : rows(static_cast<std::size_t>(state.range(0))),
        senders(static_cast<std::size_t>(state.range(1))),
        units(static_cast<std::size_t>(state.range(2))) {}
  /// Two per weight and pattern.
  [[nodiscard]] double operations() const { return 2.0 * static_cast<double>(rows * senders * units); }
  std::size_t rows, senders, units;
};

template <class T>
void net(benchmark::State& state) {
  const Sizes sizes(state);
  Matrix<T> a(sizes.rows, sizes.senders), w(sizes.senders, sizes.units), out(sizes.rows, sizes.units);
  const auto bias = filled<T>(sizes.units);
  for (auto _ : state) {
    const auto weights = w.panels(), to = out.panels();
    for (std::size_t p = 0; p < weights.count(); ++p) {
      kernels::kernels<T>().net_panel(a.panels(), weights.panel(p), weights.width(p), weights.units_in(p),
                                      bias.data() + p * base::kPanel<T>, to.panel(p));
    }
    benchmark::ClobberMemory();
  }
  share_of_arithmetic<T>(state, sizes.operations());
}

template <class T>
void slopes(benchmark::State& state) {
  const Sizes sizes(state);
  Matrix<T> a(sizes.rows, sizes.senders), delta(sizes.rows, sizes.units), slope(sizes.senders, sizes.units);
  for (auto _ : state) {
    const auto from = a.panels(), deltas = delta.panels(), to = slope.panels();
    for (std::size_t p = 0; p < to.count(); ++p) {
      for (std::size_t s = 0; s < from.count(); ++s) {
        kernels::kernels<T>().slope_block(from.panel(s), from.width(s), from.units_in(s), deltas.panel(p),
                                          deltas.width(p), deltas.units_in(p), sizes.rows,
                                          to.panel(p) + s * base::kPanel<T> * to.width(p));
      }
    }
    benchmark::ClobberMemory();
  }
  share_of_arithmetic<T>(state, sizes.operations());
}

/// One pattern: the pending change of a block and the way forward in one pass.
template <class T>
void advance(benchmark::State& state) {
  const Sizes sizes(state);
  Matrix<T> w(sizes.senders, sizes.units);
  const auto before = filled<T>(sizes.senders), x = filled<T>(sizes.senders), d = filled<T>(sizes.units, T(1e-6), T(0));
  auto sums = filled<T>(sizes.units);
  for (auto _ : state) {
    kernels::kernels<T>().online.advance({w.numbers.data(), sizes.senders, sizes.units}, {before.data(), d.data()},
                                         x.data(), sums.data());
    benchmark::ClobberMemory();
  }
  share_of_memory(state, w.bytes(), w.bytes(), w.numbers.size() * sizeof(T));
  share_of_arithmetic<T>(state, 2.0 * sizes.operations());
}

template <class T>
void forward(benchmark::State& state) {
  const Sizes sizes(state);
  Matrix<T> w(sizes.senders, sizes.units);
  const auto x = filled<T>(sizes.senders);
  auto sums = filled<T>(sizes.units);
  for (auto _ : state) {
    kernels::kernels<T>().online.forward({w.numbers.data(), sizes.senders, sizes.units}, x.data(), sums.data());
    benchmark::ClobberMemory();
  }
  share_of_memory(state, w.bytes(), 0.0, w.numbers.size() * sizeof(T));
  share_of_arithmetic<T>(state, sizes.operations());
}

template <class T>
void back(benchmark::State& state) {
  const Sizes sizes(state);
  Matrix<T> w(sizes.senders, sizes.units);
  const auto delta = filled<T>(sizes.units);
  auto sums = filled<T>(sizes.senders);
  for (auto _ : state) {
    kernels::kernels<T>().online.back({w.numbers.data(), sizes.senders, sizes.units}, delta.data(), false, sums.data());
    benchmark::ClobberMemory();
  }
  share_of_memory(state, w.bytes(), 0.0, w.numbers.size() * sizeof(T));
  share_of_arithmetic<T>(state, sizes.operations());
}

template <class T>
void add_all(const std::string& numbers) {
  using Shape = std::vector<std::int64_t>;  // rows, senders, units
  for (const Shape& shape : {Shape{32, 64, 32}, Shape{32, 784, 100}, Shape{128, 512, 512}, Shape{256, 1024, 1024}}) {
    add("net/" + numbers, net<T>)->Args(shape);
    add("slopes/" + numbers, slopes<T>)->Args(shape);
  }
  for (const Shape& shape : {Shape{1, 64, 32}, Shape{1, 784, 32}, Shape{1, 784, 100}, Shape{1, 784, 512}}) {
    add("online_advance/" + numbers, advance<T>)->Args(shape);
    add("online_forward/" + numbers, forward<T>)->Args(shape);
    add("online_back/" + numbers, back<T>)->Args(shape);
  }
}

}  // namespace

void add_blocks() {
  add_all<float>("f32");
  add_all<double>("f64");
}

}  // namespace deltarule::bench
