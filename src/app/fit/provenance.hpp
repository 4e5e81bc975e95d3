// What a model says about how it came to be: settings, rows, seed, fingerprint of the data, metrics. Nothing in it
// depends on time, threads, host or paths, so equal runs give equal files.
#pragma once

#include "app/fit/learn.hpp"
#include "deltarule/fit.hpp"
#include "model/model.hpp"

namespace deltarule::app {

[[nodiscard]] model::Model model_of(const Material& material, const Learned& learned, const FitPlan& plan,
                                    const FitOptions& options);
/// Writes the report's metrics into the model.
void add_measures(const FitReport& report, model::Model& model);

}  // namespace deltarule::app
