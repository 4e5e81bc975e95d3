// When to stop: patience on a validation loss or score, with the best weights kept. Knows no clock and no patterns.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "deltarule/training.hpp"

namespace deltarule::training {

/// The best epoch so far, as plain data.
template <class T>
struct BestSoFar {
  double loss = std::numeric_limits<double>::infinity();
  std::size_t epoch = 0;  // 0: none yet
  std::uint64_t steps = 0;
  std::vector<T> parameters = {};  // the flat block; empty when there is none or it is not to be kept
};

/// Watches the validation loss. Patience runs out when both settings.patience epochs and settings.patience_steps weight
/// changes have passed since the best epoch.
template <class T>
class BestEpoch {
 public:
  explicit BestEpoch(const FitSettings& settings) : settings_(&settings) {}

  /// Takes note of an epoch; a loss that is better than the best by more than min_improvement (NaN never is) keeps a
  /// copy of the parameters if they may be restored. A score of which more is better is given with its sign changed.
  void observe(std::size_t epoch, std::uint64_t steps, double loss, std::span<const T> parameters) {
    if (!(loss < best_.loss - settings_->min_improvement)) return;
    best_.loss = loss;
    best_.epoch = epoch;
    best_.steps = steps;
    if (settings_->patience > 0 && settings_->restore_best)
      best_.parameters.assign(parameters.begin(), parameters.end());
  }
  [[nodiscard]] bool patience_is_over(std::size_t epoch, std::uint64_t steps) const {
    return settings_->patience > 0 && epoch - best_.epoch >= settings_->patience &&
           steps - best_.steps >= settings_->patience_steps;
  }
  [[nodiscard]] double loss() const { return best_.epoch == 0 ? std::numeric_limits<double>::quiet_NaN() : best_.loss; }
  [[nodiscard]] std::size_t epoch() const { return best_.epoch; }  // 0: none yet
  /// Parameters of the best epoch; empty when there is none or they were not to be kept.
  [[nodiscard]] std::span<const T> parameters() const { return best_.parameters; }
  [[nodiscard]] const BestSoFar<T>& so_far() const { return best_; }
  void go_on_from(const BestSoFar<T>& best) { best_ = best; }

 private:
  const FitSettings* settings_;
  BestSoFar<T> best_;
};

}  // namespace deltarule::training
