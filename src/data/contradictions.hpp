// Rows that are the same to a network but want different answers: how many there are, and the least error that they
// leave to any model. Looks at prepared inputs; knows no network.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "data/binding.hpp"

namespace deltarule::data {

struct Contradictions {
  std::size_t groups = 0;               // of rows with equal inputs, not all of whose targets are equal
  std::size_t rows = 0;                 // in those groups
  std::uint32_t first = 0, second = 0;  // two table rows that contradict each other, if there is a group
  /// Classes: the smallest share of wrong rows (labels: of wrong single labels); regression: the smallest mean squared
  /// error over rows and targets, in the targets' own units. Of weighted rows.
  double floor = 0.0;
};

/// `rows` are of a table that was bound with its targets; `weights` are of all its rows, or none. O(n log n).
[[nodiscard]] Contradictions find_contradictions(const BoundTable& bound, std::span<const std::uint32_t> rows,
                                                 std::span<const double> weights);

}  // namespace deltarule::data
