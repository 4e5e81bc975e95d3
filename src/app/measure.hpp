// How good predictions are: the metrics of the registry (network/metric_registry.hpp) with 95 % intervals. Nearly every
// metric is a function of sums over rows, so that one bootstrap serves them all. Does not predict.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "app/bootstrap.hpp"
#include "data/binding.hpp"
#include "deltarule/model.hpp"
#include "derivation/registry.hpp"
#include "model/predictor.hpp"
#include "network/metric_registry.hpp"

namespace deltarule::app {

/// Wilson's score interval for `hits` of `trials` at 95 %; [0, 1] for no trials.
[[nodiscard]] Interval wilson(std::size_t hits, std::size_t trials);
/// The same for a share p of n, which is above 0 and need not be a whole number.
[[nodiscard]] Interval wilson_of_share(double p, double n);

/// Where the median of n values lies at 95 %: between the ordered values `first` and `last`, counting from 0 (normal
/// approximation of the binomial; below six values all of them). n at least 1.
struct OrderInterval {
  std::size_t first = 0, last = 0;
};
[[nodiscard]] OrderInterval median_interval(std::size_t n);

[[nodiscard]] network::MetricTask metric_task(data::Task task);

/// Outputs beside targets in the form that the metrics take: probabilities, or numbers in the target's own units.
struct Comparison {
  network::MetricTask task = network::MetricTask::regression;
  std::size_t rows = 0, columns = 0;
  std::vector<double> outputs, targets;  // [rows × columns]
  std::vector<double> weights = {};      // [rows], above 0; none where each is 1
  [[nodiscard]] double weight(std::size_t row) const { return weights.empty() ? 1.0 : weights[row]; }
  [[nodiscard]] network::Outputs a() const { return {outputs.data(), rows, columns, columns}; }
  [[nodiscard]] network::Outputs t() const { return {targets.data(), rows, columns, columns}; }
};
/// `decisions` are for `rows` of a table that was bound with its targets; `weights` are of all its rows, or none.
[[nodiscard]] Comparison compare(const model::Decisions& decisions, const data::BoundTable& table,
                                 std::span<const std::uint32_t> rows, std::span<const double> weights = {});

/// A metric of the registry with each row as often as its weight says. `loss` is that of the predictions, which a
/// metric of a loss is measured by.
[[nodiscard]] double value_of(const network::MetricEntry& metric, const Comparison& compared,
                              const derivation::Loss& loss = {});

struct Measurement {
  std::vector<Metric> metrics;            // in the registry's order; NaN where undefined
  std::vector<std::size_t> confusion;     // [true · classes + predicted]; binary and multiclass only
  std::vector<std::string> notices = {};  // which metrics are undefined on these rows, and why
};

/// Every metric that suits the table's task. Intervals: Wilson for the accuracy of classes, order statistics for the
/// median absolute error, otherwise the bootstrap; samples on which a metric is undefined do not count. The area under
/// the curve is bootstrapped through its placements (DeLong, DeLong & Clarke-Pearson 1988), which are sums too.
/// What the loss of the model is about is measured, too (measure_loss.hpp).
/// `weights` is empty or [table rows], above 0 for `rows`: how often each row counts. Wilson's interval is then that of
/// (Σw)²/Σw² rows (Kish 1965), and so is that of the median. The confusion counts rows.
[[nodiscard]] Measurement measure(const model::Decisions& decisions, const data::BoundTable& table,
                                  std::span<const std::uint32_t> rows, Seed seed, const derivation::Loss& loss,
                                  std::span<const double> weights = {});

}  // namespace deltarule::app
