// A look at what was learnt: one pass over some rows with the final weights. Changes nothing, chooses nothing.
#pragma once

#include "app/fit/learn.hpp"
#include "deltarule/health.hpp"

namespace deltarule::app {

/// `seen`: the table rows that the weights were fitted on; `training`: the course of the first training.
[[nodiscard]] Health health_of(const Material& material, const Learned& learned, const FitResult& training,
                               std::span<const std::uint32_t> seen);

}  // namespace deltarule::app
