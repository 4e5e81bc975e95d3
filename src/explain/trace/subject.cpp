#include "explain/trace/subject.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "base/text.hpp"
#include "derivation/spelling.hpp"
#include "network/address.hpp"

namespace deltarule::explain {
namespace {

Error wrong_count(const char* what, std::size_t got, std::size_t needed) {
  return {ErrorCode::shape, "explain", base::counted(got, what), base::counted(needed, what), {}};
}

/// A count from 1 that takes the whole text, as an index from 0.
std::optional<std::size_t> index_of(std::string_view text) {
  std::size_t value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc{} || end != text.data() + text.size() || value == 0) return std::nullopt;
  return value - 1;
}

std::optional<Unit> existing(const Subject& subject, std::optional<std::size_t> source,
                             std::optional<std::size_t> index) {
  if (!source || !index || *source > subject.graph.layers().size()) return std::nullopt;
  if (*index >= subject.graph.units_of(*source)) return std::nullopt;
  return Unit{*source, *index};
}

std::optional<Unit> numbered(const Subject& subject, std::string_view text) {
  if (text.size() < 2) return std::nullopt;
  const std::string_view rest = text.substr(1);
  if (text[0] == 'x') return existing(subject, 0, index_of(rest));
  if (text[0] == 'y') return existing(subject, subject.graph.layers().size(), index_of(rest));
  const std::size_t dot = rest.find('.');
  if (text[0] != 'h' || dot == std::string_view::npos) return std::nullopt;
  const auto layer = index_of(rest.substr(0, dot));
  if (!layer) return std::nullopt;
  return existing(subject, *layer + 1, index_of(rest.substr(dot + 1)));
}

std::optional<Unit> named(const std::vector<std::string>& names, std::size_t source, std::string_view text) {
  const auto found = std::find(names.begin(), names.end(), text);
  if (found == names.end()) return std::nullopt;
  return Unit{source, static_cast<std::size_t>(found - names.begin())};
}

/// Every unit by address and name, as far as a list of suggestions can use them.
std::vector<std::string> known_units(const Subject& subject) {
  constexpr std::size_t kMost = 10'000;
  std::vector<std::string> known;
  for (std::size_t source = 0; source <= subject.graph.layers().size(); ++source)
    for (std::size_t i = 0; i < subject.graph.units_of(source) && known.size() < kMost; ++i) {
      known.push_back(address_of(subject, Unit{source, i}));
      if (std::string name = name_of(subject, {source, i}); !name.empty()) known.push_back(std::move(name));
    }
  return known;
}

/// "x1 … x4, h1.1 … h1.8, y1 … y3".
std::string ranges(const Subject& subject) {
  std::string text;
  for (std::size_t source = 0; source <= subject.graph.layers().size(); ++source) {
    const std::size_t units = subject.graph.units_of(source);
    text += (source == 0 ? "" : ", ") + address_of(subject, Unit{source, 0});
    if (units > 1) text += (units > 2 ? " … " : ", ") + address_of(subject, Unit{source, units - 1});
  }
  return text;
}

/// A name from outside, fit for a page: control characters are replaced.
std::string printable(std::string name) {
  for (char& c : name)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  return name;
}

}  // namespace

Result<Subject> make_subject(NetworkSpec spec, std::vector<double> w, std::vector<double> x, std::vector<double> t,
                             network::Names names) {
  auto graph = base::Graph::create(std::move(spec));
  if (!graph) return graph.error();
  auto resolved = derivation::resolve(*graph);
  if (!resolved) return resolved.error();
  if (w.size() != graph->weight_count()) return wrong_count("weight", w.size(), graph->weight_count());
  if (x.size() != graph->inputs()) return wrong_count("input", x.size(), graph->inputs());
  if (t.size() != graph->outputs()) return wrong_count("target", t.size(), graph->outputs());
  return Subject{std::move(*graph), std::move(*resolved), std::move(w), std::move(x), std::move(t), std::move(names)};
}

