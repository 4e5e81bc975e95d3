// Every member of a team works, everything is done once, and what members wrote is seen after the call.
#include "base/thread_team.hpp"

#include <gtest/gtest.h>

#include <algorithm>
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

TEST(ThreadTeam, ClaimCoversEachPieceOnceInPartsOfTheLeastSize) {
  std::size_t checked = 0;
  for (const std::size_t members : {1u, 2u, 3u, 7u}) {
    base::ThreadTeam team(members);
    for (const std::size_t count : {0u, 1u, 2u, 7u, 8u, 100u, 1001u})
      for (const std::size_t least : {0u, 1u, 8u, 2000u}) {
        std::vector<std::atomic<int>> done(count);
        std::atomic<int> wrong{0};
        team.claim(
            count,
            [&](std::size_t first, std::size_t last) {
              const std::size_t unit = std::max<std::size_t>(least, 1);
              const bool whole = first % unit == 0 && (last % unit == 0 || last == count);
              wrong += first < last && last <= count && whole ? 0 : 1;
              for (std::size_t i = first; i < last; ++i) ++done[i];
            },
            least);
        EXPECT_EQ(wrong.load(), 0);
        for (const std::atomic<int>& times : done) {
          EXPECT_EQ(times.load(), 1);
          ++checked;
        }
      }
  }
  EXPECT_EQ(checked, 4u * 4u * 1119u);
}

TEST(ThreadTeam, WhatPartsWriteIsSeenAfterTheClaim) {
  base::ThreadTeam team(3);
  std::vector<long> values(64, 0);
  for (long i = 1; i <= 3000; ++i) {
    team.claim(values.size(), [&](std::size_t first, std::size_t last) {
      for (std::size_t k = first; k < last; ++k) values[k] += static_cast<long>(k);
    });
    ASSERT_EQ(values[1], i);  // no lock: the end of claim orders it
    ASSERT_EQ(values[63], 63 * i);
  }
}

TEST(ThreadTeam, RunsSplitsAndClaimsMayFollowEachOther) {
  base::ThreadTeam team(4);
  std::vector<std::size_t> counts(4, 0);
  std::atomic<std::size_t> split{0}, claimed{0};
  for (int i = 0; i < 2000; ++i) {
    team.claim(9, [&](std::size_t first, std::size_t last) { claimed += last - first; });
    team.run([&](std::size_t member) { ++counts[member]; });
    team.claim(2, [&](std::size_t first, std::size_t last) { claimed += last - first; });
    team.claim(33, [&](std::size_t first, std::size_t last) { claimed += last - first; });
    team.split(5, [&](std::size_t first, std::size_t last) { split += last - first; });
  }
  for (const std::size_t count : counts) EXPECT_EQ(count, 2000u);
  EXPECT_EQ(split.load(), 2000u * 5);
  EXPECT_EQ(claimed.load(), 2000u * (9 + 2 + 33));
}

/// A member that is held up keeps its part only: the caller does all the others and need not wait for members that
/// have none.
TEST(ThreadTeam, AMemberThatIsHeldUpLeavesTheRestToOthers) {
  base::ThreadTeam team(base::hardware_threads() + 2);  // more than cores: then members take part wherever they are
  constexpr std::size_t kCount = 64;
  std::atomic<std::size_t> finished{0};
  std::atomic<bool> held{false};
  std::size_t claims = 0;
  const auto caller = std::this_thread::get_id();
  // The first part that another member takes does not end before everything else has been done.
  const auto work = [&](std::size_t first, std::size_t last) {
    if (std::this_thread::get_id() != caller && !held.exchange(true))
      while (finished.load() < kCount - (last - first)) std::this_thread::yield();
    finished += last - first;
  };
  while (!held.load() && claims < 100'000) {  // until another member has taken part
    finished = 0;
    team.claim(kCount, [&](std::size_t first, std::size_t last) {
      // Time for others to come.
      for (int i = 0; i < 100 && !held.load(); ++i) std::this_thread::yield();
      work(first, last);
    });
    ASSERT_EQ(finished.load(), kCount);
    ++claims;
  }
  EXPECT_TRUE(held.load());
}

TEST(ThreadTeam, ManyClaimsEndWhileOtherThreadsKeepTheCoresBusy) {
  std::atomic<bool> stop{false};
  std::vector<std::thread> busy;
  for (std::size_t i = 0; i < base::hardware_threads(); ++i)
    busy.emplace_back([&] {
      while (!stop.load()) {
      }
    });
  base::ThreadTeam team(2 * base::hardware_threads());
  std::atomic<std::size_t> done{0};
  for (int i = 0; i < 2000; ++i) team.claim(50, [&](std::size_t first, std::size_t last) { done += last - first; });
  stop = true;
  for (std::thread& thread : busy) thread.join();
  EXPECT_EQ(done.load(), 2000u * 50);
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
