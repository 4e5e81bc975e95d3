// A slot that is read is never written, whatever readers and writer do, and there is always one to write into.
#include "base/handover.hpp"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace {

using deltarule::base::Handover;

TEST(Handover, NeverGivesTheWriterASlotThatIsReadOrTheNewest) {
  std::size_t published = 0, taken = 0;
  for (const std::size_t readers : {0u, 1u, 2u, 5u}) {
    std::mt19937 random(static_cast<unsigned>(readers));
    Handover handover(readers);
    ASSERT_EQ(handover.slots(), readers + 2);
    std::vector<std::size_t> content(handover.slots(), 0), held(readers, Handover::kNone), wanted(readers, 0);
    std::size_t newest = 0, version = 0;
    for (int step = 0; step < 20'000; ++step) {
      const std::size_t who = random() % (readers + 1);
      if (who == readers) {
        const std::size_t slot = handover.free_slot();
        ASSERT_LT(slot, handover.slots());
        ASSERT_NE(slot, newest);
        content[slot] = ++version;
        handover.publish(slot);
        newest = slot;
        ++published;
      } else {
        held[who] = handover.newest(held[who]);
        ASSERT_EQ(held[who], newest);
        wanted[who] = content[held[who]];
        ++taken;
      }
      for (std::size_t r = 0; r < readers; ++r) {
        if (held[r] != Handover::kNone) {
          ASSERT_EQ(content[held[r]], wanted[r]) << "a slot changed while it was read";
        }
      }
    }
  }
  EXPECT_GE(published, 30'000u);
  EXPECT_GE(taken, 20'000u);
}

TEST(Handover, AReaderThatNeverComesBackHoldsNobodyUp) {
  Handover handover(2);
  const std::size_t stuck = handover.newest(Handover::kNone);
  std::size_t held = Handover::kNone;
  for (int i = 0; i < 1000; ++i) {
    const std::size_t slot = handover.free_slot();
    ASSERT_NE(slot, stuck);
    handover.publish(slot);
    held = handover.newest(held);
    ASSERT_EQ(held, slot);
  }
}

}  // namespace
