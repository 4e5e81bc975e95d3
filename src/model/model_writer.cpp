// Model → bytes. Every list has a fixed order and every number its shortest form, so equal models give equal bytes.
#include <utility>

#include "io/json.hpp"
#include "model/history_json.hpp"
#include "model/little_endian.hpp"
#include "model/model_file.hpp"
#include "model/network_json.hpp"
#include "model/preprocessing_json.hpp"
#include "model/spec_json.hpp"
#include "model/weight_blocks.hpp"

namespace deltarule::model {
namespace {

std::string settings_json(const Model& model) {
  std::string out = "{";
  for (const auto& [key, value] : model.settings) {
    if (out.size() > 1) out += ',';
    io::append_json_string(out, key);
    out += ':';
    io::append_json_string(out, value);
  }
  return out + "}";
}

std::string provenance_json(const Provenance& provenance) {
  std::string out = "{\"engine_version\":";
  io::append_json_string(out, provenance.engine_version);
  out += ",\"seed\":" + std::to_string(provenance.seed) + ",\"data_fingerprint\":";
  io::append_json_string(out, provenance.data_fingerprint);
  out += ",\"training_rows\":" + std::to_string(provenance.training_rows);
  out += ",\"validation_rows\":" + std::to_string(provenance.validation_rows);
  out += ",\"test_rows\":" + std::to_string(provenance.test_rows);
  out += ",\"rows_seen\":" + std::to_string(provenance.rows_seen);
  return out + ",\"refitted\":" + (provenance.refitted ? "true}" : "false}");
}

std::string metrics_json(const std::vector<Measure>& metrics) {
  std::string out = "[";
  for (const Measure& metric : metrics) {
    out += out.size() > 1 ? ",{\"name\":" : "{\"name\":";
    io::append_json_string(out, metric.name);
    out += ",\"measured_on\":";
    io::append_json_string(out, metric.measured_on);
    out += ",\"value\":";
    io::append_json_number(out, metric.value);
    out += ",\"low\":";
    io::append_json_number(out, metric.low);
    out += ",\"high\":";
    io::append_json_number(out, metric.high);
    out += '}';
  }
  return out + "]";
}

/// The lowest version that can say it, so that older readers take what they can read.
unsigned version_of(const NetworkSpec& network) { return is_normalised(network) ? 2 : 1; }

void add_metadata(const Model& model, io::Container& container) {
  const std::array<std::string, file::kKeys.size()> values{std::string(file::kFormat),
                                                           std::to_string(version_of(model.network)),
                                                           std::string(model.precision()),
                                                           spec_to_json(model.network),
                                                           preprocessing_to_json(model.preprocessing),
                                                           settings_json(model),
                                                           provenance_json(model.provenance),
                                                           metrics_json(model.metrics)};
  for (std::size_t i = 0; i < values.size(); ++i) container.metadata.emplace_back(file::kKeys[i], values[i]);
  if (!model.history.empty()) container.metadata.emplace_back(file::kHistoryKey, history_to_json(model.history));
  container.metadata.insert(container.metadata.end(), model.extra_metadata.begin(), model.extra_metadata.end());
}

template <class T>
void add_weights(const std::vector<T>& weights, const base::Graph& graph, io::Container& container) {
  for (const WeightBlock& block : weight_blocks(graph)) {
    io::Section section{block.name, sizeof(T) == 4 ? "F32" : "F64", {block.units}, {}};
    if (!block.is_row()) section.shape.push_back(block.sending);
    section.bytes = to_little_endian(std::span(weights).subspan(block.first, block.size()));
    container.sections.push_back(std::move(section));
  }
}

}  // namespace

Result<std::vector<std::byte>> Model::to_bytes() const {
  auto graph = checked_graph(network, "network");
  if (!graph) return graph.error();
  if (auto checked = file::check_model(*this, *graph, "model"); !checked) return checked.error();
  io::Container container;
  add_metadata(*this, container);
  std::visit([&](const auto& values) { add_weights(values, *graph, container); }, weights);
  container.sections.insert(container.sections.end(), extra_sections.begin(), extra_sections.end());
  return io::container_to_bytes(container);
}

}  // namespace deltarule::model
