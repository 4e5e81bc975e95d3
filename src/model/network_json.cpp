// Reading and writing the JSON form of a network. The members it shares with the model file are in spec_json.cpp.
#include "model/network_json.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "model/spec_json.hpp"
#include "model/weight_blocks.hpp"

namespace deltarule::model {
namespace {

using io::Json;
using io::JsonCursor;
using io::JsonNumber;

constexpr std::string_view kFormat = "deltarule-network-1";
constexpr std::string_view kCase = "deltarule-case-1";
constexpr std::uint64_t kMostUnits = std::uint64_t{1} << 40;

/// The names of losses in case files.
std::string loss_of_case(const std::string& name) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kNames{
      {{"half_sse", "half_squared_error"},
       {"mse", "mean_squared_error"},
       {"binary_ce", "binary_cross_entropy"},
       {"softmax_ce", "softmax_cross_entropy"}}};
  for (const auto& [theirs, ours] : kNames)
    if (theirs == name) return std::string(ours);
  return name;
}

// ---- Weights ----

/// Fills the canonical weights of a network from the list of layers' entries.
class WeightReader {
 public:
  WeightReader(const base::Graph& graph, NetworkJson& into)
      : graph_(graph), blocks_(weight_blocks(graph)), into_(into) {}

  Result<void> read(const JsonCursor& cursor) {
    auto layers = cursor.items();
    if (!layers) return layers.error();
    if (layers->size() != graph_.layers().size())
      return cursor.fault(std::to_string(layers->size()) + " entries",
                          std::to_string(graph_.layers().size()) + ", one per layer");
    std::size_t next = 0;
    for (std::size_t l = 0; l < layers->size(); ++l)
      if (auto read = read_layer((*layers)[l], graph_.layers()[l], next); !read) return read;
    into_.has_weights = true;
    return {};
  }

 private:
  Result<void> read_layer(const JsonCursor& cursor, const base::Layer& layer, std::size_t& next) {
    constexpr std::array<std::string_view, 5> kKnown{"from", "bias", "gain", "running_mean", "running_variance"};
    if (auto known = cursor.only(kKnown); !known) return known;
    auto from = cursor.member("from");
    if (!from) return from.error();
    const Json::Object* matrices = from->json().object();
    if (matrices == nullptr) return from->wrong_kind("an object with a matrix for each source");
    if (matrices->size() != layer.blocks.size())
      return from->fault(std::to_string(matrices->size()) + " matrices",
                         std::to_string(layer.blocks.size()) + ", one per source");
    for (const base::Block& block : layer.blocks) {
      auto matrix = from->member(std::to_string(block.source));
      if (!matrix) return matrix.error();
      if (auto read = read_matrix(*matrix, blocks_[next++]); !read) return read;
    }
    using enum base::ParameterKind;
    for (const base::ParameterKind kind : {biases, gains, running_means, running_variances}) {
      const bool has = layer.row(kind) != nullptr;
      if (auto read = has ? read_units(cursor, blocks_[next++]) : read_none(cursor, kind); !read) return read;
    }
    return {};
  }

  /// A number for each unit.
  Result<void> read_units(const JsonCursor& cursor, const WeightBlock& block) {
    auto row = cursor.member(row_name(block.kind));
    if (!row) return row.error();
    return read_row(*row, block.first, block.units);
  }
  static Result<void> read_none(const JsonCursor& cursor, base::ParameterKind kind) {
    const std::string_view name = row_name(kind);
    if (!cursor.has(name)) return {};
    auto row = cursor.member(name);
    const Json::Array* list = row->json().array();
    if (row->json().is_null() || (list != nullptr && list->empty())) return {};
    return row->fault(std::string(row->json().kind()),
                      "none: the layer has no " + (kind == base::ParameterKind::biases ? "biases" : std::string(name)));
  }

  Result<void> read_matrix(const JsonCursor& cursor, const WeightBlock& block) {
    auto rows = cursor.items();
    if (!rows) return rows.error();
    if (rows->size() != block.units)
      return cursor.fault(std::to_string(rows->size()) + " rows",
                          std::to_string(block.units) + ", one per receiving unit");
    for (std::size_t unit = 0; unit < block.units; ++unit)
      if (auto read = read_row((*rows)[unit], block.first + unit * block.sending, block.sending); !read) return read;
    if (block.block->mask.empty()) return {};
    for (std::size_t i = 0; i < block.size(); ++i)
      if (block.block->mask[i] == 0) {
        into_.weights[block.first + i] = 0.0;
        into_.singles[block.first + i] = 0.0F;
      }
    return {};
  }

