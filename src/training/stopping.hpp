// When to stop: patience on a validation loss or score, with the best weights kept. Knows no clock and no patterns.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "deltarule/training.hpp"

namespace deltarule::training {

/// Watches the validation loss. Patience runs out when both settings.patience epochs and settings.patience_steps weight
/// changes have passed since the best epoch.
template <class T>
class BestEpoch {
 public:
  explicit BestEpoch(const FitSettings& settings) : settings_(&settings) {}

  /// Takes note of an epoch; a loss that is better than the best by more than min_improvement (NaN never is) keeps a
  /// copy of the parameters if they may be restored. A score of which more is better is given with its sign changed.
  void observe(std::size_t epoch, std::uint64_t steps, double loss, std::span<const T> parameters) {
    if (!(loss < best_loss_ - settings_->min_improvement)) return;
    best_loss_ = loss;
    best_epoch_ = epoch;
    best_steps_ = steps;
    if (settings_->patience > 0 && settings_->restore_best) parameters_.assign(parameters.begin(), parameters.end());
  }
  [[nodiscard]] bool patience_is_over(std::size_t epoch, std::uint64_t steps) const {
    return settings_->patience > 0 && epoch - best_epoch_ >= settings_->patience &&
           steps - best_steps_ >= settings_->patience_steps;
  }
  [[nodiscard]] double loss() const { return best_epoch_ == 0 ? std::numeric_limits<double>::quiet_NaN() : best_loss_; }
  [[nodiscard]] std::size_t epoch() const { return best_epoch_; }  // 0: none yet
  /// Parameters of the best epoch; empty when there is none or they were not to be kept.
  [[nodiscard]] std::span<const T> parameters() const { return parameters_; }

 private:
  const FitSettings* settings_;
  double best_loss_ = std::numeric_limits<double>::infinity();
  std::size_t best_epoch_ = 0;
  std::uint64_t best_steps_ = 0;
  std::vector<T> parameters_;
};

}  // namespace deltarule::training
