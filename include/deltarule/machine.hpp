// What one core of this machine can do at most, measured, and the least time that a step of learning or prediction
// needs on such a core: the port limit. The model is explained in docs/performance.md.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "deltarule/error.hpp"
#include "deltarule/rules.hpp"
#include "deltarule/spec.hpp"

namespace deltarule {

/// One level of memory, as one core sees it. Rates in GB/s (10⁹ bytes); 0: not measured.
struct MemoryLevel {
  std::string name;          ///< "L1", "L2", "L3", "memory"
  std::size_t capacity = 0;  ///< bytes of the largest working set that is taken to lie in it; memory: SIZE_MAX
  double read = 0.0;
  double write = 0.0;
  double update = 0.0;  ///< changed in place: bytes read and bytes written, added
};

/// The best that was seen of each resource of one core.
struct MachineLimits {
  std::string processor;   ///< as the system names it
  std::string arithmetic;  ///< instruction set and class: "avx2 (fused)"
  /// 10⁹ operations a second, a multiply-add counting as two; 0: not measured.
  double multiply_add_f32 = 0.0;
  double multiply_add_f64 = 0.0;
  std::vector<MemoryLevel> levels = {};  ///< nearest first
};

enum class LimitLoop { multiply_add_f32, multiply_add_f64, read, write, update };

/// Measures in short windows, one per call, and keeps the best of each: so that whoever times work can measure the
/// limits in between, on a machine whose speed changes from second to second. Not thread-safe.
class LimitProbe {
 public:
  explicit LimitProbe(double window_seconds = 0.001);
  LimitProbe(LimitProbe&&) noexcept;
  LimitProbe& operator=(LimitProbe&&) noexcept;
  ~LimitProbe();

  /// One window of a loop; `level` (of limits().levels, the last one if there is no such) matters to read, write and
  /// update. The first use of a level allocates its working set: four times the last cache for the level "memory".
  void window(LimitLoop loop, std::size_t level = 0);
  [[nodiscard]] const MachineLimits& limits() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Every loop on every level, best of `windows` each, one after the other in turns. The default takes about 4 s.
[[nodiscard]] MachineLimits measure_limits(std::size_t windows = 250, double window_seconds = 0.001);

/// The least that some work needs on one core.
struct WorkLimit {
  double seconds = 0.0;     ///< by the slowest of load, store and multiply-add; resources not measured bound nothing
  double operations = 0.0;  ///< multiplications and additions between units: 4 or 6 per weight and pattern learnt
};

/// One change of the weights from `batch` patterns; batch 1 is per-pattern learning. Masked weights count like others.
/// Spec error for a network that cannot be built.
[[nodiscard]] Result<WorkLimit> step_limit(const MachineLimits& machine, const NetworkSpec& spec, std::size_t batch,
                                           const Optimizer& rule, bool f64 = false);
/// Predicting `patterns` patterns in one call.
[[nodiscard]] Result<WorkLimit> prediction_limit(const MachineLimits& machine, const NetworkSpec& spec,
                                                 std::size_t patterns, bool f64 = false);

}  // namespace deltarule
