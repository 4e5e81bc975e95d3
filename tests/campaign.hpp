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

}  // namespace deltarule::test
