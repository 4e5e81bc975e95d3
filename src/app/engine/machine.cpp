// Times the loops of kernels/limits.hpp: the one file of the library that reads the clock, and nothing that learns or
// predicts sees what it read.
#include "deltarule/machine.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <limits>
#include <utility>

#include "base/aligned.hpp"
#include "base/machine.hpp"
#include "kernels/kernels.hpp"
#include "kernels/limits.hpp"

namespace deltarule {
namespace {

constexpr std::size_t kLevels = 4;
constexpr std::size_t kMostBytesAtOnce = std::size_t{4} << 20;  // well below a window in every memory
constexpr double kGiga = 1e9;

double seconds_now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// One loop on one level.
struct Timed {
  std::size_t repetitions = 0;  // in a window; found at the first
  std::size_t windows = 0;
};

constexpr std::size_t whole_blocks(std::size_t bytes) { return bytes / kernels::kLimitBlock * kernels::kLimitBlock; }

}  // namespace

struct LimitProbe::State {
  double window_seconds;
  MachineLimits limits = {};
  std::array<std::size_t, kLevels> sets = {};  // bytes
  std::array<base::AlignedBuffer<float>, kLevels> buffers = {};
  std::array<std::size_t, kLevels> cursors = {};  // where the next pass begins, in numbers
  std::array<Timed, 2> arithmetic = {};
  std::array<std::array<Timed, 3>, kLevels> memory = {};
  volatile double sink = 0.0;  // the loops' results, so that they are needed

  explicit State(double seconds) : window_seconds(seconds) {
    const base::CacheSizes caches = base::cache_sizes();
    // Half the first cache, so that the stack has room. A quarter of the others: where pages of 4 KiB happen to lie
    // decides which of them share places in a cache, and half of one gave from 175 to 232 GB/s from run to run.
    sets = {caches.l1 / 2, caches.l2 / 4, caches.l3 / 4, 4 * caches.l3};
    limits.processor = base::processor_name();
    const auto& table = kernels::kernels<float>();
    limits.arithmetic = std::string(table.name) + (table.fused ? " (fused)" : " (unfused)");
    limits.levels = {
        {"L1", caches.l1}, {"L2", caches.l2}, {"L3", caches.l3}, {"memory", std::numeric_limits<std::size_t>::max()}};
    for (std::size_t& bytes : sets) bytes = std::max(whole_blocks(bytes), kernels::kLimitBlock);
  }

  /// Work per second of `run(repetitions)`, which does `work` per repetition.
  template <class Run>
  double rate(Timed& timed, double work, const Run& run) {
    if (timed.repetitions == 0) timed.repetitions = calibrated(run);
    const double began = seconds_now();
    run(timed.repetitions);
    return work * static_cast<double>(timed.repetitions) / (seconds_now() - began);
  }

  template <class Run>
  std::size_t calibrated(const Run& run) const {
    constexpr std::size_t kMost = std::size_t{1} << 40;
    for (std::size_t repetitions = 1;; repetitions *= 2) {
      const double began = seconds_now();
      run(repetitions);
      const double took = seconds_now() - began;
      if (took < window_seconds && repetitions < kMost) continue;
      return std::max<std::size_t>(1,
                                   static_cast<std::size_t>(static_cast<double>(repetitions) * window_seconds / took));
    }
  }

  /// Each instruction set in turn.
  template <class T>
  static const kernels::LimitLoops<T>& next_loops(Timed& timed) {
    const auto tables = kernels::limit_loops<T>();
    return *tables[timed.windows++ % tables.size()];
  }

  template <class T>
  void time_arithmetic(double& best, Timed& timed) {
    constexpr std::size_t kRounds = 64;
    const auto& loops = next_loops<T>(timed);
    const double work = static_cast<double>(kRounds * loops.operations_per_round);
    const double reached =
        rate(timed, work, [&](std::size_t times) { sink = static_cast<double>(loops.multiply_add(kRounds * times)); });
    best = std::max(best, reached / kGiga);
  }

  void time_memory(LimitLoop loop, std::size_t level) {
    auto& buffer = buffers[level];
    if (buffer.size() == 0) buffer = base::AlignedBuffer<float>(sets[level] / sizeof(float));
    const std::size_t count = std::min(sets[level], whole_blocks(kMostBytesAtOnce)) / sizeof(float);
    const std::size_t which = loop == LimitLoop::read ? 0 : loop == LimitLoop::write ? 1 : 2;
    const auto& loops = next_loops<float>(memory[level][which]);
    const auto pass = [&](std::size_t times) {
      for (std::size_t i = 0; i < times; ++i) {
        std::size_t& cursor = cursors[level];
        if (cursor + count > buffer.size()) cursor = 0;
        float* at = buffer.data() + cursor;
        const float result = loop == LimitLoop::read    ? loops.load(at, count)
                             : loop == LimitLoop::write ? loops.store(at, count)
                                                        : loops.update(at, count);
        sink = static_cast<double>(result);
        cursor += count;
      }
    };
    MemoryLevel& found = limits.levels[level];
    double& best = loop == LimitLoop::read ? found.read : loop == LimitLoop::write ? found.write : found.update;
    const double directions = loop == LimitLoop::update ? 2.0 : 1.0;
    const double work = directions * static_cast<double>(count * sizeof(float));
    // What ran before may have pushed the working set out of its level: once around without the clock.
    if (level + 1 < kLevels) pass(sets[level] / (count * sizeof(float)));
    best = std::max(best, rate(memory[level][which], work, pass) / kGiga);
  }
};

LimitProbe::LimitProbe(double window_seconds) : state_(std::make_unique<State>(window_seconds)) {}
LimitProbe::LimitProbe(LimitProbe&&) noexcept = default;
LimitProbe& LimitProbe::operator=(LimitProbe&&) noexcept = default;
LimitProbe::~LimitProbe() = default;

void LimitProbe::window(LimitLoop loop, std::size_t level) {
  State& state = *state_;
  switch (loop) {
    case LimitLoop::multiply_add_f32:
      return state.time_arithmetic<float>(state.limits.multiply_add_f32, state.arithmetic[0]);
    case LimitLoop::multiply_add_f64:
      return state.time_arithmetic<double>(state.limits.multiply_add_f64, state.arithmetic[1]);
    case LimitLoop::read:
    case LimitLoop::write:
    case LimitLoop::update:
      return state.time_memory(loop, std::min(level, kLevels - 1));
  }
}

const MachineLimits& LimitProbe::limits() const noexcept { return state_->limits; }

MachineLimits measure_limits(std::size_t windows, double window_seconds) {
  LimitProbe probe(window_seconds);
  for (std::size_t i = 0; i < windows; ++i) {
    probe.window(LimitLoop::multiply_add_f32);
    probe.window(LimitLoop::multiply_add_f64);
    for (std::size_t level = 0; level < kLevels; ++level) {
      for (const LimitLoop loop : {LimitLoop::read, LimitLoop::write, LimitLoop::update}) probe.window(loop, level);
    }
  }
  return probe.limits();
}

}  // namespace deltarule
