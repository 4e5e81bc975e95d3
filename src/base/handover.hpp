// Which of several slots holds the newest value, and which are free: the counting behind a value that one thread
// replaces while others read it. Knows slots by number only; what is in them is the caller's business.
//
// The newest slot and the number of readers that have come into it are one word. A reader comes in with one
// fetch-and-add on that word and leaves by counting at the slot that it was in; the writer takes the number of those
// who came in when it replaces the word, so a slot is free again when as many have left. Every operation is wait-free:
// a reader takes at most three steps whatever the writer does, the writer one look per slot. (ARC: Ianni, Pellegrini &
// Quaglia, "Anonymous readers counting", 2017.)
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace deltarule::base {

class Handover {
 public:
  static constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

  /// For at most `readers` readers: each is in one slot, one is the newest, one is left to write into. Slot 0 is the
  /// newest at first.
  explicit Handover(std::size_t readers) : slots_(readers + 2) {}

  [[nodiscard]] std::size_t slots() const { return slots_.size(); }

  /// Writer: a slot that nobody reads and nobody can come to read.
  [[nodiscard]] std::size_t free_slot() const {
    std::size_t slot = 0;
    while (slot == newest_ || slots_[slot].entered != slots_[slot].left.load(std::memory_order_acquire)) ++slot;
    return slot;
  }
  /// Writer: what is in this slot, which free_slot() gave, is the newest from now on.
  void publish(std::size_t slot) {
    slots_[slot].left.store(0, std::memory_order_relaxed);
    const std::uint64_t before = current_.exchange(std::uint64_t{slot} << 32, std::memory_order_release);
    slots_[newest_].entered = static_cast<std::uint32_t>(before);
    newest_ = slot;
  }

  /// Reader: the newest slot, for one that is in slot `held` (kNone: in none yet), which it leaves. What it gets stays
  /// unchanged until its next call. At most one step into each published slot per reader, so the count never runs over.
  [[nodiscard]] std::size_t newest(std::size_t held) {
    if (held != kNone) {
      if (current_.load(std::memory_order_relaxed) >> 32 == held) return held;
      slots_[held].left.fetch_add(1, std::memory_order_release);
    }
    return static_cast<std::size_t>(current_.fetch_add(1, std::memory_order_acquire) >> 32);
  }

 private:
  struct alignas(64) Slot {
    std::uint32_t entered = 0;            // when it was replaced; the writer's own
    std::atomic<std::uint32_t> left = 0;  // readers that have left since it was published
  };
  alignas(64) std::atomic<std::uint64_t> current_ = 0;  // newest slot << 32 | readers that came into it
  std::vector<Slot> slots_;
  std::size_t newest_ = 0;  // the writer's own
};

}  // namespace deltarule::base
