// How good predictions of numbers are by what their loss is about: quantiles, counts, amounts.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "app/measure.hpp"

namespace deltarule::app {

/// In the targets' own units: pinball (mean loss) and coverage (share of targets not above the prediction), or deviance
/// (mean, not halved), each over all targets, with d2, the share of it that is less than for the rows' own quantile or
/// mean, averaged over targets. Nothing for other losses.
[[nodiscard]] std::vector<Metric> measure_loss(const Comparison& compared, const derivation::Loss& loss, Seed seed);

/// One of them by its name in the registry, without an interval. NaN for no rows, for predictions that are not finite
/// and for targets that the loss is not defined for.
[[nodiscard]] double value_by_loss(std::string_view name, const Comparison& compared, const derivation::Loss& loss);

/// The least of the values that no fewer than a share `tau` of them, by their weights if there are some, do not exceed.
/// values: at least one.
[[nodiscard]] double quantile(std::vector<double> values, double tau, std::span<const double> weights = {});

}  // namespace deltarule::app
