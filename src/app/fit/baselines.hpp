// The two simple models that a network has to beat on the same split: the trivial one, which looks at no feature, and
// the linear one, which is what --hidden none would give. Also the sentence that says whether it does.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/fit/learn.hpp"
#include "app/measure.hpp"

namespace deltarule::app {

/// Rows that metrics are taken on.
struct Judge {
  const std::vector<std::uint32_t>& seen;      // rows that the network was fitted on
  const std::vector<std::uint32_t>& measured;  // rows of the metrics
  const data::Table& measured_table;           // the table that they are rows of
  Seed seed;
  derivation::Loss loss;                          // of the network: what it is about is measured, too
  std::span<const double> weights = {};           // of the rows of the table of those seen, or none
  std::span<const double> measured_weights = {};  // of the rows of the table of those measured

  [[nodiscard]] Measurement measure(const model::Decisions& decisions, const data::BoundTable& bound) const {
    return app::measure(decisions, bound, measured, seed, loss, measured_weights);
  }
};

/// Always the most frequent class, the share of each label, or the mean; for a quantile loss the quantile.
[[nodiscard]] Baseline trivial_baseline(const Material& material, const data::Preprocessing& preprocessing,
                                        const Judge& judge);

/// The same engine without a hidden layer, with the defaults, trained until it stops by itself. `options` are the
/// run's: seed, threads and textbook are taken from them, and a loss for quantiles, counts or amounts. Nothing when
/// `events` stopped it.
[[nodiscard]] std::optional<Baseline> linear_baseline(const Material& material, const Size& size,
                                                      const FitOptions& options, const Judge& judge,
                                                      const FitEvents& events);

/// Metrics of learned weights on the measured rows.
[[nodiscard]] Measurement measure_learned(const model::Model& model, const Judge& judge, std::size_t threads);

/// Below this many rows an interval is too wide for advice.
inline constexpr std::size_t kFewMeasured = 30;

/// One plain sentence, or more, on the report's metrics and baselines: does the network beat them beyond its interval?
[[nodiscard]] std::string verdict(const FitReport& report, bool linear);

}  // namespace deltarule::app
