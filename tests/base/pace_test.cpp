// The better way is found whichever it is, found again when it changes, and trying costs little.
#include "base/pace.hpp"

#include <gtest/gtest.h>

namespace {

using deltarule::base::Pace;

/// Steps made shared, of `steps`, when a shared step takes `shared` and one alone `alone`.
std::size_t shared_steps(Pace& pace, std::size_t steps, double shared, double alone) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < steps; ++i) {
    const bool shares = pace.shares();
    count += shares ? 1 : 0;
    pace.took((shares ? shared : alone) * (i % 5 == 0 ? 3 : 1));  // now and then something disturbs a step
  }
  return count;
}

TEST(Pace, StaysWithTheBetterWay) {
  for (const bool sharing_pays : {false, true}) {
    Pace pace;
    const std::size_t shared = shared_steps(pace, 20'000, sharing_pays ? 1 : 2, sharing_pays ? 2 : 1);
    const std::size_t wrong = sharing_pays ? 20'000 - shared : shared;
    EXPECT_GT(wrong, 0u) << "the other way was never tried";
    EXPECT_LE(wrong, 200u);
  }
}

TEST(Pace, FollowsAChange) {
  Pace pace;
  shared_steps(pace, 20'000, 1, 2);
  shared_steps(pace, 1100, 2, 1);  // the longest that it goes without trying
  EXPECT_LE(shared_steps(pace, 5000, 2, 1), 200u);
  shared_steps(pace, 1100, 1, 2);
  EXPECT_GE(shared_steps(pace, 5000, 1, 2), 4800u);
}

TEST(Ticks, GoUp) {
  const std::uint64_t before = deltarule::base::ticks();
  volatile double sum = 0;
  for (int i = 0; i < 100'000; ++i) sum = sum + 1;
  EXPECT_GT(deltarule::base::ticks(), before);
}

}  // namespace
