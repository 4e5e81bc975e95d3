// How good predictions are, with 95 % intervals: every metric is a function of sums over rows, so that one bootstrap
// serves them all. Does not predict and writes no text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "data/binding.hpp"
#include "deltarule/model.hpp"
#include "derivation/registry.hpp"
#include "model/predictor.hpp"

namespace deltarule::app {

inline constexpr std::size_t kBootstraps = 2000;
/// Above this many rows the bootstrap draws groups of rows (row i in group i mod this), which costs no more however
/// long the table is; rows are independent, so the interval is the same up to the noise of the draw.
inline constexpr std::size_t kBootstrapGroups = 4096;

struct Interval {
  double low = 0.0, high = 0.0;
};
/// Wilson's score interval for `hits` of `trials` at 95 %; [0, 1] for no trials.
[[nodiscard]] Interval wilson(std::size_t hits, std::size_t trials);

struct Measurement {
  std::vector<Metric> metrics;
  std::vector<std::size_t> confusion;  // [true · classes + predicted]; binary and multiclass only
};

/// Compares decisions for `rows` of a table that was bound with its targets.
/// binary, multiclass: accuracy, log_loss; multilabel: accuracy (share of single labels that are right), log_loss (mean
/// over labels); regression: rmse and mae over all targets, r2 averaged over targets. Log losses keep probabilities
/// 1e-15 away from 0. What the loss of the model is about is measured, too, in the targets' own units: pinball (mean
/// loss) and coverage (share of targets not above the prediction), or deviance (mean, not halved), each over all
/// targets, with d2, the share of it that is less than for the rows' own quantile or mean, averaged over targets.
[[nodiscard]] Measurement measure(const model::Decisions& decisions, const data::BoundTable& table,
                                  std::span<const std::uint32_t> rows, Seed seed, const derivation::Loss& loss);

/// The least of the values that no fewer than a share `tau` of them do not exceed. values: at least one.
[[nodiscard]] double quantile(std::vector<double> values, double tau);

}  // namespace deltarule::app
