// Measured quantities as text and as JSON, for train and evaluate alike.
#pragma once

#include <string>
#include <vector>

#include "deltarule/deltarule.hpp"

namespace deltarule::cli {

[[nodiscard]] std::string metrics_json(const std::vector<Metric>& metrics);    ///< {"accuracy":0.97,…}
[[nodiscard]] std::string intervals_json(const std::vector<Metric>& metrics);  ///< {"accuracy":[0.9,0.99],…}
[[nodiscard]] std::string confusion_json(const std::vector<std::size_t>& confusion, std::size_t classes);

/// A table in lines: the metrics with their intervals, and a column for each baseline.
[[nodiscard]] std::vector<std::string> metric_lines(const std::vector<Metric>& metrics,
                                                    const std::vector<Baseline>& baselines = {});
/// The confusions as a table when it fits `width` columns, otherwise the most frequent mistakes.
[[nodiscard]] std::vector<std::string> confusion_lines(const std::vector<std::size_t>& confusion,
                                                       const std::vector<std::string>& classes, std::size_t width);

}  // namespace deltarule::cli