std::vector<Link> feeding(const Subject& subject, Unit unit) {
  std::vector<Link> links;
  if (unit.source == 0) return links;
  const base::Layer& layer = subject.graph.layers()[unit.layer()];
  for (const base::Block& block : layer.blocks)
    for (std::size_t i = 0; i < block.sending; ++i)
      if (block.connected(unit.index, i))
        links.push_back({{block.source, i}, unit, false, block.first_weight + unit.index * block.sending + i});
  if (layer.bias && !layer.is_normalised()) links.push_back({{}, unit, true, layer.first_bias + unit.index});
  return links;
}

std::vector<Link> fed_by(const Subject& subject, Unit unit) {
  std::vector<Link> links;
  const auto& layers = subject.graph.layers();
  for (std::size_t l = unit.source; l < layers.size(); ++l)
    for (const base::Block& block : layers[l].blocks) {
      if (block.source != unit.source) continue;
      for (std::size_t k = 0; k < layers[l].units; ++k)
        if (block.connected(k, unit.index))
          links.push_back({unit, {l + 1, k}, false, block.first_weight + k * block.sending + unit.index});
    }
  return links;
}

Link link_at(const Subject& subject, std::size_t position) {
  const auto& layers = subject.graph.layers();
  for (std::size_t l = 0; l < layers.size(); ++l) {
    for (const base::Block& block : layers[l].blocks) {
      const std::size_t within = position - block.first_weight;
      if (position < block.first_weight || within >= layers[l].units * block.sending) continue;
      return {{block.source, within % block.sending}, {l + 1, within / block.sending}, false, position};
    }
    if (layers[l].bias && position >= layers[l].first_bias && position < layers[l].first_bias + layers[l].units)
      return {{}, {l + 1, position - layers[l].first_bias}, true, position};
  }
  return {};
}

std::string address_of(const Subject& subject, Unit unit) {
  return network::unit_address(subject.graph, unit.source, unit.index);
}

std::string address_of(const Subject& subject, const Link& link) {
  return (link.bias ? "1" : address_of(subject, link.from)) + ":" + address_of(subject, link.to);
}

std::string name_of(const Subject& subject, Unit unit) {
  const auto& names = unit.source == 0 ? subject.names.inputs : subject.names.outputs;
  const bool has_name = (unit.source == 0 || is_output(subject, unit)) && unit.index < names.size();
  return has_name ? printable(names[unit.index]) : "";
}

Result<Unit> find_unit(const Subject& subject, std::string_view text) {
  if (const auto unit = named(subject.names.outputs, subject.graph.layers().size(), text)) return *unit;
  if (const auto unit = named(subject.names.inputs, 0, text)) return *unit;
  if (const auto unit = numbered(subject, text)) return *unit;
  const std::vector<std::string> near = derivation::nearest(text, known_units(subject));
  return Error{ErrorCode::spec, "unit", base::quoted(text), "a unit of this network: " + ranges(subject),
               near.empty() ? "For example --unit " + address_of(subject, Unit{1, 0})
                            : "Did you mean " + base::listed(near) + "?"};
}

Result<Link> find_link(const Subject& subject, std::string_view text) {
  const auto found = network::find_weight(subject.graph, text, subject.names);
  if (found) {
    const auto& layers = subject.graph.layers();
    for (const base::Layer& layer : layers)
      for (const base::UnitRow& row : layer.rows)
        if (row.kind != base::ParameterKind::biases && *found >= row.first && *found < row.first + layer.units)
          return Error{ErrorCode::spec, "weight", base::quoted(text) + ", which is no weight", "a weight or a bias",
                       "For example --weight " + address_of(subject, feeding(subject, {1, 0}).front())};
    return link_at(subject, *found);
  }
  Error error = found.error();
  const std::size_t colon = text.find(':');
  for (const std::string_view half : {text.substr(0, colon), text.substr(std::min(colon, text.size() - 1) + 1)}) {
    if (colon == std::string_view::npos || half == "1" || find_unit(subject, half).ok()) continue;
    error.needed = "sender:receiver of this network: " + ranges(subject);
    const std::vector<std::string> near = derivation::nearest(half, known_units(subject));
    if (!near.empty()) error.fix = "Did you mean " + base::listed(near) + " for " + base::quoted(half) + "?";
    break;
  }
  return error;
}

}  // namespace deltarule::explain
