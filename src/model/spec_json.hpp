// A NetworkSpec as JSON members: the part that the model file and the JSON form of a network have in common.
#pragma once

#include <string>

#include "base/graph.hpp"
#include "deltarule/error.hpp"
#include "deltarule/spec.hpp"
#include "io/json.hpp"

namespace deltarule::model {

/// Appends `"units":2,"activation":"tanh",…` of one layer as an object. What has its default is written all the same,
/// except an empty `from`, which means the layer before, and `normalise`, which version 1 of the file does not know.
void append_layer_json(std::string& out, const LayerSpec& layer);

/// Reads one layer; a mask may be strings of 0 and 1 or lists of numbers, one per receiving unit.
Result<LayerSpec> layer_from_json(const io::JsonCursor& cursor);

/// The list of layers of `cursor`.
Result<std::vector<LayerSpec>> layers_from_json(const io::JsonCursor& cursor);

/// Whether any layer is, which needs version 2 of the model file.
[[nodiscard]] bool is_normalised(const NetworkSpec& spec);

/// Checks wiring, names and that the loss fits the outputs. Errors keep their words and gain the place `where`.
Result<base::Graph> checked_graph(const NetworkSpec& spec, const std::string& where);

}  // namespace deltarule::model
