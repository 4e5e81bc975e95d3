// The metrics by name: what each is, which direction is better, and for which tasks it says something. One table, which
// measuring, early stopping and messages share. The functions themselves are in metrics.hpp.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/kinds.hpp"
#include "deltarule/error.hpp"
#include "derivation/registry.hpp"
#include "network/metrics.hpp"

namespace deltarule::network {

/// What outputs and targets mean. binary: one output, the probability of class 1, targets 0 and 1; multiclass: one
/// probability per class, targets one of n; multilabel: one probability per label; regression: numbers.
enum class MetricTask : std::uint8_t { binary = 1, multiclass = 2, multilabel = 4, regression = 8 };

struct MetricEntry {
  std::string_view name;
  bool higher_is_better = false;
  unsigned tasks = 0;  ///< MetricTask, added up
  double (*function)(Outputs a, Outputs t, MetricTask task) = nullptr;
  std::string_view undefined_when = {};  ///< why there may be no value: "it needs rows of both classes"
  /// Of a metric that only predictions by certain losses have, such as a quantile's: those losses. It has no function
  /// here, since the loss has a part in it. Empty: any loss.
  std::span<const base::LossKind> losses = {};

  [[nodiscard]] bool is_of_a_loss() const { return !losses.empty(); }
  [[nodiscard]] bool suits(MetricTask task) const { return (tasks & static_cast<unsigned>(task)) != 0; }
  /// NaN when undefined: for no patterns, an output or target that is not finite, and as `undefined_when` says.
  [[nodiscard]] double value(Outputs a, Outputs t, MetricTask task) const;
};

/// Every metric, in the order in which they are shown.
[[nodiscard]] std::span<const MetricEntry> metric_table();
/// Those that suit a task, in the same order, without those of a loss.
[[nodiscard]] std::vector<const MetricEntry*> metrics_for(MetricTask task);
[[nodiscard]] std::vector<std::string> metric_names(MetricTask task);
/// Usage error for an unknown name, with the nearest, and for a metric of other tasks. `option` is the error's place. A
/// hyphen is as good as an underline.
[[nodiscard]] Result<const MetricEntry*> find_metric(std::string_view name, MetricTask task, std::string_view option);

/// Usage error, with the reason, for a metric that predictions by this loss do not have.
[[nodiscard]] Result<void> check_metric_of_loss(const MetricEntry& metric, const derivation::Loss& loss,
                                                std::string_view option);

}  // namespace deltarule::network
