// The two simple models that a network has to beat on the same split: the trivial one, which looks at no feature, and
// the linear one, which is what --hidden none would give. Also the sentence that says whether it does.
#pragma once

#include <string>
#include <vector>

#include "app/fit/learn.hpp"
#include "app/measure.hpp"

namespace deltarule::app {

/// Rows that metrics are taken on, bound to a preprocessing with the same targets.
struct Judge {
  const std::vector<std::uint32_t>& seen;      // rows that the network was fitted on
  const std::vector<std::uint32_t>& measured;  // rows of the metrics
  Seed seed;
};

/// Always the most frequent class, the share of each label, or the mean.
[[nodiscard]] Baseline trivial_baseline(const data::BoundTable& bound, const Judge& judge);

/// The same engine without a hidden layer, with the defaults, trained until it stops by itself. `options` are the
/// run's: seed, threads and textbook are taken from them.
[[nodiscard]] Baseline linear_baseline(const Material& material, const Size& size, const FitOptions& options,
                                       const Judge& judge);

/// Metrics of learned weights on some rows.
[[nodiscard]] Measurement measure_learned(const Material& material, const model::Model& model,
                                          const std::vector<std::uint32_t>& rows, const Judge& judge,
                                          std::size_t threads);

/// One plain sentence, or more: does the network beat the baselines beyond its interval?
[[nodiscard]] std::string verdict(const std::vector<Metric>& metrics, const std::vector<Baseline>& baselines,
                                  const std::string& measured_on, bool linear);

}  // namespace deltarule::app
