// Which rows are trained on, stop the training and test it, with what the user should know about such a split.
#pragma once

#include "app/fit/settings.hpp"
#include "data/schema.hpp"
#include "data/split.hpp"

namespace deltarule::app {

/// The split by the shares, by the dataset's column or of the rows given, and its account in the plan. Throws
/// Exception: usage and data, for a class without training rows too, and for given rows that do not exist, have no
/// target or are in two parts.
[[nodiscard]] data::Split choose_split(const FitOptions& options, const data::Table& table, const data::Schema& schema,
                                       const Shares& shares, FitPlan& plan);

}  // namespace deltarule::app
