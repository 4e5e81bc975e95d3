// Times a matrix of works in rounds, with windows of the limit loops in between, in one process. Prints nothing.
#pragma once

#include <functional>
#include <vector>

#include "cli/bench/stopwatch.hpp"
#include "cli/bench/works.hpp"
#include "deltarule/machine.hpp"

namespace deltarule::bench {

/// How long to measure. Every work gets `windows` windows in each round, fewer when they take longer than
/// `seconds_a_round`, one at least; every round goes through all works, so that a slow phase of the machine meets a
/// part of each work's windows.
struct Protocol {
  std::size_t rounds = 5;
  std::size_t windows = 50;
  double seconds_a_round = 0.8;
  std::size_t memory_windows = 30;  ///< of main memory, whose loops would push everything else out of the caches
};
[[nodiscard]] Protocol quick_protocol();

struct Measured {
  Work work;
  std::size_t windows = 0;
  double seconds = 0.0;         ///< per pattern, best window
  double median_seconds = 0.0;  ///< per pattern, middle window
  WorkLimit limit = {};         ///< per pattern, one core

  [[nodiscard]] double patterns_per_second() const { return 1.0 / seconds; }
  [[nodiscard]] double gigaflops() const { return limit.operations / seconds * 1e-9; }
  /// Of what as many cores as the work has threads could do at most; NaN where the limit says nothing, since the work
  /// is so small that each operation waits for the one before.
  [[nodiscard]] double share_of_limit() const;
};

struct Measurement {
  MachineLimits machine;
  std::vector<Measured> works;  ///< those with at least one window
};

/// What to do beside measuring: clocks, whether to stop, and where we are (windows of works, of so many in all).
struct Surroundings {
  Stopwatch::Clock clock = nullptr;         ///< of the wall
  Stopwatch::Clock thread_clock = nullptr;  ///< of the calling thread
  std::function<bool()> stop = {};
  std::function<void(const Work& work, std::size_t done, std::size_t all)> progress = {};
};

/// Throws Exception when the engine refuses a work.
[[nodiscard]] Measurement measure(const std::vector<Work>& works, const Protocol& protocol,
                                  const Surroundings& surroundings);

}  // namespace deltarule::bench
