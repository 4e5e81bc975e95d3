#include "cli/bench/measurement.hpp"

#include <cmath>
#include <limits>
#include <memory>

namespace deltarule::bench {
namespace {

/// The limit loops, one window at a time, in turns. Main memory has its turn at the start only.
class Turns {
 public:
  explicit Turns(std::size_t memory_windows) {
    for (std::size_t i = 0; i < memory_windows; ++i) {
      for (const LimitLoop loop : kMemoryLoops) probe_.window(loop, kMemory);
    }
  }
  void next() {
    constexpr std::size_t kTurns = 2 + kMemory * 3;
    const std::size_t turn = turn_++ % kTurns;
    if (turn == 0) return probe_.window(LimitLoop::multiply_add_f32);
    if (turn == 1) return probe_.window(LimitLoop::multiply_add_f64);
    probe_.window(kMemoryLoops[(turn - 2) % 3], (turn - 2) / 3);
  }
  [[nodiscard]] const MachineLimits& limits() const { return probe_.limits(); }

 private:
  static constexpr LimitLoop kMemoryLoops[] = {LimitLoop::read, LimitLoop::write, LimitLoop::update};
  static constexpr std::size_t kMemory = 3;  // the level behind three caches
  LimitProbe probe_;
  std::size_t turn_ = 0;
};

struct Running {
  std::unique_ptr<Job> job;
  Stopwatch stopwatch;
};

WorkLimit limit_of(const MachineLimits& machine, const Work& work) {
  const Result<WorkLimit> limit = work.kind == Kind::predict
                                      ? prediction_limit(machine, work.spec, work.batch, work.f64)
                                      : step_limit(machine, work.spec, work.batch, work.rule, work.f64);
  if (!limit) throw Exception(limit.error());
  const double patterns = static_cast<double>(work.batch);
  return {limit->seconds / patterns, limit->operations / patterns};
}

/// One round of one work. False when it was asked to stop.
bool measure_round(Stopwatch& stopwatch, Turns& turns, const Protocol& protocol, const Surroundings& surroundings) {
  const double began = surroundings.clock();
  // The limit loops, as long again, are not meant to shorten a round.
  const double most = 2.0 * protocol.seconds_a_round;
  for (std::size_t i = 0; i < protocol.windows && (i == 0 || surroundings.clock() - began < most); ++i) {
    if (surroundings.stop && surroundings.stop()) return false;
    stopwatch.window();
    turns.next();
  }
  return true;
}

Measured measured(const Work& work, const Stopwatch& stopwatch, const MachineLimits& machine) {
  return {work, stopwatch.windows(), stopwatch.best(), stopwatch.median(), limit_of(machine, work)};
}

}  // namespace

Protocol quick_protocol() { return {.rounds = 3, .windows = 12, .seconds_a_round = 0.06, .memory_windows = 5}; }

double Measured::share_of_limit() const {
  constexpr double kShortest = 20e-9;  // about twenty operations of four cycles, one after the other
  if (limit.seconds < kShortest && work.batch == 1) return std::numeric_limits<double>::quiet_NaN();
  return limit.seconds / static_cast<double>(work.threads) / seconds;
}

Measurement measure(const std::vector<Work>& works, const Protocol& protocol, const Surroundings& surroundings) {
  Turns turns(protocol.memory_windows);
  std::vector<Running> running;
  running.reserve(works.size());
  bool go_on = true;
  for (std::size_t round = 0; round < protocol.rounds && go_on; ++round) {
    for (std::size_t i = 0; i < works.size() && go_on; ++i) {
      if (surroundings.progress)
        surroundings.progress(works[i], round * works.size() + i, protocol.rounds * works.size());
      if (running.size() <= i) {
        std::unique_ptr<Job> job = prepare(works[i]);
        Job& made = *job;
        const auto clock = works[i].threads == 1 ? surroundings.thread_clock : surroundings.clock;
        running.push_back({std::move(job), Stopwatch(made, clock)});
      }
      go_on = measure_round(running[i].stopwatch, turns, protocol, surroundings);
    }
  }
  Measurement measurement{turns.limits(), {}};
  for (std::size_t i = 0; i < running.size(); ++i) {
    if (running[i].stopwatch.windows() == 0) continue;
    measurement.works.push_back(measured(works[i], running[i].stopwatch, measurement.machine));
  }
  return measurement;
}

}  // namespace deltarule::bench
