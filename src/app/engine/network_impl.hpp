// What stands behind BasicNetwork: the network of src/network, and the memory that predictions run in.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <span>
#include <utility>

#include "base/aligned.hpp"
#include "deltarule/network.hpp"
#include "kernels/kernels.hpp"
#include "network/network.hpp"
#include "network/predict_one.hpp"
#include "network/workspace.hpp"

namespace deltarule {

/// Memory for predictions of one pattern by a network whose activations do not fit on the stack: made beforehand, taken
/// without waiting, given back.
template <class T>
class ScratchSlots {
 public:
  /// Calls that may run at the same time without the heap (deltarule/network.hpp states the number).
  static constexpr std::size_t kSlots = 16;

  explicit ScratchSlots(std::size_t size) : size_(size), memory_(kSlots * base::padded<T>(size)) {}

  /// A free slot's number, or kSlots when all are taken: one look at each.
  std::size_t take() {
    std::size_t slot = 0;
    while (slot < kSlots && taken_[slot].exchange(true, std::memory_order_acquire)) ++slot;
    return slot;
  }
  void give_back(std::size_t slot) { taken_[slot].store(false, std::memory_order_release); }
  std::span<T> scratch(std::size_t slot) { return {memory_.data() + slot * base::padded<T>(size_), size_}; }

 private:
  std::size_t size_;
  base::AlignedBuffer<T> memory_;
  std::array<std::atomic<bool>, kSlots> taken_{};
};

template <class T>
struct BasicNetwork<T>::Impl {
  using Workspace = network::Workspace<T>;

  /// Activations up to this size lie on the stack of the calling thread: room for 8192 units in f32.
  static constexpr std::size_t kStackBytes = 32768;

  explicit Impl(network::Network<T> made) : network(std::move(made)), scratch_size(network::predict_scratch(network)) {
    (void)kernels::kernels<T>();  // chosen here, so that no prediction is the first to choose
    if (scratch_size > kStackBytes / sizeof(T)) slots = std::make_unique<ScratchSlots<T>>(scratch_size);
  }
  ~Impl() { delete spare.load(); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  /// work(scratch) with memory for one prediction. The heap is only used by the 17th of 17 calls at the same time on a
  /// network that is too large for the stack: better than to wait for a thread that may not be running.
  template <class Work>
  void with_scratch(const Work& work) const {
    if (!slots) {
      alignas(base::kAlignment) T stack[kStackBytes / sizeof(T)];
      return work(std::span<T>(stack, scratch_size));
    }
    const std::size_t slot = slots->take();
    if (slot == ScratchSlots<T>::kSlots) return work(base::AlignedBuffer<T>(scratch_size).span());
    work(slots->scratch(slot));
    slots->give_back(slot);
  }

  /// A workspace of at least `rows` rows: the spare one if it is there and large enough. Threads never wait for it.
  std::unique_ptr<Workspace> take(std::size_t rows) const {
    std::unique_ptr<Workspace> workspace(spare.exchange(nullptr));
    if (workspace && workspace->capacity() >= rows) return workspace;
    return std::make_unique<Workspace>(network, rows, false);
  }
  void give_back(std::unique_ptr<Workspace> workspace) const { delete spare.exchange(workspace.release()); }

  network::Network<T> network;
  std::size_t scratch_size;
  std::unique_ptr<ScratchSlots<T>> slots;
  mutable std::atomic<Workspace*> spare{nullptr};
};

}  // namespace deltarule
