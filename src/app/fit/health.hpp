// A look at what was learnt: one pass over some rows with the final weights. Changes nothing, chooses nothing.
#pragma once

#include "app/fit/learn.hpp"
#include "deltarule/health.hpp"

namespace deltarule::app {

/// Rows are looked at up to this many, at equal distances: what one epoch of so many rows costs, once.
inline constexpr std::size_t kRowsLookedAt = 2000;

/// `seen`: the table rows that the weights were fitted on; `training`: the course of the first training.
[[nodiscard]] Health health_of(const Material& material, const Learned& learned, const FitResult& training,
                               std::span<const std::uint32_t> seen);

}  // namespace deltarule::app
