// Cost against size: time per pattern of networks n-n-10 with 10³ to 10⁷ weights, online and in mini-batches, beside
// the port limit. Prints one line of tab-separated values per point; bench/scaling draws them. `bench_scaling
// [--quick]`.
#include <cmath>
#include <cstdio>
#include <cstring>
#include <string>

#include "bench/clock.hpp"
#include "cli/bench/stopwatch.hpp"
#include "cli/bench/works.hpp"
#include "deltarule/machine.hpp"

namespace bench = deltarule::bench;

namespace {

struct Protocol {
  std::size_t windows;
  double seconds;
};

/// The first and middle layer's size for about so many weights: n² + 10 n = weights.
std::size_t units_for(double weights) { return static_cast<std::size_t>(std::lround(std::sqrt(weights + 25.0) - 5.0)); }

bench::Work work_of(std::size_t units, bench::Kind kind, std::size_t batch) {
  bench::Work work;
  work.net = std::to_string(units) + "-" + std::to_string(units) + "-10";
  work.kind = kind;
  work.spec = bench::chain(work.net, kind == bench::Kind::online ? "sigmoid" : "relu", "sigmoid");
  work.batch = batch;
  work.rule = deltarule::DeltaRule{0.001};
  return work;
}

void measure(const bench::Work& work, const Protocol& protocol, deltarule::LimitProbe& probe) {
  const auto job = bench::prepare(work);
  bench::Stopwatch stopwatch(*job, bench::thread_seconds);
  const double began = bench::seconds_now();
  for (std::size_t i = 0; i < protocol.windows && (i == 0 || bench::seconds_now() - began < protocol.seconds); ++i) {
    stopwatch.window();
    probe.window(deltarule::LimitLoop::multiply_add_f32);
    for (const auto loop : {deltarule::LimitLoop::read, deltarule::LimitLoop::update}) {
      probe.window(loop, i % probe.limits().levels.size());
    }
  }
  const auto limit = deltarule::step_limit(probe.limits(), work.spec, work.batch, work.rule);
  if (!limit) throw deltarule::Exception(limit.error());
  const std::size_t units = work.spec.inputs;
  std::printf("%s\t%zu\t%zu\t%.6g\t%.6g\t%.6g\n", work.kind == bench::Kind::online ? "online" : "mini-batch of 128",
              units * (units + 10), work.batch, stopwatch.best(), stopwatch.median(),
              limit->seconds / static_cast<double>(work.batch));
  std::fflush(stdout);
}

}  // namespace

int main(int count, char** arguments) {
  const bool quick = count > 1 && std::strcmp(arguments[1], "--quick") == 0;
  const Protocol protocol = quick ? Protocol{40, 0.4} : Protocol{250, 8.0};
  constexpr int kHalfDecades = 8;
  deltarule::LimitProbe probe;
  std::printf("kind\tweights\tbatch\tseconds\tmedian\tlimit\n");
  for (int half = 0; half <= kHalfDecades; ++half) {
    const std::size_t units = units_for(std::pow(10.0, 3.0 + half / 2.0));
    measure(work_of(units, bench::Kind::online, 1), protocol, probe);
    measure(work_of(units, bench::Kind::batches, 128), protocol, probe);
  }
}
