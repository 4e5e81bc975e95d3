// Single kernels beside the limits of the machine: elementwise ones here, those of whole blocks in micro_blocks.cpp.
// Options are Google Benchmark's: bench_micro --benchmark_filter=adam.
#include "bench/micro.hpp"

#include <cmath>
#include <cstdio>
#include <limits>
#include <map>
#include <string>
#include <vector>

namespace deltarule::bench {
namespace {

using base::ActivationKind;

constexpr std::size_t kInL1 = 1024, kInL2 = std::size_t{32} * 1024;  // numbers

template <class T, ActivationKind kKind>
void activate(benchmark::State& state) {
  const auto n = static_cast<std::size_t>(state.range(0));
  const auto net = filled<T>(n, T(-0.25));
  base::AlignedBuffer<T> a(n);
  for (auto _ : state) {
    kernels::kernels<T>().activate(kKind, T(0), net.data(), a.data(), n);
    benchmark::ClobberMemory();
  }
  const double bytes = static_cast<double>(n * sizeof(T));
  share_of_memory(state, bytes, bytes, 2 * n * sizeof(T));
}

template <class T, ActivationKind kKind>
void multiply_derivative(benchmark::State& state) {
  const auto n = static_cast<std::size_t>(state.range(0));
  const auto net = filled<T>(n, T(-0.25)), a = filled<T>(n);
  auto values = filled<T>(n);
  for (auto _ : state) {
    kernels::kernels<T>().multiply_derivative(kKind, T(0), net.data(), a.data(), values.data(), n);
    benchmark::ClobberMemory();
  }
  const double bytes = static_cast<double>(n * sizeof(T));
  share_of_memory(state, 2 * bytes, bytes, 3 * n * sizeof(T));
}

template <class T>
void softmax(benchmark::State& state) {
  const auto n = static_cast<std::size_t>(state.range(0));
  const auto net = filled<T>(n);
  base::AlignedBuffer<T> a(base::padded<T>(n));
  for (auto _ : state) {
    kernels::kernels<T>().softmax(net.data(), a.data(), n);
    benchmark::ClobberMemory();
  }
}

/// A rule that keeps `kKept` numbers for each weight: reads weight, slope and those, writes weight and those.
template <class T, std::size_t kKept, class Update>
void update(benchmark::State& state, const Update& change) {
  const auto n = static_cast<std::size_t>(state.range(0));
  auto w = filled<T>(n), first = filled<T>(n), second = filled<T>(n);
  const auto slope = filled<T>(n, T(-0.001), T(1e-6));
  for (auto _ : state) {
    change(w.data(), slope.data(), first.data(), second.data(), n);
    benchmark::ClobberMemory();
  }
  const double bytes = static_cast<double>(n * sizeof(T));
  share_of_memory(state, bytes * (2 + kKept), bytes * (1 + kKept), n * sizeof(T) * (2 + kKept));
}

template <class T>
void delta_rule(benchmark::State& state) {
  update<T, 0>(state, [](T* w, const T* slope, T*, T*, std::size_t n) {
    kernels::kernels<T>().delta_rule(w, slope, T(1e-6), n);
  });
}
template <class T>
void momentum(benchmark::State& state) {
  update<T, 1>(state, [](T* w, const T* slope, T* velocity, T*, std::size_t n) {
    kernels::kernels<T>().momentum(w, slope, velocity, T(1e-6), T(0.9), n);
  });
}
template <class T>
void rmsprop(benchmark::State& state) {
  update<T, 1>(state, [](T* w, const T* slope, T* square, T*, std::size_t n) {
    kernels::kernels<T>().rmsprop(w, slope, square, T(1e-6), T(0.9), T(1e-8), n);
  });
}
template <class T>
void adam(benchmark::State& state) {
  update<T, 2>(state, [](T* w, const T* slope, T* mean, T* square, std::size_t n) {
    kernels::kernels<T>().adam(w, slope, mean, square, {T(1e-6), T(0.9), T(0.999), T(1), T(1e-8), T(0)}, n);
  });
}

template <class T>
void add_elementwise(const std::string& numbers) {
  const auto named = [&](const std::string& name, void (*function)(benchmark::State&)) {
    add(name + "/" + numbers, function)->Arg(kInL1)->Arg(kInL2);
  };
  named("activate_sigmoid", activate<T, ActivationKind::sigmoid>);
  named("activate_tanh", activate<T, ActivationKind::tanh>);
  named("activate_relu", activate<T, ActivationKind::relu>);
  named("derivative_sigmoid", multiply_derivative<T, ActivationKind::sigmoid>);
  named("derivative_tanh", multiply_derivative<T, ActivationKind::tanh>);
  named("derivative_relu", multiply_derivative<T, ActivationKind::relu>);
  constexpr std::size_t kClasses = 10;
  add("softmax/" + numbers, softmax<T>)->Arg(kClasses)->Arg(kInL1);
  named("delta_rule", delta_rule<T>);
  named("momentum", momentum<T>);
  named("rmsprop", rmsprop<T>);
  named("adam", adam<T>);
}

/// One line per benchmark: the least time, and the greatest share of each limit, of all repetitions.
class BestReporter final : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context&) override {
    std::printf("%s, %s: %.1f GFLOP/s f32, %.1f f64\n%-40s %12s\n", machine().processor.c_str(),
                machine().arithmetic.c_str(), machine().multiply_add_f32, machine().multiply_add_f64, "best of many",
                "ns");
    return true;
  }
  void ReportRuns(const std::vector<Run>& runs) override {
    double nanoseconds = std::numeric_limits<double>::infinity();
    std::map<std::string, double> shares;
    for (const Run& run : runs) {
      if (run.run_type != Run::RT_Iteration) continue;
      nanoseconds = std::min(nanoseconds, run.GetAdjustedRealTime());
      for (const auto& [name, counter] : run.counters) shares[name] = std::max(shares[name], counter.value);
    }
    if (!std::isfinite(nanoseconds)) return;  // Google Benchmark's own means and deviations
    const std::string& named = runs.front().run_name.function_name;
    std::printf("%-40s %12.1f", (named + "/" + runs.front().run_name.args).c_str(), nanoseconds);
    for (const auto& [name, share] : shares) std::printf("  %3.0f %% %s", 100.0 * share, name.c_str());
    std::printf("\n");
    std::fflush(stdout);
  }
};

}  // namespace
}  // namespace deltarule::bench

int main(int count, char** arguments) {
  namespace bench = deltarule::bench;
  bench::add_blocks();
  bench::add_elementwise<float>("f32");
  bench::add_elementwise<double>("f64");
  benchmark::Initialize(&count, arguments);
  if (benchmark::ReportUnrecognizedArguments(count, arguments)) return 2;
  bench::BestReporter reporter;
  benchmark::RunSpecifiedBenchmarks(&reporter);
  benchmark::Shutdown();
}
