// Times a job in short windows and keeps the best: on a machine whose speed changes from second to second only the
// quickest short windows show what it can do.
#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>
#include <vector>

#include "cli/bench/works.hpp"

namespace deltarule::bench {

class Stopwatch {
 public:
  /// Seconds since some moment. For a work of one thread those that the thread has run: a window of some milliseconds
  /// hardly ever passes without another program taking the core on a busy machine, and then was up to twenty times as
  /// long. Several threads wait for each other, so that only the time of the wall counts.
  using Clock = double (*)();

  Stopwatch(Job& job, Clock clock, double window_seconds = 0.001)
      : job_(job), clock_(clock), window_seconds_(window_seconds) {}

  /// One window: the rows are presented so often that it lasts about as long as asked for, at least once. The first one
  /// also finds out how often that is.
  void window() {
    if (times_ == 0) calibrate();
    const double began = clock_();
    job_.run(times_);
    per_pattern_.push_back((clock_() - began) / static_cast<double>(times_ * job_.patterns()));
  }
  /// Drops what was measured, keeps how often a window presents the rows.
  void forget() { per_pattern_.clear(); }
  [[nodiscard]] std::size_t windows() const { return per_pattern_.size(); }
  /// Seconds per pattern: of the best window, and of the middle one.
  [[nodiscard]] double best() const { return quantile(0); }
  [[nodiscard]] double median() const { return quantile(per_pattern_.size() / 2); }

 private:
  void calibrate() {
    job_.run(1);  // first uses of memory and code
    constexpr std::size_t kMost = std::size_t{1} << 24;
    for (times_ = 1; times_ < kMost; times_ *= 2) {
      const double began = clock_();
      job_.run(times_);
      const double seconds = clock_() - began;
      if (seconds < window_seconds_) continue;
      const double share = window_seconds_ / seconds;
      times_ = std::max<std::size_t>(1, static_cast<std::size_t>(static_cast<double>(times_) * share + 0.5));
      return;
    }
  }
  [[nodiscard]] double quantile(std::size_t rank) const {
    if (per_pattern_.empty()) return std::numeric_limits<double>::quiet_NaN();
    std::vector<double> sorted = per_pattern_;
    std::ranges::sort(sorted);
    return sorted[rank];
  }

  Job& job_;
  Clock clock_;
  double window_seconds_;
  std::size_t times_ = 0;
  std::vector<double> per_pattern_;
};

}  // namespace deltarule::bench
