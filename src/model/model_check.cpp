// What makes a model whole, whoever made it.
#include <cmath>
#include <unordered_set>

#include "io/json.hpp"
#include "model/model_file.hpp"
#include "model/weight_blocks.hpp"

namespace deltarule::model::file {
namespace {

Error fault(const std::string& place, std::string got, std::string needed) {
  return {ErrorCode::format, place, std::move(got), std::move(needed), {}};
}

std::string place_of(const WeightBlock& block, std::size_t index) {
  const std::string unit = block.name + "[" + std::to_string(index / block.sending) + "]";
  return block.is_row() ? unit : unit + "[" + std::to_string(index % block.sending) + "]";
}

template <class T>
Result<void> check_block(const std::vector<T>& weights, const WeightBlock& block, const std::string& name) {
  for (std::size_t i = 0; i < block.size(); ++i) {
    const T weight = weights[block.first + i];
    if (!std::isfinite(weight))
      return fault(name + ", " + place_of(block, i), "a weight that is not finite", "finite weights");
    const bool exists = block.is_row() || block.block->mask.empty() || block.block->mask[i] != 0;
    if (!exists && weight != T{0})
      return fault(name + ", " + place_of(block, i), "a weight where the mask has no connection", "0");
    if (block.kind == base::ParameterKind::running_variances && weight < T{0})
      return fault(name + ", " + place_of(block, i), "a running variance below 0", "0 or more");
  }
  return {};
}

Result<void> check_weights(const Model& model, const base::Graph& graph, const std::string& name) {
  if (model.weight_count() != graph.weight_count())
    return Error{ErrorCode::shape,
                 name + ", weights",
                 std::to_string(model.weight_count()) + " numbers",
                 std::to_string(graph.weight_count()) + ", as many as the network has weights",
                 {}};
  for (const WeightBlock& block : weight_blocks(graph)) {
    auto checked = std::visit([&](const auto& weights) { return check_block(weights, block, name); }, model.weights);
    if (!checked) return checked;
  }
  return {};
}

Result<void> check_preprocessing(const Model& model, const base::Graph& graph, const std::string& name) {
  if (auto checked = data::check_preprocessing(model.preprocessing); !checked) {
    Error error = checked.error();
    error.place = name + (error.place.empty() ? "" : ", " + error.place);
    return error;
  }
  const std::size_t inputs = model.preprocessing.input_units();
  if (inputs != graph.inputs())
    return fault(name + ", network", std::to_string(graph.inputs()) + " inputs",
                 std::to_string(inputs) + ", as many units as the preprocessing makes");
  const std::size_t outputs = model.preprocessing.output_units();
  if (outputs != graph.outputs())
    return fault(name + ", network", std::to_string(graph.outputs()) + " output units",
                 std::to_string(outputs) + ", as many as the targets need");
  return {};
}

Result<void> check_names(const Model& model, const std::string& name) {
  std::unordered_set<std::string_view> settings;
  for (const auto& [key, value] : model.settings)
    if (!settings.insert(key).second)
      return fault(name + ", settings", "the name " + io::json_string(key) + " twice", "each setting once");
  for (const auto& [key, value] : model.extra_metadata)
    if (is_own_key(key))
      return fault(name + ", metadata", "the name " + io::json_string(key), "a name that the model does not use");
  for (const io::Section& section : model.extra_sections)
    if (is_weight_name(section.name))
      return fault(name + ", section " + io::json_string(section.name), "a tensor that the network has no place for",
                   "the weights of the network, and other sections under other names");
  const std::string& fingerprint = model.provenance.data_fingerprint;
  const bool hex = fingerprint.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (!hex || (!fingerprint.empty() && fingerprint.size() != 32))
    return fault(name + ", provenance.data_fingerprint", io::json_string(fingerprint.substr(0, 40)),
                 "32 lower-case hexadecimal digits");
  return {};
}

}  // namespace

Result<void> check_model(const Model& model, const base::Graph& graph, const std::string& name) {
  if (auto checked = check_preprocessing(model, graph, name); !checked) return checked;
  if (auto checked = check_weights(model, graph, name); !checked) return checked;
  return check_names(model, name);
}

}  // namespace deltarule::model::file
