#include "case.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <initializer_list>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string_view>

#include "base/graph.hpp"
#include "training/updates/registry.hpp"

namespace replay {
namespace {

using nlohmann::json;

/// Every key must be known: one that is skipped might have changed the numbers.
void check_keys(const json& object, const std::string& where, std::initializer_list<std::string_view> known) {
  if (!object.is_object()) throw Damaged(where + " is not an object");
  for (const auto& [key, value] : object.items())
    if (std::find(known.begin(), known.end(), key) == known.end()) throw Unsupported("key \"" + key + "\" in " + where);
}

const json& need(const json& object, const char* key, const std::string& where) {
  const auto found = object.find(key);
  if (found == object.end()) throw Damaged("no \"" + std::string(key) + "\" in " + where);
  return *found;
}

double number(const json& value, const std::string& where) {
  if (!value.is_number()) throw Damaged(where + " is not a number");
  const double n = value.get<double>();
  if (!std::isfinite(n)) throw Damaged(where + " is not finite");
  return n;
}

std::size_t count(const json& value, const std::string& where) {
  if (!value.is_number_unsigned()) throw Damaged(where + " is not a whole number");
  return value.get<std::size_t>();
}

bool truth(const json& value, const std::string& where) {
  if (!value.is_boolean()) throw Damaged(where + " is neither true nor false");
  return value.get<bool>();
}

std::string text(const json& value, const std::string& where) {
  if (!value.is_string()) throw Damaged(where + " is not a text");
  return value.get<std::string>();
}

const json::array_t& list(const json& value, const std::string& where) {
  if (!value.is_array()) throw Damaged(where + " is not a list");
  return value.get_ref<const json::array_t&>();
}

/// `rows` × `columns` numbers.
Matrix matrix(const json& value, std::size_t rows, std::size_t columns, const std::string& where) {
  if (list(value, where).size() != rows)
    throw Damaged(where + " has " + std::to_string(value.size()) + " rows, not " + std::to_string(rows));
  Matrix numbers;
  for (const json& row : value) {
    if (list(row, where).size() != columns)
      throw Damaged(where + " has a row of " + std::to_string(row.size()) + ", not " + std::to_string(columns));
    numbers.emplace_back();
    for (const json& one : row) numbers.back().push_back(number(one, where));
  }
  return numbers;
}

/// Outputs of the first patterns; how many is the file's choice, at least one.
Matrix first_outputs(const json& value, const Case& read, const std::string& where) {
  const std::size_t rows = list(value, where).size();
  if (rows == 0 || rows > read.x.size()) throw Damaged(where + " has " + std::to_string(rows) + " rows");
  return matrix(value, rows, read.t[0].size(), where);
}

// ---- the network ----

std::vector<std::uint8_t> read_mask(const json& value, const std::string& where) {
  std::vector<std::uint8_t> mask;
  for (const json& row : list(value, where))
    for (const json& one : list(row, where)) {
      const double connected = one.is_boolean() ? (one.get<bool>() ? 1.0 : 0.0) : number(one, where);
      if (connected != 0 && connected != 1) throw Damaged(where + " has an entry that is neither 0 nor 1");
      mask.push_back(connected == 1 ? 1 : 0);
    }
  return mask;
}

/// An activation with a parameter may carry it in brackets or as a key of its own.
std::string read_activation(const json& layer, const std::string& where) {
  std::string activation = text(need(layer, "activation", where), where + ", activation");
  for (const char* key : {"parameter", "alpha", "slope", "negative_slope"})
    if (layer.contains(key)) {
      std::ostringstream brackets;
      brackets.precision(17);
      brackets << '(' << number(layer[key], where) << ')';
      activation += brackets.str();
    }
  return activation;
}

deltarule::LayerSpec read_layer(const json& layer, std::size_t index) {
  const std::string where = "layer " + std::to_string(index + 1);
  check_keys(
      layer, where,
      {"units", "activation", "from", "bias", "train_bias", "mask", "parameter", "alpha", "slope", "negative_slope"});
  deltarule::LayerSpec spec{.units = count(need(layer, "units", where), where + ", units"),
                            .activation = read_activation(layer, where)};
  if (layer.contains("from")) {
    for (const json& source : list(layer["from"], where + ", from"))
      spec.from.emplace_back(count(source, where + ", from"));
    if (spec.from.empty()) throw Damaged(where + ", from names no source");
  }
  if (layer.contains("bias")) spec.bias = truth(layer["bias"], where + ", bias");
  if (layer.contains("train_bias")) spec.train_bias = truth(layer["train_bias"], where + ", train_bias");
  if (!layer.contains("mask")) return spec;

  if (spec.from.empty()) spec.from.emplace_back(index);
  const json& mask = layer["mask"];
  if (mask.is_array() && spec.from.size() == 1) {
    spec.from[0].mask = read_mask(mask, where + ", mask");
    return spec;
  }
  if (!mask.is_object()) throw Damaged(where + ", mask is neither a matrix nor one matrix per source");
  std::size_t used = 0;
  for (deltarule::Connection& connection : spec.from)
    if (const auto found = mask.find(std::to_string(connection.source)); found != mask.end()) {
      connection.mask = read_mask(*found, where + ", mask");
      ++used;
    }
  if (used != mask.size()) throw Damaged(where + ", mask names a source that does not feed the layer");
  return spec;
}

deltarule::NetworkSpec read_network(const json& file) {
  const json& network = need(file, "network", "the case");
  check_keys(network, "network", {"inputs", "layers"});
  deltarule::NetworkSpec spec{.inputs = count(need(network, "inputs", "network"), "inputs")};
  for (const json& layer : list(need(network, "layers", "network"), "layers"))
    spec.layers.push_back(read_layer(layer, spec.layers.size()));
  spec.loss = text(need(file, "loss", "the case"), "loss");
  return spec;
}

// ---- training ----

deltarule::Optimizer read_optimizer(const json& given) {
  if (!given.is_object()) throw Damaged("optimizer is not an object");
  const std::string kind = text(need(given, "kind", "optimizer"), "optimizer kind");
  const auto entry = deltarule::training::find_update(kind);
  if (!entry) throw Unsupported("optimizer kind \"" + kind + "\"");
  deltarule::Optimizer optimizer = (*entry)->defaults;
  const auto* rate = deltarule::training::find_setting(**entry, "learning_rate");
  bool has_rate = rate == nullptr || (*entry)->name == "adadelta";  // whose definition has none
  for (const auto& [key, value] : given.items()) {
    if (key == "kind") continue;
    const std::string setting = key == "wd" || key == "decay" ? "weight_decay" : key;
    if (!deltarule::training::set_setting(optimizer, setting, number(value, "optimizer, " + key)))
      throw Unsupported("constant \"" + key + "\" of optimizer kind \"" + kind + "\"");
    has_rate = has_rate || deltarule::training::find_setting(**entry, setting) == rate;
  }
  if (!has_rate) throw Damaged("no \"lr\" in optimizer");
  return optimizer;
}

deltarule::Reduction read_reduction(const json& training) {
  if (!training.contains("reduction")) return deltarule::Reduction::sum;
  const std::string name = text(training["reduction"], "reduction");
  if (name == "sum") return deltarule::Reduction::sum;
  if (name == "mean") return deltarule::Reduction::mean;
  throw Unsupported("reduction \"" + name + "\"");
}

void read_training(const json& file, Case& read) {
  const json& training = need(file, "training", "the case");
  check_keys(training, "training", {"batch", "epochs", "reduction", "order", "label_smoothing"});
  read.options.reduction = read_reduction(training);
  if (training.contains("label_smoothing"))
    read.options.label_smoothing = number(training["label_smoothing"], "label_smoothing");
  read.epochs = count(need(training, "epochs", "training"), "epochs");
  const json& batch = need(training, "batch", "training");
  if (batch.is_string() && batch.get<std::string>() != "all")
    throw Unsupported("batch \"" + batch.get<std::string>() + "\"");
  read.batch_size = batch.is_string() ? 0 : count(batch, "batch");
  if (!batch.is_string() && read.batch_size == 0) throw Damaged("batch is 0");
  if (training.contains("order")) {
    if (list(training["order"], "order").empty()) throw Damaged("order has no epoch");
    for (const json& epoch : training["order"]) {
      read.order.emplace_back();
      for (const json& pattern : list(epoch, "order")) {
        const std::size_t one = count(pattern, "order");
        if (one >= read.x.size()) throw Damaged("order names pattern " + std::to_string(one));
        read.order.back().push_back(static_cast<std::uint32_t>(one));
      }
      if (read.order.back().empty()) throw Damaged("order has an epoch without patterns");
    }
  }
  if (file.contains("regularization")) {
    const json& penalties = file["regularization"];
    check_keys(penalties, "regularization", {"l1", "l2"});
    if (penalties.contains("l1")) read.options.l1 = number(penalties["l1"], "l1");
    if (penalties.contains("l2")) read.options.l2 = number(penalties["l2"], "l2");
  }
}

void read_data(const json& file, Case& read) {
  const json& data = need(file, "data", "the case");
  check_keys(data, "data", {"x", "t"});
  const std::size_t patterns = list(need(data, "x", "data"), "x").size();
  if (patterns == 0) throw Damaged("data without patterns");
  read.x = matrix(data["x"], patterns, read.network.inputs, "x");
  read.t = matrix(need(data, "t", "data"), patterns, read.network.layers.back().units, "t");
}

// ---- weights and expectations ----

/// One block of weights at its canonical places. A masked place may be null or any number: there is no such weight.
void read_block(const json& value, const deltarule::base::Block& block, std::size_t units, const std::string& where,
                std::vector<double>& canonical) {
  if (list(value, where).size() != units) throw Damaged(where + " has the wrong number of rows");
  for (std::size_t u = 0; u < units; ++u) {
    if (list(value[u], where).size() != block.sending) throw Damaged(where + " has a row of the wrong length");
    for (std::size_t i = 0; i < block.sending; ++i)
      if (block.connected(u, i)) canonical[block.first_weight + u * block.sending + i] = number(value[u][i], where);
  }
}

/// A list with one entry per layer, in canonical order; NaN at masked places. Every weight must be there.
std::vector<double> read_weights(const json& value, const deltarule::base::Graph& graph, const std::string& where) {
  if (list(value, where).size() != graph.layers().size()) throw Damaged(where + " has the wrong number of layers");
  std::vector<double> canonical(graph.weight_count(), std::numeric_limits<double>::quiet_NaN());
  for (std::size_t l = 0; l < value.size(); ++l) {
    const deltarule::base::Layer& layer = graph.layers()[l];
    const std::string place = where + ", layer " + std::to_string(l + 1);
    check_keys(value[l], place, {"from", "bias"});
    const json& from = need(value[l], "from", place);
    if (!from.is_object() || from.size() != layer.blocks.size()) throw Damaged(place + " has the wrong sources");
    for (const deltarule::base::Block& block : layer.blocks)
      read_block(need(from, std::to_string(block.source).c_str(), place), block, layer.units, place, canonical);
    const bool has_bias = value[l].contains("bias") && !value[l]["bias"].is_null() && !value[l]["bias"].empty();
    if (has_bias != layer.bias) throw Damaged(place + (has_bias ? " has biases, the network not" : " lacks biases"));
    for (std::size_t u = 0; has_bias && u < layer.units; ++u) {
      if (list(value[l]["bias"], place).size() != layer.units) throw Damaged(place + " has the wrong number of biases");
      canonical[layer.first_bias + u] = number(value[l]["bias"][u], place);
    }
  }
  return canonical;
}

State read_state(const json& value, const char* moment, const std::string& where, const Case& read,
                 const deltarule::base::Graph& graph) {
  check_keys(value, where, {moment, "loss_sum", "weights", "outputs"});
  State state;
  if (*moment != '\0') state.when = count(need(value, moment, where), where);
  if (value.contains("loss_sum")) state.loss_sum = number(value["loss_sum"], where);
  if (value.contains("weights")) state.weights = read_weights(value["weights"], graph, where);
  if (value.contains("outputs")) state.outputs = first_outputs(value["outputs"], read, where);
  if (!state.loss_sum && !state.weights && !state.outputs) throw Damaged(where + " states nothing");
  return state;
}

void read_expected(const json& file, const deltarule::base::Graph& graph, Case& read) {
  const json& given = need(file, "expected", "the case");
  check_keys(given, "expected",
             {"loss_sum_initial", "outputs_initial", "first_batch_gradient", "after_step", "after_epoch",
              "first_epoch_with_loss_below", "final"});
  Expected& expected = read.expected;
  if (given.contains("loss_sum_initial"))
    expected.initial.loss_sum = number(given["loss_sum_initial"], "loss_sum_initial");
  if (given.contains("outputs_initial"))
    expected.initial.outputs = first_outputs(given["outputs_initial"], read, "outputs_initial");
  if (given.contains("first_batch_gradient"))
    expected.first_batch_gradient = read_weights(given["first_batch_gradient"], graph, "first_batch_gradient");
  if (given.contains("after_step"))
    for (const json& one : list(given["after_step"], "after_step"))
      expected.after_step.push_back(read_state(one, "step", "after_step", read, graph));
  if (given.contains("after_epoch"))
    for (const json& one : list(given["after_epoch"], "after_epoch"))
      expected.after_epoch.push_back(read_state(one, "epoch", "after_epoch", read, graph));
  if (given.contains("final")) expected.final = read_state(given["final"], "", "final", read, graph);
  if (given.contains("first_epoch_with_loss_below")) {
    const json& below = given["first_epoch_with_loss_below"];
    const std::string where = "first_epoch_with_loss_below";
    check_keys(below, where, {"threshold", "epoch", "loss_sum"});
    expected.first_below =
        FirstBelow{number(need(below, "threshold", where), where), count(need(below, "epoch", where), where)};
    if (below.contains("loss_sum")) expected.first_below->loss_sum = number(below["loss_sum"], where);
  }
}

json parse(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) throw Damaged("cannot be opened");
  std::ostringstream bytes;
  if (!(bytes << stream.rdbuf())) throw Damaged("cannot be read, or is empty");
  json file = json::parse(bytes.str(), nullptr, false);
  if (file.is_discarded()) throw Damaged("not JSON");
  if (!file.is_object()) throw Damaged("not a JSON object");
  return file;
}

}  // namespace