  Result<void> read_row(const JsonCursor& cursor, std::size_t first, std::size_t count) {
    const Json::Array* row = cursor.json().array();
    if (row == nullptr) return cursor.wrong_kind("a list of numbers");
    if (row->size() != count) return cursor.fault(std::to_string(row->size()) + " numbers", std::to_string(count));
    for (std::size_t i = 0; i < count; ++i) {
      const JsonNumber* number = (*row)[i].number();
      if (number == nullptr)
        return JsonCursor((*row)[i], cursor.path() + "[" + std::to_string(i) + "]", cursor.name())
            .wrong_kind("a number");
      into_.weights[first + i] = number->value;
      into_.singles[first + i] = number->single;
    }
    return {};
  }

  const base::Graph& graph_;
  std::vector<WeightBlock> blocks_;
  NetworkJson& into_;
};

/// Numbers anywhere below a value: a network cannot have more weights than that, so memory stays bounded by the text.
std::size_t count_numbers(const Json& value) {
  if (value.number() != nullptr) return 1;
  std::size_t count = 0;
  if (const Json::Array* items = value.array())
    for (const Json& item : *items) count += count_numbers(item);
  if (const Json::Object* members = value.object())
    for (const auto& [key, member] : *members) count += count_numbers(member);
  return count;
}

Result<void> read_weights(const JsonCursor& cursor, const base::Graph& graph, NetworkJson& into) {
  const std::size_t numbers = count_numbers(cursor.json());
  if (graph.weight_count() != numbers)
    return cursor.fault(std::to_string(numbers) + " numbers",
                        std::to_string(graph.weight_count()) + ", as many as the network has weights");
  into.weights.resize(numbers);
  into.singles.resize(numbers);
  return WeightReader(graph, into).read(cursor);
}

// ---- The file ----

Result<void> read_inputs(const JsonCursor& cursor, NetworkJson& into) {
  if (cursor.json().array() == nullptr) {
    if (cursor.json().number() == nullptr) return cursor.wrong_kind("the number of inputs, or a list of their names");
    auto count = cursor.count(kMostUnits);
    if (!count) return count.error();
    into.spec.inputs = static_cast<std::size_t>(*count);
    return {};
  }
  auto names = cursor.strings();
  if (!names) return names.error();
  into.spec.inputs = names->size();
  into.input_names = std::move(*names);
  return {};
}

/// `holder` has "inputs" and "layers"; `root` has "loss". They are the same object unless it is a case.
Result<base::Graph> read_spec(const JsonCursor& holder, const JsonCursor& root, const std::string& name,
                              NetworkJson& into) {
  auto inputs = holder.member("inputs");
  if (!inputs) return inputs.error();
  if (auto read = read_inputs(*inputs, into); !read) return read.error();
  auto layers = holder.member("layers");
  if (!layers) return layers.error();
  auto read = layers_from_json(*layers);
  if (!read) return read.error();
  into.spec.layers = std::move(*read);
  if (root.has("loss")) {
    auto loss = root.member("loss")->string();
    if (!loss) return loss.error();
    into.spec.loss = loss_of_case(*loss);
  }
  return checked_graph(into.spec, name);
}

Result<NetworkJson> read_parts(const JsonCursor& holder, const JsonCursor& root, std::string_view weights_key,
                               const std::string& name) {
  NetworkJson network;
  auto graph = read_spec(holder, root, name, network);
  if (!graph) return graph.error();
  if (root.has(weights_key))
    if (auto read = read_weights(*root.member(weights_key), *graph, network); !read) return read.error();
  return network;
}

Result<NetworkJson> read_case(const JsonCursor& root, const std::string& name) {
  auto network = root.member("network");
  if (!network) return network.error();
  constexpr std::array<std::string_view, 2> kKnown{"inputs", "layers"};
  if (auto known = network->only(kKnown); !known) return known.error();
  return read_parts(*network, root, "initial", name);
}

Result<NetworkJson> read_network(const JsonCursor& root, const std::string& name) {
  constexpr std::array<std::string_view, 5> kKnown{"format", "inputs", "layers", "loss", "weights"};
  if (auto known = root.only(kKnown); !known) return known.error();
  return read_parts(root, root, "weights", name);
}

// ---- Writing ----

template <class T>
void append_row(std::string& out, const T* numbers, std::size_t count) {
  out += '[';
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0) out += ", ";
    io::append_json_number(out, numbers[i]);
  }
  out += ']';
}

template <class T>
void append_matrix(std::string& out, const T* numbers, const WeightBlock& block) {
  out += '[';
  for (std::size_t unit = 0; unit < block.units; ++unit) {
    out += unit == 0 ? "\n      " : ",\n      ";
    append_row(out, numbers + unit * block.sending, block.sending);
  }
  out += ']';
}

