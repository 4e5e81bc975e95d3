// Networks whose outputs never fall, or never rise, as some inputs rise: which weights must have which sign for that.
// Sums, products and steps that keep the signs are others' business.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/graph.hpp"
#include "deltarule/error.hpp"
#include "derivation/resolved.hpp"

namespace deltarule::network {

/// True when f(I) never falls as I rises. Of activations of the caller's own that is not known: false.
[[nodiscard]] bool is_monotone(const derivation::Activation& f);

/// For each input +1 (outputs must not fall), −1 (must not rise) or 0 (free): for each weight, in canonical order, +1
/// (must not be negative), −1 (must not be positive) or 0. Weights from an input have its sign; weights from every unit
/// that such an input reaches must not be negative, so that all paths upwards have the input's sign. Spec error for a
/// unit on such a path whose activation may fall, or whose layer is normalised.
Result<std::vector<std::int8_t>> monotone_signs(const base::Graph& graph, const derivation::Resolved& resolved,
                                                std::span<const std::int8_t> inputs);

}  // namespace deltarule::network
