// A sort that keeps the order of equals, without the library's, which asks for a buffer in a deprecated way.
#pragma once

#include <algorithm>

namespace deltarule::base {

/// Short lists only: the time grows with the square of the length.
template <class List, class Before>
void order_stably(List& list, const Before& before) {
  for (auto next = list.begin(); next != list.end(); ++next)
    std::rotate(std::upper_bound(list.begin(), next, *next, before), next, next + 1);
}

}  // namespace deltarule::base