template <class T>
void append_weights(std::string& out, const base::Graph& graph, const std::vector<T>& weights) {
  const std::vector<WeightBlock> blocks = weight_blocks(graph);
  std::size_t next = 0;
  out += ",\n  \"weights\": [";
  for (std::size_t l = 0; l < graph.layers().size(); ++l) {
    const base::Layer& layer = graph.layers()[l];
    out += l == 0 ? "\n    {\"from\": {" : ",\n    {\"from\": {";
    for (std::size_t b = 0; b < layer.blocks.size(); ++b, ++next) {
      out += (b == 0 ? "\"" : ", \"") + std::to_string(layer.blocks[b].source) + "\": ";
      append_matrix(out, weights.data() + blocks[next].first, blocks[next]);
    }
    out += '}';
    for (std::size_t row = 0; row < layer.rows.size(); ++row, ++next) {
      out += ",\n     \"" + std::string(row_name(blocks[next].kind)) + "\": ";
      append_row(out, weights.data() + blocks[next].first, blocks[next].units);
    }
    out += '}';
  }
  out += "\n  ]";
}

template <class T>
Result<void> check_weights(const base::Graph& graph, const std::vector<T>& weights) {
  if (weights.size() != graph.weight_count())
    return Error{ErrorCode::shape,
                 "weights",
                 std::to_string(weights.size()) + " numbers",
                 std::to_string(graph.weight_count()) + ", as many as the network has weights",
                 {}};
  const auto bad = std::find_if(weights.begin(), weights.end(), [](T weight) { return !std::isfinite(weight); });
  if (bad == weights.end()) return {};
  return Error{ErrorCode::data,
               "weight " + std::to_string(bad - weights.begin() + 1) + " in canonical order",
               "a number that is not finite",
               "finite weights",
               {}};
}

void append_inputs(std::string& out, std::size_t inputs, const std::vector<std::string>& names) {
  out += "  \"inputs\": ";
  if (names.empty()) {
    out += std::to_string(inputs);
    return;
  }
  for (std::size_t i = 0; i < names.size(); ++i) {
    out += i == 0 ? "[" : ", ";
    io::append_json_string(out, names[i]);
  }
  out += ']';
}

}  // namespace

Result<NetworkJson> parse_network_json(std::string_view text, const std::string& name) {
  auto json = io::parse_json(text, name);
  if (!json) return json.error();
  const JsonCursor root(*json, "", name);
  const char* const fix = R"(Begin with {"format": "deltarule-network-1", …; docs/formats.md shows an example)";
  if (json->object() == nullptr) return root.fault(std::string(json->kind()), "a network as a JSON object", fix);
  const Json* schema = json->find("schema");
  if (schema != nullptr && schema->string() != nullptr && *schema->string() == kCase) return read_case(root, name);
  const Json* format = json->find("format");
  if (format == nullptr) return root.fault("an object without \"format\"", "\"format\": \"deltarule-network-1\"", fix);
  if (format->string() == nullptr || *format->string() != kFormat) {
    auto member = root.member("format");
    const std::string got =
        format->string() != nullptr ? io::json_string(format->string()->substr(0, 40)) : std::string(format->kind());
    return member->fault(got, "\"deltarule-network-1\"");
  }
  return read_network(root, name);
}

Result<std::string> network_to_json(const NetworkSpec& spec, const Weights* weights,
                                    const std::vector<std::string>& input_names) {
  auto graph = base::Graph::create(spec);
  if (!graph) return graph.error();
  if (!input_names.empty() && input_names.size() != spec.inputs)
    return Error{
        ErrorCode::shape, "inputs", std::to_string(input_names.size()) + " names", std::to_string(spec.inputs), {}};
  std::string out = "{\n  \"format\": \"deltarule-network-1\",\n";
  append_inputs(out, spec.inputs, input_names);
  out += ",\n  \"layers\": [";
  for (std::size_t l = 0; l < spec.layers.size(); ++l) {
    out += l == 0 ? "\n    " : ",\n    ";
    append_layer_json(out, spec.layers[l]);
  }
  out += "\n  ],\n  \"loss\": ";
  io::append_json_string(out, spec.loss);
  if (weights != nullptr) {
    auto checked = std::visit([&graph](const auto& values) { return check_weights(*graph, values); }, *weights);
    if (!checked) return checked.error();
    std::visit([&](const auto& values) { append_weights(out, *graph, values); }, *weights);
  }
  return out + "\n}\n";
}

}  // namespace deltarule::model
