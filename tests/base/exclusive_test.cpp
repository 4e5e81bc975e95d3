// What is done exclusively is done by one thread after the other.
#include "base/exclusive.hpp"

#include <gtest/gtest.h>

#include "base/thread_team.hpp"

namespace {

using namespace deltarule::base;

TEST(Exclusively, NoTwoThreadsAreInsideAtOnce) {
  constexpr std::size_t kThreads = 4, kTimes = 20'000;
  ThreadTeam team(kThreads);
  std::size_t count = 0;  // neither atomic nor locked otherwise
  team.run([&](std::size_t) {
    for (std::size_t k = 0; k < kTimes; ++k) exclusively([&count] { ++count; });
  });
  EXPECT_EQ(count, team.members() * kTimes);
  EXPECT_GT(team.members(), 1u);
}

}  // namespace
