// Whether a team is worth calling, found by trying: what threads gain depends on things that no model of the work can
// see. Measured on one virtual machine with two cores, the same minute: writing a cache line that the other core has
// read took 8 or 30 ns from one run to the next, and a step of 113 µs on one thread took 80 or 190 on two. Time decides
// only who computes, never what is computed.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace deltarule::base {

/// A counter that goes up steadily; some nanoseconds to read, without a system call.
[[nodiscard]] inline std::uint64_t ticks() {
#if defined(__x86_64__)
  return __builtin_ia32_rdtsc();
#elif defined(__aarch64__)
  std::uint64_t count = 0;
  __asm__ volatile("mrs %0, cntvct_el0" : "=r"(count));
  return count;
#else
  return 0;  // all ways take the same time: what can be shared is
#endif
}

/// Tries some steps each way, stays with the better one for a while, and tries again: less and less often while the
/// answer stays the same, so that trying costs below one step in a hundred.
class Pace {
 public:
  /// Whether the next step is to be shared.
  [[nodiscard]] bool shares() const { return shares_; }

  /// What that step took, per pattern, in any unit.
  void took(double time) {
    // The first step after a change meets caches that the other way has left.
    if (done_ > 0) best_[shares_ ? 1 : 0] = std::min(best_[shares_ ? 1 : 0], time);
    if (++done_ == (stage_ == Stage::settled ? rest_ : kTrial)) next();
  }

 private:
  enum class Stage { one_way, other_way, settled };
  static constexpr std::size_t kTrial = 4, kFirstRest = 64, kLongestRest = 1024;
  static constexpr double kNever = std::numeric_limits<double>::infinity();

  void next() {
    done_ = 0;
    if (stage_ == Stage::one_way) {
      stage_ = Stage::other_way;
      shares_ = !shares_;
    } else if (stage_ == Stage::other_way) {
      stage_ = Stage::settled;
      shares_ = best_[1] <= best_[0];
      rest_ = shares_ == shared_before_ ? std::min(2 * rest_, kLongestRest) : kFirstRest;
      shared_before_ = shares_;
    } else {
      stage_ = Stage::one_way;
      best_[0] = best_[1] = kNever;
    }
  }

  Stage stage_ = Stage::one_way;
  bool shares_ = true, shared_before_ = false;
  std::size_t done_ = 0, rest_ = kFirstRest;
  double best_[2] = {kNever, kNever};  // alone, shared
};

}  // namespace deltarule::base
