// Which records of a spool are the moments of a run: those that a rollback took back stay in the spool and do not
// count.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace deltarule::app {

/// Records [first, second) of each, ascending and apart from each other.
using MomentRanges = std::vector<std::pair<std::uint64_t, std::uint64_t>>;

/// Records that the spool must have for them.
[[nodiscard]] inline std::uint64_t records_of(const MomentRanges& ranges) {
  return ranges.empty() ? 0 : ranges.back().second;
}
[[nodiscard]] inline std::uint64_t count_of(const MomentRanges& ranges) {
  std::uint64_t count = 0;
  for (const auto& [first, last] : ranges) count += last - first;
  return count;
}

/// The next record of the spool is a moment.
inline void add_record(MomentRanges& ranges, std::uint64_t record) {
  if (!ranges.empty() && ranges.back().second == record)
    ++ranges.back().second;
  else
    ranges.emplace_back(record, record + 1);
}
/// The last moment does not count any more. There must be one.
inline void drop_last(MomentRanges& ranges) {
  if (--ranges.back().second == ranges.back().first) ranges.pop_back();
}

}  // namespace deltarule::app
