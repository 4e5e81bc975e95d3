#include "model/spec_json.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <unordered_map>
#include <utility>

#include "derivation/resolved.hpp"
#include "io/number.hpp"
#include "model/network_json.hpp"

namespace deltarule::model {
namespace {

using io::JsonCursor;

constexpr std::uint64_t kMostUnits = std::uint64_t{1} << 40;  // as many as base::Graph has weights

const char* truth(bool value) { return value ? "true" : "false"; }

void append_mask(std::string& out, const Connection& connection, std::size_t units) {
  out += "\"" + std::to_string(connection.source) + "\":[";
  const std::size_t sending = units == 0 ? 0 : connection.mask.size() / units;
  for (std::size_t unit = 0; unit < units; ++unit) {
    out += unit == 0 ? "\"" : ",\"";
    for (std::size_t s = 0; s < sending; ++s) out += connection.mask[unit * sending + s] != 0 ? '1' : '0';
    out += '"';
  }
  out += ']';
}

void append_sources(std::string& out, const LayerSpec& layer) {
  out += ",\"from\":[";
  for (std::size_t i = 0; i < layer.from.size(); ++i) out += (i == 0 ? "" : ",") + std::to_string(layer.from[i].source);
  out += ']';
  bool first = true;
  for (const Connection& connection : layer.from) {
    if (connection.mask.empty()) continue;
    out += first ? ",\"mask\":{" : ",";
    append_mask(out, connection, layer.units);
    first = false;
  }
  if (!first) out += '}';
}

/// One row of a mask, as a string or a list; appended to `mask`.
Result<void> read_mask_row(const JsonCursor& cursor, std::vector<std::uint8_t>& mask) {
  const auto wrong = [&cursor](std::string got) {
    return cursor.fault(std::move(got), "0 or 1 for each sending unit");
  };
  if (const std::string* text = cursor.json().string()) {
    for (const char symbol : *text) {
      if (symbol != '0' && symbol != '1') return wrong(io::json_string(text->substr(0, 40)));
      mask.push_back(symbol == '1' ? 1 : 0);
    }
    return {};
  }
  const io::Json::Array* list = cursor.json().array();
  if (list == nullptr) return cursor.wrong_kind("a string of 0 and 1, or a list of them");
  for (const io::Json& item : *list) {
    const io::JsonNumber* number = item.number();
    if (number == nullptr || !number->counts || number->count > 1) return wrong("something else in the list");
    mask.push_back(static_cast<std::uint8_t>(number->count));
  }
  return {};
}

Result<std::vector<std::uint8_t>> read_mask(const JsonCursor& cursor, std::size_t units) {
  auto rows = cursor.items();
  if (!rows) return rows.error();
  if (rows->size() != units)
    return cursor.fault(std::to_string(rows->size()) + " rows", std::to_string(units) + ", one per receiving unit");
  std::vector<std::uint8_t> mask;
  std::size_t first_row = 0;
  for (const JsonCursor& row : *rows) {
    const std::size_t before = mask.size();
    if (auto read = read_mask_row(row, mask); !read) return read.error();
    if (before == 0) first_row = mask.size();
    if (mask.size() - before != first_row || first_row == 0)
      return row.fault(std::to_string(mask.size() - before) + " entries",
                       first_row == 0 ? "at least one" : std::to_string(first_row) + ", as in the first row");
  }
  return mask;
}

Result<void> read_masks(const JsonCursor& cursor, LayerSpec& layer) {
  auto members = cursor.members();
  if (!members) return members.error();
  std::unordered_map<std::uint64_t, Connection*> connections;
  for (Connection& connection : layer.from) connections.emplace(connection.source, &connection);
  for (const auto& [key, value] : *members) {
    std::uint64_t source = 0;
    const bool number = io::parse_unsigned(key, source);
    const auto of = connections.find(source);
    if (!number || of == connections.end())
      return cursor.fault("a mask for " + io::json_string(key.substr(0, 40)), "a source that the layer's `from` names");
    auto mask = read_mask(value, layer.units);
    if (!mask) return mask.error();
    of->second->mask = std::move(*mask);
  }
  return {};
}

Result<void> read_sources(const JsonCursor& cursor, LayerSpec& layer) {
  auto items = cursor.items();
  if (!items) return items.error();
  if (items->empty()) return cursor.fault("no source", "at least one, or no `from` at all: the layer before");
  for (const JsonCursor& item : *items) {
    auto source = item.count(kMostUnits);
    if (!source) return source.error();
    layer.from.emplace_back(static_cast<std::size_t>(*source));
  }
  return {};
}

Result<void> read_flag(const JsonCursor& cursor, std::string_view name, bool& flag) {
  if (!cursor.has(name)) return {};
  auto member = cursor.member(name);
  if (!member) return member.error();
  auto value = member->boolean();
  if (!value) return value.error();
  flag = *value;
  return {};
}

Result<void> read_units(const JsonCursor& cursor, LayerSpec& layer) {
  auto units = cursor.member("units");
  if (!units) return units.error();
  auto count = units->count(kMostUnits);
  if (!count) return count.error();
  layer.units = static_cast<std::size_t>(*count);
  auto activation = cursor.member("activation");
  if (!activation) return activation.error();
  auto name = activation->string();
  if (!name) return name.error();
  layer.activation = std::move(*name);
  return {};
}

Error at(Error error, const std::string& where) {
  error.place = error.place.empty() ? where : where + ", " + error.place;
  return error;
}

}  // namespace

void append_layer_json(std::string& out, const LayerSpec& layer) {
  out += "{\"units\":" + std::to_string(layer.units) + ",\"activation\":";
  io::append_json_string(out, layer.activation);
  if (!layer.from.empty()) append_sources(out, layer);
  out += std::string(",\"bias\":") + truth(layer.bias) + ",\"train_bias\":" + truth(layer.train_bias);
  if (!layer.normalise.empty()) {
    out += ",\"normalise\":";
    io::append_json_string(out, layer.normalise);
  }
  out += '}';
}

Result<LayerSpec> layer_from_json(const JsonCursor& cursor) {
  constexpr std::array<std::string_view, 7> kKnown{"units", "activation", "from",     "mask",
                                                   "bias",  "train_bias", "normalise"};
  if (auto known = cursor.only(kKnown); !known) return known.error();
  LayerSpec layer;
  if (auto read = read_units(cursor, layer); !read) return read.error();
  if (cursor.has("from"))
    if (auto read = read_sources(*cursor.member("from"), layer); !read) return read.error();
  if (cursor.has("mask"))
    if (auto read = read_masks(*cursor.member("mask"), layer); !read) return read.error();
  if (auto read = read_flag(cursor, "bias", layer.bias); !read) return read.error();
  if (auto read = read_flag(cursor, "train_bias", layer.train_bias); !read) return read.error();
  if (cursor.has("normalise")) {
    auto name = cursor.member("normalise")->string();
    if (!name) return name.error();
    if (name->empty()) return cursor.member("normalise")->fault("\"\"", "\"layer\" or \"batch\"");
    layer.normalise = std::move(*name);
  }
  return layer;
}

Result<std::vector<LayerSpec>> layers_from_json(const JsonCursor& cursor) {
  auto items = cursor.items();
  if (!items) return items.error();
  std::vector<LayerSpec> layers;
  for (const JsonCursor& item : *items) {
    auto layer = layer_from_json(item);
    if (!layer) return layer.error();
    layers.push_back(std::move(*layer));
  }
  return layers;
}

bool is_normalised(const NetworkSpec& spec) {
  return std::any_of(spec.layers.begin(), spec.layers.end(),
                     [](const LayerSpec& layer) { return !layer.normalise.empty(); });
}

Result<base::Graph> checked_graph(const NetworkSpec& spec, const std::string& where) {
  auto graph = base::Graph::create(spec);
  if (!graph) return at(graph.error(), where);
  auto resolved = derivation::resolve(*graph);
  if (!resolved) return at(resolved.error(), where);
  return graph;
}

std::string spec_to_json(const NetworkSpec& spec) {
  std::string out = "{\"inputs\":" + std::to_string(spec.inputs) + ",\"layers\":[";
  for (std::size_t l = 0; l < spec.layers.size(); ++l) {
    if (l > 0) out += ',';
    append_layer_json(out, spec.layers[l]);
  }
  out += "],\"loss\":";
  io::append_json_string(out, spec.loss);
  return out + "}";
}

Result<NetworkSpec> spec_from_json(std::string_view text, const std::string& name) {
  auto json = io::parse_json(text, name, {8, static_cast<std::size_t>(-1)});
  if (!json) return json.error();
  const JsonCursor root(*json, "", name);
  constexpr std::array<std::string_view, 3> kKnown{"inputs", "layers", "loss"};
  if (auto known = root.only(kKnown); !known) return known.error();
  NetworkSpec spec;
  auto inputs = root.member("inputs");
  if (!inputs) return inputs.error();
  auto count = inputs->count(kMostUnits);
  if (!count) return count.error();
  spec.inputs = static_cast<std::size_t>(*count);
  auto member = root.member("layers");
  if (!member) return member.error();
  auto layers = layers_from_json(*member);
  if (!layers) return layers.error();
  spec.layers = std::move(*layers);
  auto loss = root.member("loss");
  if (!loss) return loss.error();
  auto loss_name = loss->string();
  if (!loss_name) return loss_name.error();
  spec.loss = std::move(*loss_name);
  return spec;
}

}  // namespace deltarule::model
