// What a misspelt name may have meant: several suggestions, where base/text.hpp gives one.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace deltarule::derivation {

/// At most `most` of `known` that are near `word` (a third of its letters wrong, but at least two), nearest first,
/// equally near ones in the order given.
[[nodiscard]] std::vector<std::string> nearest(std::string_view word, std::span<const std::string> known,
                                               std::size_t most = 3);

}  // namespace deltarule::derivation
