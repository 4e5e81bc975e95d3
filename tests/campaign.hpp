// How long a campaign of random trials runs: as written in the daily tests, fifty times as long when the environment
// variable DELTARULE_LONG is set (`make check-long`).
#pragma once

#include <cstdlib>

namespace deltarule::test {

template <class Count>
[[nodiscard]] Count lengthened(Count trials) {
  constexpr Count kLonger = 50;
  return std::getenv("DELTARULE_LONG") != nullptr ? trials * kLonger : trials;
}

/// One length for the daily tests and another at length, where fifty times is not what is wanted.
template <class Count>
[[nodiscard]] Count daily_or_long(Count daily, Count at_length) {
  return std::getenv("DELTARULE_LONG") != nullptr ? at_length : daily;
}

}  // namespace deltarule::test
