// Eight networks in one job against the same eight one after the other, on one thread: the ratio of the two, run in
// turns in one process, and the check that both end with the same bits. Prints a table.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "deltarule/engine.hpp"

namespace {

using deltarule::FitSettings;
using deltarule::Network;
using deltarule::NetworkSpec;
using deltarule::Optimizer;
using deltarule::Rows;
using deltarule::Seed;

struct Case {
  const char* name;
  std::size_t inputs;
  std::vector<std::size_t> units;
  std::size_t patterns;
  std::size_t batch_size;
  bool shuffle;
  const char* rule;
  Optimizer optimizer;
};

NetworkSpec spec_of(const Case& one) {
  NetworkSpec spec{.inputs = one.inputs};
  for (const std::size_t units : one.units) spec.layers.push_back({units, "tanh"});
  spec.layers.back().activation = "sigmoid";
  return spec;
}

/// Numbers without pattern enough for a benchmark.
std::vector<float> numbers(std::size_t count, std::size_t step) {
  std::vector<float> all(count);
  for (std::size_t i = 0; i < count; ++i) all[i] = static_cast<float>((i * step) % 101) / 101.0F;
  return all;
}

struct Run {
  const Case& one;
  std::vector<float> x = numbers(one.patterns * one.inputs, 37);
  std::vector<float> t = numbers(one.patterns * one.units.back(), 53);
  std::size_t epochs = 1;

  [[nodiscard]] Rows<float> inputs() const { return deltarule::rows(std::span<const float>(x), one.inputs); }
  [[nodiscard]] Rows<float> targets() const { return deltarule::rows(std::span<const float>(t), one.units.back()); }
  [[nodiscard]] FitSettings settings(std::size_t k) const {
    return {.epochs = epochs, .batch_size = one.batch_size, .shuffle = one.shuffle, .seed = Seed{k}};
  }
  [[nodiscard]] std::vector<Network> networks(std::size_t count) const {
    std::vector<Network> made;
    for (std::size_t k = 0; k < count; ++k) made.emplace_back(spec_of(one), Seed{k});
    return made;
  }

  void one_after_the_other(std::vector<Network>& networks) const {
    for (std::size_t k = 0; k < networks.size(); ++k)
      deltarule::Trainer(networks[k], {.optimizer = one.optimizer}).fit(inputs(), targets(), settings(k));
  }
  void in_one_job(std::vector<Network>& networks) const {
    std::vector<deltarule::Job> jobs;
    for (std::size_t k = 0; k < networks.size(); ++k)
      jobs.push_back({.network = &networks[k],
                      .options = {.optimizer = one.optimizer},
                      .x = inputs(),
                      .t = targets(),
                      .settings = settings(k)});
    for (const auto& result : deltarule::fit_many(jobs, 1))
      if (!result) std::puts(result.error().message().c_str());
  }
};

template <class Work>
double seconds(const Work& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

bool same_bits(const std::vector<Network>& a, const std::vector<Network>& b) {
  for (std::size_t k = 0; k < a.size(); ++k) {
    const auto one = a[k].weights(), other = b[k].weights();
    if (std::memcmp(one.data(), other.data(), one.size() * sizeof(float)) != 0) return false;
  }
  return true;
}

/// Best of many turns of some milliseconds each; the machine may be busy with other work.
void measure(const Case& one, std::size_t networks, std::size_t turns) {
  Run run{one};
  while (seconds([&] {
           auto made = run.networks(networks);
           run.in_one_job(made);
         }) < 2e-3)
    run.epochs *= 2;
  double alone = 1e30, together = 1e30;
  bool same = true;
  for (std::size_t turn = 0; turn < turns; ++turn) {
    auto a = run.networks(networks), b = run.networks(networks);
    alone = std::min(alone, seconds([&] { run.one_after_the_other(a); }));
    together = std::min(together, seconds([&] { run.in_one_job(b); }));
    same = same && same_bits(a, b);
  }
  const double presented = static_cast<double>(run.epochs * one.patterns * networks);
  std::printf("%-16s %3zu nets %5zu rows  batch %4zu %-8s %-10s %8.1f ns %8.1f ns  %5.2f x  %s\n", one.name, networks,
              one.patterns, one.batch_size, one.shuffle ? "shuffled" : "in order", one.rule, 1e9 * alone / presented,
              1e9 * together / presented, alone / together, same ? "same bits" : "DIFFERENT BITS");
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t turns = argc > 1 ? static_cast<std::size_t>(std::strtoul(argv[1], nullptr, 10)) : 30;
  const Optimizer delta = deltarule::DeltaRule{0.05}, momentum = deltarule::Momentum{0.01, 0.9},
                  adam = deltarule::Adam{0.001};
  std::puts("time per pattern and network: one after the other, in one job, ratio");
  const std::vector<Case> cases = {
      {"2-8-1", 2, {8, 1}, 200, 1, true, "delta", delta},
      {"2-8-1", 2, {8, 1}, 200, 1, false, "delta", delta},
      {"2-8-1 xor", 2, {8, 1}, 4, 1, true, "delta", delta},
      {"2-8-1", 2, {8, 1}, 200, 1, true, "momentum", momentum},
      {"2-8-1", 2, {8, 1}, 200, 1, true, "adam", adam},
      {"2-8-1", 2, {8, 1}, 200, 32, true, "delta", delta},
      {"2-8-1", 2, {8, 1}, 200, 32, true, "adam", adam},
      {"2-8-1", 2, {8, 1}, 200, 0, true, "adam", adam},
      {"4-16-3", 4, {16, 3}, 150, 1, true, "delta", delta},
      {"4-16-3", 4, {16, 3}, 150, 32, true, "adam", adam},
      {"13-32-16-1", 13, {32, 16, 1}, 400, 1, true, "delta", delta},
      {"13-32-16-1", 13, {32, 16, 1}, 400, 32, true, "adam", adam},
      {"30-32-32-2", 30, {32, 32, 2}, 400, 1, true, "delta", delta},
      {"30-32-32-2", 30, {32, 32, 2}, 400, 32, true, "delta", delta},
      {"30-64-32-2", 30, {64, 32, 2}, 400, 1, true, "delta", delta},
      {"30-64-32-2", 30, {64, 32, 2}, 400, 32, true, "adam", adam},
  };
  if (argc > 2) {  // one case, to look at closely
    const auto which = static_cast<std::size_t>(std::strtoul(argv[2], nullptr, 10));
    if (which < cases.size()) measure(cases[which], 8, turns);
    return which < cases.size() ? 0 : 2;
  }
  for (const Case& one : cases) measure(one, 8, turns);
  measure(cases[0], 16, turns);
  measure(cases[0], 4, turns);
  measure(cases[0], 3, turns);
}
