// What a loss asks of the targets of a table: counts and amounts are not standardised, and must be some. Trains
// nothing.
#pragma once

#include <cstdint>
#include <span>

#include "data/binding.hpp"
#include "derivation/registry.hpp"

namespace deltarule::app {

/// True for losses of quantities with a natural zero, whose targets must stay as they are.
[[nodiscard]] bool keeps_targets(const derivation::Loss& loss);

/// Throws a data error with file, line and column for the first target in these rows that the loss is not defined for.
void check_targets(const data::BoundTable& table, std::span<const std::uint32_t> rows, const derivation::Loss& loss);

}  // namespace deltarule::app
