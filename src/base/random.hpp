// Random numbers as a function of (seed, stream, epoch, step, index): Philox 4x32-10 (Salmon, Moraes, Dror & Shaw
// 2011). Nothing is drawn "next" from a shared state, so any number can be had again, in any order, by any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace deltarule::base {

/// What the numbers are for. Two uses never share a stream. New uses go to the end: the values are part of the bits.
enum class Stream : std::uint32_t {
  weights = 1,
  shuffle = 2,
  split = 3,
  bootstrap = 4,
  generate = 5,
  dropout = 6,
  input_noise = 7,
  tune = 8
};

/// One block of the generator: 128 random bits for a 64-bit key and a 128-bit counter.
[[nodiscard]] std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter,
                                                  std::array<std::uint32_t, 2> key);

/// The numbers of one (seed, stream, epoch, step), read one after the other. Where they belong to parts of something
/// (layers), `part`, below 2^16, tells these apart; each then has 2^34 numbers.
class Random {
 public:
  Random(std::uint64_t seed, Stream stream, std::uint32_t epoch = 0, std::uint32_t step = 0, std::uint32_t part = 0);

  /// 32 random bits.
  std::uint32_t bits();
  /// Uniform in [0, 1), 53 bits.
  double uniform();
  /// Uniform in [low, high).
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  /// Standard normal (Box–Muller on our own log, sin and cos: no libm, so the same bits everywhere).
  double normal();
  /// Uniform in {0, …, bound − 1} without bias (Lemire 2019). bound ≥ 1.
  std::uint32_t below(std::uint32_t bound);
  /// Fisher–Yates.
  void shuffle(std::span<std::uint32_t> values);

 private:
  static constexpr std::uint32_t kManyBlocks = 8;

  std::array<std::uint32_t, 4> next_counter();
  void refill();
  void refill_with_many();

  std::array<std::uint32_t, 2> key_;
  std::array<std::uint32_t, 4> counter_;                 // index, step, epoch, stream with part
  std::array<std::uint32_t, 4 * kManyBlocks> blocks_{};  // `filled_` of them
  std::size_t filled_ = 0, used_ = 0;
};

}  // namespace deltarule::base
