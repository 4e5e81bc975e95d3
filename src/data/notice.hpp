// Something that was decided about the data and that the user should see, with the option that changes it.
// Not an error: the run goes on.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace deltarule::data {

struct Notice {
  std::string text;  // one sentence or two, no full stop needed at the end of the last
  friend bool operator==(const Notice&, const Notice&) = default;
};

using Notices = std::vector<Notice>;

/// Notices of one kind, one per column: a table of a thousand columns must not fill the screen with them.
inline constexpr std::size_t kMaxNoticesOfAKind = 8;

/// Appends the first of them, and how many more there are.
inline void append_some(Notices& notices, Notices of_a_kind) {
  for (std::size_t i = 0; i < of_a_kind.size() && i < kMaxNoticesOfAKind; ++i) {
    notices.push_back(std::move(of_a_kind[i]));
  }
  if (of_a_kind.size() <= kMaxNoticesOfAKind) return;
  notices.push_back({"… and the same of " + std::to_string(of_a_kind.size() - kMaxNoticesOfAKind) + " more columns"});
}

}  // namespace deltarule::data
