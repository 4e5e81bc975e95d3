// The public Model: load, save, and what it can be asked about itself. Predictions are in predict.cpp, its account in
// words in describe.cpp.
#include <algorithm>

#include "app/access.hpp"
#include "app/engine/unwrap.hpp"
#include "io/file.hpp"
#include "model/history_json.hpp"
#include "model/network_json.hpp"
#include "network/fold.hpp"

namespace deltarule {
namespace app {

Result<Model> ModelAccess::wrap(model::Model model) {
  auto graph = base::Graph::create(model.network);
  if (!graph) return graph.error();
  auto predictor = model::Predictor::create(model);
  if (!predictor) return predictor.error();
  Model handle;
  handle.impl_ =
      std::make_shared<const ModelState>(ModelState{std::move(model), std::move(*graph), std::move(*predictor)});
  return handle;
}

const ModelState& ModelAccess::state(const Model& model) {
  if (!model.impl_)
    throw Exception({ErrorCode::usage, "model", "a model without content", "a loaded or fitted one", ""});
  return *static_cast<const ModelState*>(model.impl_.get());
}

}  // namespace app

namespace {

const model::Model& inner(const Model& model) { return app::ModelAccess::state(model).model; }

/// A safetensors file begins with a 64-bit length, whose upper bytes are zero; text holds no zero byte.
bool looks_binary(std::span<const std::byte> bytes) {
  const auto head = bytes.first(std::min<std::size_t>(bytes.size(), 8));
  return std::find(head.begin(), head.end(), std::byte{0}) != head.end();
}

}  // namespace

Model Model::load(const std::string& path) { return unwrap(app::ModelAccess::wrap(unwrap(model::Model::load(path)))); }

Result<Model> Model::parse(std::span<const std::byte> bytes) {
  auto model = model::Model::parse(bytes);
  if (!model) return model.error();
  return app::ModelAccess::wrap(std::move(*model));
}

std::vector<std::byte> Model::to_bytes() const { return unwrap(inner(*this).to_bytes()); }

void Model::save(const std::string& path, bool overwrite) const {
  const Result<void> saved = inner(*this).save(path, overwrite);
  if (!saved) throw Exception(saved.error());
}

const NetworkSpec& Model::spec() const { return inner(*this).network; }
Task Model::task() const { return app::public_task(inner(*this).preprocessing.task); }
std::vector<std::string> Model::inputs() const { return inner(*this).preprocessing.input_names(); }
std::vector<std::string> Model::outputs() const { return inner(*this).preprocessing.output_names(); }

std::vector<std::string> Model::features() const {
  std::vector<std::string> names;
  for (const data::FeatureRule& rule : inner(*this).preprocessing.features) names.push_back(rule.name);
  return names;
}

std::vector<std::string> Model::targets() const {
  std::vector<std::string> names;
  for (const data::TargetRule& rule : inner(*this).preprocessing.targets) names.push_back(rule.name);
  return names;
}

std::vector<std::string> Model::classes() const { return inner(*this).preprocessing.classes; }
std::size_t Model::weight_count() const { return app::ModelAccess::state(*this).graph.connection_count(); }
std::string Model::weights_digest() const { return inner(*this).weights_digest(); }

std::vector<std::pair<std::string, std::string>> Model::provenance() const {
  const model::Model& model = inner(*this);
  const model::Provenance& from = model.provenance;
  std::vector<std::pair<std::string, std::string>> entries = model.settings;
  entries.emplace_back("training_rows", std::to_string(from.training_rows));
  entries.emplace_back("validation_rows", std::to_string(from.validation_rows));
  entries.emplace_back("test_rows", std::to_string(from.test_rows));
  entries.emplace_back("rows_seen", std::to_string(from.rows_seen));
  entries.emplace_back("refitted", from.refitted ? "yes" : "no");
  entries.emplace_back("seed", std::to_string(from.seed));
  entries.emplace_back("data_fingerprint", from.data_fingerprint);
  entries.emplace_back("engine_version", from.engine_version);
  return entries;
}

std::vector<EpochRecord> Model::history() const { return inner(*this).history; }
std::string Model::history_json() const { return model::history_to_json(inner(*this).history); }

Model Model::folded() const {
  model::Model model = inner(*this);
  std::visit(
      [&model](auto& weights) {
        using T = typename std::decay_t<decltype(weights)>::value_type;
        auto network = unwrap(network::Network<T>::create(model.network));
        if (const auto set = network.set_weights(weights); !set) throw Exception(set.error());
        const auto folded = unwrap(network::fold_normalisation(network));
        model.network = folded.spec();
        weights = folded.weights();
      },
      model.weights);
  model.settings.emplace_back("folded", "batch normalisation");
  return unwrap(app::ModelAccess::wrap(std::move(model)));
}

std::string Model::network_json(bool with_weights) const {
  const model::Model& model = inner(*this);
  return unwrap(model::network_to_json(model.network, with_weights ? &model.weights : nullptr,
                                       model.preprocessing.input_names()));
}

NetworkFile read_network(const std::string& path) {
  const io::FileBytes file = unwrap(io::read_file(path));
  const std::string name = io::display_name(path);
  if (looks_binary(file.bytes())) {
    model::Model model = unwrap(model::Model::parse(file.bytes(), name));
    NetworkFile network{model.network, model.weights_as_double()};
    network.model = unwrap(app::ModelAccess::wrap(std::move(model)));
    return network;
  }
  model::NetworkJson json = unwrap(model::parse_network_json(file.text(), name));
  return {std::move(json.spec), std::move(json.weights), std::move(json.input_names), {}};
}

}  // namespace deltarule
