// `deltarule inspect`: what a model file or a network in JSON is, as text or JSON.
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>

#include "cli/commands/commands.hpp"
#include "cli/exit_codes.hpp"
#include "cli/results.hpp"
#include "cli/text/json.hpp"
#include "cli/text/layout.hpp"
#include "cli/usage.hpp"

namespace deltarule::cli {
namespace {

std::string trimmed_line_end(std::string text) {
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

/// JSON without its line ends and the spaces that indent its lines; texts in JSON hold no line ends.
std::string on_one_line(std::string_view json) {
  std::string line;
  while (!json.empty()) {
    json.remove_prefix(std::min(json.find_first_not_of(' '), json.size()));
    const std::size_t end = std::min(json.find('\n'), json.size());
    line += json.substr(0, end);
    json.remove_prefix(std::min(end + 1, json.size()));
  }
  return line;
}

std::string as_json(const Model& model, const std::string& file) {
  JsonObject provenance;
  for (const auto& [key, value] : model.provenance()) provenance.text(key, value);
  JsonObject object;
  object.text("schema", "deltarule-inspection-1")
      .text("file", file)
      .text("kind", "model")
      .text("task", name_of(model.task()))
      .list("targets", model.targets())
      .list("features", model.features())
      .list("inputs", model.inputs())
      .list("outputs", model.outputs())
      .list("classes", model.classes())
      .count("weights", model.weight_count())
      .text("weights_digest", model.weights_digest())
      .raw("network", on_one_line(model.network_json(false)))
      .raw("provenance", provenance.str())
      .raw("history", model.history().empty() ? "null" : model.history_json());
  return object.str() + "\n";
}

std::string layer_text(const NetworkSpec& spec, std::size_t number) {
  const LayerSpec& layer = spec.layers[number - 1];
  std::vector<std::string> sources;
  bool masked = false;
  for (const Connection& connection : layer.from) {
    sources.push_back(connection.source == 0 ? "inputs" : fmt::format("layer {}", connection.source));
    masked = masked || !connection.mask.empty();
  }
  if (sources.empty()) sources.push_back(number == 1 ? "inputs" : fmt::format("layer {}", number - 1));
  const std::string normalised = layer.normalise.empty() ? "" : ", " + layer.normalise + "-normalised";
  return fmt::format("layer {}: {}, {}, from {}{}{}{}", number, counted(layer.units, "unit"), layer.activation,
                     joined(sources, " and "), layer.bias ? "" : ", no bias", masked ? ", masked" : "", normalised);
}

std::string network_text(const NetworkFile& network, const std::string& file) {
  std::string text =
      fmt::format("{}: a network in JSON, {}\n  {}\n", printable(file),
                  network.weights.empty() ? "without weights" : "with weights", counted(network.spec.inputs, "input"));
  for (std::size_t i = 1; i <= network.spec.layers.size(); ++i) text += "  " + layer_text(network.spec, i) + "\n";
  text += fmt::format("  loss: {}\n", network.spec.loss);
  if (!network.weights.empty())
    text += fmt::format("  {} in canonical order\n", counted(network.weights.size(), "weight"));
  return text;
}

std::string layers_json(const NetworkSpec& spec) {
  std::vector<std::string> layers;
  for (std::size_t i = 0; i < spec.layers.size(); ++i) {
    const LayerSpec& layer = spec.layers[i];
    std::vector<std::string> from;
    for (const Connection& connection : layer.from) from.push_back(std::to_string(connection.source));
    if (from.empty()) from.push_back(std::to_string(i));
    JsonObject object;
    object.count("units", layer.units).text("activation", layer.activation).raw("from", json_array(from));
    object.truth("bias", layer.bias);
    if (!layer.normalise.empty()) object.text("normalise", layer.normalise);
    layers.push_back(object.str());
  }
  return json_array(layers);
}

std::string network_object(const NetworkFile& network, const std::string& file) {
  JsonObject object;
  object.text("schema", "deltarule-inspection-1")
      .text("file", file)
      .text("kind", "network")
      .count("inputs", network.spec.inputs)
      .raw("layers", layers_json(network.spec))
      .text("loss", network.spec.loss)
      .truth("has_weights", !network.weights.empty());
  return object.str() + "\n";
}

/// The file as a network in JSON, if it is one.
std::optional<NetworkFile> network_of(const std::string& file) {
  try {
    return read_network(file);
  } catch (const Exception&) {
    return std::nullopt;
  }
}

int inspect_network(const InspectCommand& command, const NetworkFile& network) {
  if (command.weights) {
    refuse("--weights", fmt::format("{} is a network in JSON already", command.file), "a model file",
           "read the file itself");
  }
  write_results(command.json ? network_object(network, command.file) : network_text(network, command.file));
  return kDone;
}

int inspect_model(const InspectCommand& command, const Model& model) {
  if (command.weights) {
    write_results(trimmed_line_end(model.network_json(true)) + "\n");
  } else if (command.json) {
    write_results(as_json(model, command.file));
  } else {
    write_results(
        fmt::format("{}: a deltarule model\n\n{}\n", printable(command.file), trimmed_line_end(model.describe())));
  }
  return kDone;
}

}  // namespace

int run_inspect(const InspectCommand& command) {
  try {
    return inspect_model(command, Model::load(command.file));
  } catch (const Exception& fault) {
    if (fault.error().code != ErrorCode::format) throw;
    const std::optional<NetworkFile> network = network_of(command.file);
    if (!network) throw;
    return inspect_network(command, *network);
  }
}

}  // namespace deltarule::cli
