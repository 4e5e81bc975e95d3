// The JSON form of a network: any wiring, with or without weights, every float exact. docs/formats.md shows it.
// Also reads a `deltarule-case-1` file's network and initial weights.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "deltarule/error.hpp"
#include "deltarule/spec.hpp"
#include "io/json.hpp"
#include "model/model.hpp"

namespace deltarule::model {

/// What such a file says. Weights are in canonical order; each number is the nearest of its type to the text.
struct NetworkJson {
  NetworkSpec spec;
  std::vector<std::string> input_names;  ///< empty when the file only counts its inputs
  bool has_weights = false;
  std::vector<double> weights;  ///< empty without weights
  std::vector<float> singles;   ///< the same text rounded once to float
};

/// Format error with the path ("layers[0].from") for anything that is not such a file; spec error for a wiring
/// that base::Graph refuses or a name that is not registered.
Result<NetworkJson> parse_network_json(std::string_view text, const std::string& name);

/// The same text for equal input. `weights` may be null; otherwise there are as many as the spec asks for.
/// `input_names` may be empty.
Result<std::string> network_to_json(const NetworkSpec& spec, const Weights* weights,
                                    const std::vector<std::string>& input_names = {});

/// The spec alone, as the model file stores it: one line, masks as strings of 0 and 1.
std::string spec_to_json(const NetworkSpec& spec);
Result<NetworkSpec> spec_from_json(std::string_view text, const std::string& name);

}  // namespace deltarule::model
