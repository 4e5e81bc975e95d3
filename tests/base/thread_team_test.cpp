// Every member of a team works, everything is done once, and what members wrote is seen after the call.
#include "base/thread_team.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "base/environment.hpp"
#include "base/floating_point_mode.hpp"

namespace {

using namespace deltarule;

TEST(ThreadTeam, RunCallsEveryMemberOnce) {
  for (const std::size_t members : {1u, 2u, 3u, 4u, 7u}) {
    base::ThreadTeam team(members);
    ASSERT_EQ(team.members(), members);
    std::vector<int> calls(members, 0);
    for (int i = 0; i < 200; ++i) team.run([&](std::size_t member) { ++calls[member]; });
    for (const int count : calls) EXPECT_EQ(count, 200);
  }
}

TEST(ThreadTeam, MembersAreThreadsOfTheirOwnAndTheCallerIsTheFirst) {
  base::ThreadTeam team(4);
  std::vector<std::thread::id> ids(4);
  team.run([&](std::size_t member) { ids[member] = std::this_thread::get_id(); });
  EXPECT_EQ(ids[0], std::this_thread::get_id());
  for (std::size_t i = 0; i < 4; ++i) {
    for (std::size_t j = 0; j < i; ++j) EXPECT_NE(ids[i], ids[j]);
  }
}

TEST(ThreadTeam, SplitCoversEachPieceOnceInEvenRanges) {
  std::size_t checked = 0;
  for (const std::size_t members : {1u, 2u, 3u, 4u, 7u}) {
    base::ThreadTeam team(members);
    for (const std::size_t count : {0u, 1u, 2u, 6u, 7u, 8u, 100u}) {
      std::vector<int> done(count, 0);
      team.split(count, [&](std::size_t first, std::size_t last) {
        EXPECT_LT(first, last);
        EXPECT_LE(last - first, count / members + 1);
        for (std::size_t i = first; i < last; ++i) ++done[i];
      });
      for (const int times : done) {
        EXPECT_EQ(times, 1);
        ++checked;
      }
    }
  }
  EXPECT_EQ(checked, 5u * 124u);
}

TEST(ThreadTeam, EveryMemberIsCountedWhenThereIsWorkForAll) {
  base::ThreadTeam team(7);
  for (int i = 0; i < 10; ++i) team.split(70, [](std::size_t, std::size_t) {});
  ASSERT_EQ(team.ranges_done().size(), 7u);
  for (const std::uint64_t ranges : team.ranges_done()) EXPECT_EQ(ranges, 10u);
}

TEST(ThreadTeam, WhatMembersWriteIsSeenByTheNextCall) {
  base::ThreadTeam team(3);
  std::vector<long> values(3, 1);
  long total = 0;
  for (int i = 0; i < 1000; ++i) {
    team.run([&](std::size_t member) { values[member] += static_cast<long>(member); });
    total = values[0] + values[1] + values[2];  // no lock: the end of run orders it
  }
  EXPECT_EQ(total, 3 + 3000);
}

TEST(ThreadTeam, AnUnusedTeamEnds) {
  for (int i = 0; i < 20; ++i) const base::ThreadTeam team(5);
  EXPECT_GE(base::hardware_threads(), 1u);
}

TEST(FlushDenormals, HoldsForItsLifeInItsThreadAndIsUndone) {
  volatile double small = 0x1p-1022;
  const auto halved = [&] { return small * 0.5; };
  EXPECT_NE(halved(), 0.0);
  {
    const base::FlushDenormals flush;
    EXPECT_EQ(halved() == 0.0, base::can_flush_denormals());
    {
      const base::FlushDenormals inner;
    }
    EXPECT_EQ(halved() == 0.0, base::can_flush_denormals());
    bool other_flushes = true;
    std::thread([&] {
      const base::FlushDenormals own;
      other_flushes = halved() == 0.0;
    }).join();
    EXPECT_EQ(other_flushes, base::can_flush_denormals());
  }
  EXPECT_NE(halved(), 0.0);
}

TEST(Environment, GivesWhatIsSetAndNothingElse) {
  setenv("DELTARULE_TEST_VARIABLE", "seven", 1);
  EXPECT_EQ(base::environment_variable("DELTARULE_TEST_VARIABLE"), "seven");
  unsetenv("DELTARULE_TEST_VARIABLE");
  EXPECT_FALSE(base::environment_variable("DELTARULE_TEST_VARIABLE").has_value());
}

}  // namespace
