// What is explained: a network with its weights, one pattern, and the names of its units. Knows how units and weights
// are called and what is connected with what; computes nothing.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/graph.hpp"
#include "deltarule/error.hpp"
#include "derivation/resolved.hpp"
#include "network/network.hpp"

namespace deltarule::explain {

struct Subject {
  base::Graph graph = {};
  derivation::Resolved resolved = {};
  std::vector<double> w = {}, x = {}, t = {};  // canonical order; as the network sees them
  network::Names names = {};                   // the user's own, for inputs and outputs
};

/// A unit by its source number: 0 is the input, k the k-th layer.
struct Unit {
  std::size_t source = 0, index = 0;
  [[nodiscard]] std::size_t layer() const { return source - 1; }
  friend bool operator==(const Unit&, const Unit&) = default;
};

/// A weight that exists, or a bias: then `from` means nothing.
struct Link {
  Unit from, to;
  bool bias = false;
  std::size_t position = 0;  // canonical
};

/// Shape and spec errors for what does not belong together.
Result<Subject> make_subject(NetworkSpec spec, std::vector<double> w, std::vector<double> x, std::vector<double> t,
                             network::Names names = {});

[[nodiscard]] inline bool is_output(const Subject& subject, Unit unit) {
  return unit.source == subject.graph.layers().size();
}
/// What feeds a unit, in the order of (4): sources ascending, their units ascending, the bias last. The bias of a
/// normalised unit is no part of it.
[[nodiscard]] std::vector<Link> feeding(const Subject& subject, Unit unit);
/// What a unit feeds, in the order of (11): layers ascending, their units ascending.
[[nodiscard]] std::vector<Link> fed_by(const Subject& subject, Unit unit);
/// The weight or bias at a canonical position. There must be one.
[[nodiscard]] Link link_at(const Subject& subject, std::size_t position);

/// "x3", "h1.2", "y1": short, the same for every model.
[[nodiscard]] std::string address_of(const Subject& subject, Unit unit);
/// "x3:h1.2", "1:h1.2".
[[nodiscard]] std::string address_of(const Subject& subject, const Link& link);
/// What the user calls it, or empty.
[[nodiscard]] std::string name_of(const Subject& subject, Unit unit);

/// By address or by the user's name; names come first. Spec error that lists near ones.
Result<Unit> find_unit(const Subject& subject, std::string_view text);
/// The same for a weight; gains and running statistics are none.
Result<Link> find_link(const Subject& subject, std::string_view text);

}  // namespace deltarule::explain
