// "Did you mean": the nearest known word to one that is not known.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace deltarule::cli {

/// Letters to insert, remove, change or swap with a neighbour to get from one word to the other (optimal alignment).
[[nodiscard]] std::size_t spelling_distance(std::string_view a, std::string_view b);

/// The nearest of `known`, or an empty text when none is near: more than a third of the letters differ.
[[nodiscard]] std::string nearest(std::string_view word, const std::vector<std::string>& known);

}  // namespace deltarule::cli
