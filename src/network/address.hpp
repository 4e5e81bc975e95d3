// Addresses of units and weights (docs/formats.md): "x3", "h1.2", "y1", "1" (the unit that is always 1), and
// "sender:receiver" for a weight; "gain:h1.2" for what a normalised unit has besides. Counting from 1; inputs and
// outputs also by name.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/graph.hpp"
#include "deltarule/error.hpp"
#include "network/network.hpp"

namespace deltarule::network {

/// "x2" or the input's name for source 0; "h1.2" or "y2" (or the output's name) for unit 2 of a layer.
[[nodiscard]] std::string unit_address(const base::Graph& graph, std::size_t source, std::size_t unit,
                                       const Names& names = {});

/// The address of the weight, bias or other number at a canonical position.
[[nodiscard]] std::string weight_address(const base::Graph& graph, std::size_t canonical, const Names& names = {});

/// The canonical position of "x1:h1.2", "1:y1", …. Spec error that says which half is wrong, or that there is no such
/// connection (layers not connected, masked, layer without biases).
Result<std::size_t> find_weight(const base::Graph& graph, std::string_view address, const Names& names = {});

}  // namespace deltarule::network
