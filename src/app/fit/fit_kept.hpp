// fit() with somebody who keeps its states.
#pragma once

#include "app/fit/keeper.hpp"
#include "deltarule/fit.hpp"

namespace deltarule::app {

/// As fit(), which has no keeper. Throws RunLeft where the keeper leaves the run.
[[nodiscard]] Fitted fit_kept(const Dataset& data, const FitOptions& options, const FitEvents& events, Keeper* keeper);

}  // namespace deltarule::app
