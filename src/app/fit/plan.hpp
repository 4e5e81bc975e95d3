// What fit() decides before the first epoch, for those who want to know it without training.
#pragma once

#include "app/fit/defaults.hpp"
#include "data/split.hpp"
#include "deltarule/fit.hpp"

namespace deltarule::app {

struct Basis {
  FitPlan plan;
  Size size;
  data::Split split;
};

/// Throws what fit() throws before it trains.
[[nodiscard]] Basis basis_of(const Dataset& data, const FitOptions& options);

}  // namespace deltarule::app
