// Why a training ran away: where it was first seen, and what most likely caused it.
#pragma once

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "deltarule/error.hpp"
#include "deltarule/health.hpp"

namespace deltarule {

enum class Cause {
  learning_rate,    ///< too high for these data, or beside what would have been chosen
  step_size,        ///< of a rule without a rate
  absurd_input,     ///< one cell that is far beyond the rest of its column
  unscaled_input,   ///< a column whose numbers are far from 1 as the network sees them
  unscaled_target,  ///< the same of a target
  target_range,     ///< targets that the output units cannot reach
  weight_decay,     ///< times the rate more than 1: each step takes away more than there is
  first_weights,    ///< too large for the number of their senders
  skip_path,        ///< the same of a connection that leaves layers out
};

/// "learning_rate" …
[[nodiscard]] std::string_view name_of(Cause cause);

/// Numbers count from 1; 0 is "not known", or "none".
struct Diagnosis {
  Cause cause = Cause::learning_rate;
  std::size_t epoch = 0, batch = 0;
  std::size_t pattern = 0;                                  ///< among the rows that were trained on
  std::size_t line = 0;                                     ///< of the file, of that pattern
  std::size_t layer = 0;                                    ///< 0: the input
  std::size_t unit = 0;                                     ///< of that layer
  std::string column = {};                                  ///< that the cause is about
  std::size_t cell_line = 0;                                ///< of the file, where the cause is one cell
  double value = std::numeric_limits<double>::quiet_NaN();  ///< of that cell, rate, decay …
  double low = std::numeric_limits<double>::quiet_NaN(),
         high = std::numeric_limits<double>::quiet_NaN();  ///< of a column
  std::vector<LayerHealth> layers = {};                    ///< dead and saturated units before the step that failed
  std::string likely = {};                                 ///< the cause in words
};

/// What fit() throws when training diverged: an Exception with its diagnosis.
class Diverged : public Exception {
 public:
  Diverged(Error error, Diagnosis diagnosis) : Exception(std::move(error)), diagnosis_(std::move(diagnosis)) {}
  [[nodiscard]] const Diagnosis& diagnosis() const noexcept { return diagnosis_; }

 private:
  Diagnosis diagnosis_;
};

}  // namespace deltarule
