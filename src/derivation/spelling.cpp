// Nearest names by edit distance, which is base's.
#include "derivation/spelling.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"

namespace deltarule::derivation {

std::vector<std::string> nearest(std::string_view word, std::span<const std::string> known, std::size_t most) {
  constexpr std::size_t kLongestWord = 64;  // nothing known is near a longer one, and the tables stay small
  if (word.size() > kLongestWord) return {};
  const std::size_t far = std::max<std::size_t>(2, word.size() / 3);
  std::vector<std::pair<std::size_t, std::size_t>> near;  // distance, position: ties keep their order
  for (std::size_t i = 0; i < known.size(); ++i) {
    const std::size_t distance = base::edit_distance(word, known[i]);
    if (distance <= far && distance < known[i].size()) near.emplace_back(distance, i);
  }
  std::sort(near.begin(), near.end());
  std::vector<std::string> names;
  for (std::size_t i = 0; i < std::min(most, near.size()); ++i) names.push_back(known[near[i].second]);
  return names;
}

}  // namespace deltarule::derivation
