// A network that learns in one thread and predicts in others at the same time: weights are handed over whole, and the
// reading threads never wait. Training itself is in trainer.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "deltarule/error.hpp"
#include "deltarule/network.hpp"
#include "deltarule/rows.hpp"

namespace deltarule {

/// Published weights of one network. One thread publishes; each reading thread predicts through a Reader of its own.
///
///     LiveNetwork live(network, 1);           // before the threads start: all memory is allocated here
///     auto reader = *live.reader();           // for the real-time thread
///     trainer.learn_one(x, t);                // training thread …
///     live.publish(network);                  // … whenever it likes
///     reader.predict(x, y);                   // real-time thread: the newest weights, whole
///
/// Wait-free: a reader takes a fixed number of steps however fast the publisher is, and the publisher never waits for a
/// reader, even one that sleeps in the middle of a prediction. Neither allocates, locks or calls the system. With R
/// readers there are R + 2 sets of weights: one per reader, the newest, and the one being written. The counting of
/// readers is that of ARC (Ianni, Pellegrini & Quaglia 2017).
template <class T>
class BasicLiveNetwork {
 private:
  struct Impl;

 public:
  class Reader;

  /// Starts with the weights of `network` as version 1. At most `readers` handles exist at the same time.
  explicit BasicLiveNetwork(const BasicNetwork<T>& network, std::size_t readers = 1);
  BasicLiveNetwork(const BasicLiveNetwork&) = delete;
  BasicLiveNetwork& operator=(const BasicLiveNetwork&) = delete;
  ~BasicLiveNetwork();

  /// Hands over the weights of `network`, which must have the spec of the first one (spec error otherwise). From one
  /// thread at a time. Costs one copy of the weights.
  Result<void> publish(const BasicNetwork<T>& network) noexcept;
  /// Number of the newest version: 1, 2, … From any thread.
  [[nodiscard]] std::uint64_t version() const noexcept;

  /// A handle for one reading thread; the live network must outlive it. Usage error when all are taken. From any
  /// thread; not for the real-time part of a program, although it does not allocate either.
  Result<Reader> reader() noexcept;

 private:
  std::unique_ptr<Impl> impl_;
};

/// Predicts with the newest published weights. To be used by one thread at a time.
template <class T>
class BasicLiveNetwork<T>::Reader {
 public:
  Reader(Reader&& other) noexcept;
  Reader& operator=(Reader&& other) noexcept;
  ~Reader();

  /// The outputs for one pattern, all from one version. x: [inputs], y: [outputs]; shape error if they are not.
  Result<void> predict(std::span<const T> x, std::span<T> y) noexcept;
  /// The same for many patterns, one after the other and all from one version. y: [x.count × outputs].
  Result<void> predict(Rows<T> x, std::span<T> y) noexcept;
  /// The version that the last prediction was made with; 0 before the first one. Never goes back.
  [[nodiscard]] std::uint64_t version() const noexcept;

 private:
  friend class BasicLiveNetwork<T>;
  explicit Reader(Impl* live, std::size_t number) noexcept : live_(live), number_(number) {}
  Impl* live_ = nullptr;
  std::size_t number_ = 0;
};

extern template class BasicLiveNetwork<float>;
extern template class BasicLiveNetwork<double>;

using LiveNetwork = BasicLiveNetwork<float>;
using LiveNetworkF64 = BasicLiveNetwork<double>;

}  // namespace deltarule
