// Which terms of a sum are shown, and what the others add: so that what is shown adds up to the bit.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace deltarule::explain {

struct ShownTerms {
  std::vector<std::size_t> shown;  // places from 0, the largest term first
  std::size_t more = 0;
  double rest = 0.0;  // added last
};

/// terms: in the order in which they were added, from 0, to give `value`. At least `most` of them are shown, or all.
/// Adding the shown ones in ascending places from 0, and then `rest`, gives `value` bit for bit. More than `most` are
/// shown only where no number could stand for the rest: where the sum has cancelled to far less than its parts.
[[nodiscard]] ShownTerms shown_terms(std::span<const double> terms, double value, std::size_t most);

/// What they add up to in that order.
[[nodiscard]] double added(std::span<const double> terms, const ShownTerms& shown);

}  // namespace deltarule::explain
