#include "network/address.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

namespace deltarule::network {
namespace {

/// A unit by the number of its source (0 is the input, k the k-th layer); or what stands in place of a sender where a
/// number belongs to a unit alone: "1" for its bias, a word for the others.
struct Unit {
  std::size_t source = 0;
  std::size_t unit = 0;
  std::optional<base::ParameterKind> row = {};
};

struct RowWord {
  std::string_view word;
  base::ParameterKind kind;
  std::string_view what;
};
constexpr std::array<RowWord, 4> kRowWords{
    {{"1", base::ParameterKind::biases, "a bias"},
     {"gain", base::ParameterKind::gains, "a gain"},
     {"running_mean", base::ParameterKind::running_means, "a running mean"},
     {"running_variance", base::ParameterKind::running_variances, "a running variance"}}};
const RowWord& word_of(base::ParameterKind kind) {
  return *std::find_if(kRowWords.begin(), kRowWords.end(), [&](const RowWord& one) { return one.kind == kind; });
}

/// A number counting from 1 that takes the whole text, as an index from 0.
std::optional<std::size_t> index_from_one(std::string_view text) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value == 0 || text[0] == '0') return std::nullopt;
  return value - 1;
}

std::optional<std::size_t> index_of(const std::vector<std::string>& names, std::string_view name) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<std::size_t>(found - names.begin());
}

std::optional<Unit> hidden_unit(const base::Graph& graph, std::string_view text) {
  const std::size_t dot = text.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const auto layer = index_from_one(text.substr(0, dot));
  const auto unit = index_from_one(text.substr(dot + 1));
  if (!layer || !unit || *layer >= graph.layers().size() || *unit >= graph.layers()[*layer].units) return std::nullopt;
  return Unit{*layer + 1, *unit};
}

std::optional<Unit> numbered_unit(const base::Graph& graph, std::string_view text) {
  for (const RowWord& one : kRowWords)
    if (text == one.word) return Unit{0, 0, one.kind};
  if (text.size() < 2) return std::nullopt;
  const std::string_view rest = text.substr(1);
  if (text[0] == 'h') return hidden_unit(graph, rest);
  const auto index = index_from_one(rest);
  if (!index) return std::nullopt;
  if (text[0] == 'x' && *index < graph.inputs()) return Unit{0, *index};
  if (text[0] == 'y' && *index < graph.outputs()) return Unit{graph.layers().size(), *index};
  return std::nullopt;
}

/// Names come first: a column may be called "x2" and stand in another place.
std::optional<Unit> find_unit(const base::Graph& graph, std::string_view text, const Names& names, bool receiving) {
  const auto& own = receiving ? names.outputs : names.inputs;
  if (const auto index = index_of(own, text)) return Unit{receiving ? graph.layers().size() : 0, *index};
  return numbered_unit(graph, text);
}

Error no_such(std::string_view address, std::string got, std::string needed) {
  return {ErrorCode::spec, "weight \"" + std::string(address) + "\"", std::move(got), std::move(needed), {}};
}

Result<std::size_t> position(const base::Graph& graph, Unit from, Unit to, std::string_view address) {
  const base::Layer& layer = graph.layers()[to.source - 1];
  if (from.row) {
    if (const base::UnitRow* row = layer.row(*from.row)) return row->first + to.unit;
    const std::string what(word_of(*from.row).what);
    return no_such(address, what,
                   "a layer with " + what.substr(2) + (*from.row == base::ParameterKind::biases ? "es" : "s") +
                       ": layer " + std::to_string(to.source) + " has none");
  }
  for (const base::Block& block : layer.blocks) {
    if (block.source != from.source) continue;
    if (block.connected(to.unit, from.unit)) return block.first_weight + to.unit * block.sending + from.unit;
    return no_such(address, "a masked place", "two units that are connected");
  }
  return no_such(address, "two units whose layers are not connected", "a sender whose layer feeds the receiver's");
}

}  // namespace

std::string unit_address(const base::Graph& graph, std::size_t source, std::size_t unit, const Names& names) {
  const std::string number = std::to_string(unit + 1);
  if (source == 0) return unit < names.inputs.size() ? names.inputs[unit] : "x" + number;
  if (source < graph.layers().size()) return "h" + std::to_string(source) + "." + number;
  return unit < names.outputs.size() ? names.outputs[unit] : "y" + number;
}

std::string weight_address(const base::Graph& graph, std::size_t canonical, const Names& names) {
  for (std::size_t l = 0; l < graph.layers().size(); ++l) {
    const base::Layer& layer = graph.layers()[l];
    for (const base::Block& block : layer.blocks) {
      const std::size_t within = canonical - block.first_weight;
      if (canonical < block.first_weight || within >= layer.units * block.sending) continue;
      return unit_address(graph, block.source, within % block.sending, names) + ":" +
             unit_address(graph, l + 1, within / block.sending, names);
    }
    for (const base::UnitRow& row : layer.rows)
      if (canonical >= row.first && canonical < row.first + layer.units)
        return std::string(word_of(row.kind).word) + ":" + unit_address(graph, l + 1, canonical - row.first, names);
  }
  return "beyond the last weight";
}

Result<std::size_t> find_weight(const base::Graph& graph, std::string_view address, const Names& names) {
  // A column's name may hold a colon, so every colon is tried as the one between the two units.
  std::optional<Unit> from, to;
  for (std::size_t colon = address.find(':'); colon != std::string_view::npos; colon = address.find(':', colon + 1)) {
    const auto sender = find_unit(graph, address.substr(0, colon), names, false);
    const auto receiver = find_unit(graph, address.substr(colon + 1), names, true);
    if (sender) from = sender;
    if (receiver) to = receiver;
    if (sender && receiver && !receiver->row && receiver->source > 0)
      return position(graph, *sender, *receiver, address);
  }
  const std::string form = "sender:receiver, as x1:h1.2, h1.2:y1 or 1:y1, counting from 1";
  if (address.find(':') == std::string_view::npos) return no_such(address, "no ':'", form);
  if (!from) return no_such(address, "an unknown sender", form);
  return no_such(address, to ? "a receiver that receives nothing" : "an unknown receiver", form);
}

}  // namespace deltarule::network
