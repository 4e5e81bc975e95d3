// What the benchmarks of single kernels share: arrays, counters that set a rate beside the measured limit, and a
// report of the best repetition.
#pragma once

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstddef>
#include <string>

#include "base/aligned.hpp"
#include "deltarule/machine.hpp"
#include "kernels/kernels.hpp"

namespace deltarule::bench {

/// The limits of this machine, measured at first use (about a second and a half).
inline const MachineLimits& machine() {
  static const MachineLimits kMachine = [] {
    constexpr std::size_t kWindows = 100;
    return measure_limits(kWindows);
  }();
  return kMachine;
}

template <class T>
base::AlignedBuffer<T> filled(std::size_t count, T first = T(0.1), T step = T(0.001)) {
  base::AlignedBuffer<T> numbers(base::padded<T>(count));
  for (std::size_t i = 0; i < count; ++i) numbers[i] = first + step * static_cast<T>(i % 512);
  return numbers;
}

/// Counter "of FMA": operations of one iteration as a share of the multiply-add peak, a multiply-add being two.
template <class T>
void share_of_arithmetic(benchmark::State& state, double operations) {
  const double peak = (sizeof(T) == 8 ? machine().multiply_add_f64 : machine().multiply_add_f32) * 1e9;
  state.counters["of FMA"] = benchmark::Counter(operations / peak, benchmark::Counter::kIsIterationInvariantRate);
}

/// Counter "of memory": the time that the bytes of one iteration need at least, read and written in the nearest level
/// that holds `set` bytes, as a share of the time taken.
inline void share_of_memory(benchmark::State& state, double read, double written, std::size_t set) {
  const auto level =
      std::ranges::find_if(machine().levels, [set](const MemoryLevel& each) { return set <= each.capacity; });
  const double paired = std::min(read, written);  // an update reads and writes at once
  const double nanoseconds =
      2.0 * paired / level->update + (read - paired) / level->read + (written - paired) / level->write;
  state.counters["of memory"] = benchmark::Counter(nanoseconds * 1e-9, benchmark::Counter::kIsIterationInvariantRate);
}

/// Many short repetitions in wall time, of which the reporter shows the best: on a shared machine only that says
/// something about a kernel.
inline benchmark::internal::Benchmark* add(const std::string& name, void (*function)(benchmark::State&)) {
  constexpr int kRepetitions = 60;
  constexpr double kSeconds = 0.001;
  auto* registered = benchmark::RegisterBenchmark(name.c_str(), function);
  return registered->Repetitions(kRepetitions)->MinTime(kSeconds)->UseRealTime();
}

/// The benchmarks of micro_blocks.cpp.
void add_blocks();

}  // namespace deltarule::bench
