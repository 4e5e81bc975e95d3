// What the watch over a run costs (FitSettings::on_divergence = rollback): the losses it looks at, the norms of the
// weights, the copies to go back to. Whole runs with it and without in turns, in one process, in the thread's own time,
// until the best of both stand. Prints a table; ends with 1 when a watched run takes over 1 % longer, or ends with
// other bits. Arguments: turns (30), and the number of one case.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>
#include <vector>

#include "bench/clock.hpp"
#include "deltarule/engine.hpp"

namespace {

using deltarule::Network;
using deltarule::NetworkSpec;
using deltarule::OnDivergence;
using deltarule::Optimizer;
using deltarule::Seed;

struct Case {
  const char* name;
  std::size_t inputs;
  std::vector<std::size_t> units;
  std::size_t patterns, batch_size, epochs;
  const char* rule;
  Optimizer optimizer;
};

/// Numbers without pattern enough for a benchmark.
std::vector<float> numbers(std::size_t count, std::size_t step) {
  std::vector<float> all(count);
  for (std::size_t i = 0; i < count; ++i) all[i] = 0.1F + 0.8F * static_cast<float>((i * step) % 101) / 101.0F;
  return all;
}

struct Run {
  const Case& one;
  std::vector<float> x = numbers(one.patterns * one.inputs, 37);
  std::vector<float> t = numbers(one.patterns * one.units.back(), 53);
  std::vector<float> weights = {};  // of the last run

  double seconds(OnDivergence on_divergence) {
    NetworkSpec spec{.inputs = one.inputs};
    for (const std::size_t units : one.units) spec.layers.push_back({units, "tanh"});
    spec.layers.back().activation = "sigmoid";
    Network network(spec, Seed{1});
    deltarule::Trainer trainer(network, {.optimizer = one.optimizer});
    const auto inputs = deltarule::rows(std::span<const float>(x), one.inputs);
    const auto targets = deltarule::rows(std::span<const float>(t), one.units.back());
    const double begin = deltarule::bench::thread_seconds();
    trainer.fit(inputs, targets, {.epochs = one.epochs, .batch_size = one.batch_size, .on_divergence = on_divergence});
    const double taken = deltarule::bench::thread_seconds() - begin;
    weights = network.weights();
    return taken;
  }
};

/// Prints the share of the training time; below 0 is noise.
bool costs_little(const Case& one, std::size_t turns) {
  constexpr double kMost = 0.01;
  Run run{one};
  double with = 1e30, without = 1e30;
  bool same = true;
  for (std::size_t turn = 0; turn < turns; ++turn) {
    without = std::min(without, run.seconds(OnDivergence::stop));
    const std::vector<float> expected = run.weights;
    with = std::min(with, run.seconds(OnDivergence::rollback));
    same = same && std::memcmp(expected.data(), run.weights.data(), expected.size() * sizeof(float)) == 0;
  }
  const double cost = with / without - 1;
  std::printf("%-16s batch %4zu %-9s %5zu patterns %4zu epochs  %9.3f ms %9.3f ms  %+6.2f %%%s%s\n", one.name,
              one.batch_size, one.rule, one.patterns, one.epochs, 1e3 * without, 1e3 * with, 100 * cost,
              cost > kMost ? "  TOO MUCH" : "", same ? "" : "  DIFFERENT BITS");
  return same && cost <= kMost;
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t turns = argc > 1 ? static_cast<std::size_t>(std::strtoul(argv[1], nullptr, 10)) : 30;
  const Optimizer delta = deltarule::DeltaRule{0.01}, momentum = deltarule::Momentum{0.01, 0.9},
                  adam = deltarule::Adam{0.001};
  const std::vector<Case> cases = {
      {"2-8-1", 2, {8, 1}, 1000, 1, 100, "delta", delta},
      {"4-16-3", 4, {16, 3}, 1000, 32, 100, "adam", adam},
      {"13-32-16-1", 13, {32, 16, 1}, 1000, 32, 100, "adam", adam},
      {"64-32-10", 64, {32, 10}, 1000, 32, 100, "delta", delta},
      {"30-100-100-1", 30, {100, 100, 1}, 1000, 32, 100, "adam", adam},
      {"784-100-10", 784, {100, 10}, 1000, 1, 100, "delta", delta},
      {"784-100-10", 784, {100, 10}, 1000, 1, 100, "momentum", momentum},
      {"784-100-10", 784, {100, 10}, 1000, 32, 100, "adam", adam},
  };
  std::puts("time of a run: without the watch, with it, and what it adds");
  bool all = true;
  for (std::size_t c = 0; c < cases.size(); ++c)
    if (argc < 3 || std::strtoul(argv[2], nullptr, 10) == c) all = costs_little(cases[c], turns) && all;
  return all ? 0 : 1;
}
