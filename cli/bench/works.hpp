// The works that `deltarule bench` times: which networks, batches and rules, and how each is run. Uses the engine's
// public face only and none that is younger than version 0.1, so that bench/driver can be built with older versions of
// the library. Times nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "deltarule/network.hpp"
#include "deltarule/rules.hpp"
#include "deltarule/spec.hpp"
#include "deltarule/trainer.hpp"

namespace deltarule::bench {

/// online: fit with batches of one, rows in the given order. learn_one: a call per pattern. batches: fit with shuffled
/// rows, the gather included. predict: one call for `batch` patterns.
enum class Kind { online, learn_one, batches, predict };

struct Work {
  std::string group;  ///< heading of the table
  std::string net;    ///< "784-100-10"
  Kind kind = Kind::online;
  NetworkSpec spec = {};
  std::size_t batch = 1;
  Optimizer rule = DeltaRule{};
  std::string rule_name = {};  ///< empty: prediction
  std::size_t threads = 1;
  bool f64 = false;
  double nonzero = 1.0;  ///< share of the inputs that are not zero, in strokes as in images of digits

  /// Names the work in files: "batches 784-100-10 b32 adam t1 f32".
  [[nodiscard]] std::string name() const;
};

/// The matrix. `threads` > 1 adds the works for several threads; `f64`: all of them with f64 instead of a few.
[[nodiscard]] std::vector<Work> all_works(std::size_t threads, bool f64);

/// A work with its network, trainer and data, ready to run. The data are made from a fixed seed.
class Job {
 public:
  Job() = default;
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;
  virtual ~Job() = default;
  /// Presents the rows `times` times. Throws Exception when the engine refuses.
  virtual void run(std::size_t times) = 0;
  /// Patterns that run(1) presents.
  [[nodiscard]] virtual std::size_t patterns() const = 0;
  /// Changes with every bit of the weights.
  [[nodiscard]] virtual std::uint64_t fingerprint() const = 0;
};

/// `rows`: patterns that are resident, 0: by the size of the work. Throws Exception.
[[nodiscard]] std::unique_ptr<Job> prepare(const Work& work, std::size_t rows = 0);

/// A chain of layers from "64-32-10": hidden and output activation by name.
[[nodiscard]] NetworkSpec chain(const std::string& net, const std::string& hidden, const std::string& output);

}  // namespace deltarule::bench