Case read_case(const std::string& path) {
  const json file = parse(path);
  const std::string schema = file.contains("schema") && file["schema"].is_string() ? file["schema"] : "";
  if (schema != "deltarule-case-1")
    throw Unsupported("schema \"" + schema + "\": only deltarule-case-1 files can be replayed");
  check_keys(file, "the case",
             {"schema", "name", "about", "source", "published", "note", "notes", "network", "loss", "optimizer",
              "training", "regularization", "tolerance", "data", "initial", "expected"});
  Case read;
  read.network = read_network(file);
  const auto graph = deltarule::base::Graph::create(read.network);
  if (!graph) throw Damaged(graph.error().message());
  read_data(file, read);
  read.options.optimizer = read_optimizer(need(file, "optimizer", "the case"));
  read_training(file, read);
  const json& tolerance = need(file, "tolerance", "the case");
  check_keys(tolerance, "tolerance", {"relative", "absolute"});
  read.relative = number(need(tolerance, "relative", "tolerance"), "tolerance");
  read.absolute = number(need(tolerance, "absolute", "tolerance"), "tolerance");
  if (read.relative < 0 || read.absolute < 0) throw Damaged("tolerance is negative");
  read.initial = read_weights(need(file, "initial", "the case"), *graph, "initial");
  for (double& w : read.initial)
    if (std::isnan(w)) w = 0;
  read_expected(file, *graph, read);
  return read;
}

}  // namespace replay
