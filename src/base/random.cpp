// Philox 4x32-10 and what is drawn from it.
#include "base/random.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/math.hpp"

namespace deltarule::base {
namespace {

struct Product {
  std::uint32_t high;
  std::uint32_t low;
};

Product multiply(std::uint32_t x, std::uint32_t y) {
  const std::uint64_t product = std::uint64_t{x} * y;
  return {static_cast<std::uint32_t>(product >> 32), static_cast<std::uint32_t>(product)};
}

}  // namespace

namespace {

// Inlined where numbers are drawn one after the other, so that the rounds of a block need no memory.
inline std::array<std::uint32_t, 4> philox_block(std::array<std::uint32_t, 4> counter,
                                                 std::array<std::uint32_t, 2> key) {
  constexpr int kRounds = 10;
  for (int round = 0; round < kRounds; ++round) {
    const Product first = multiply(0xD2511F53u, counter[0]);
    const Product second = multiply(0xCD9E8D57u, counter[2]);
    counter = {second.high ^ counter[1] ^ key[0], second.low, first.high ^ counter[3] ^ key[1], first.low};
    key[0] += 0x9E3779B9u;  // golden ratio
    key[1] += 0xBB67AE85u;  // √3 − 1
  }
  return counter;
}

}  // namespace

std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key) {
  return philox_block(counter, key);
}

Random::Random(std::uint64_t seed, Stream stream, std::uint32_t epoch, std::uint32_t step, std::uint32_t part)
    : key_{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)},
      counter_{0, step, epoch, static_cast<std::uint32_t>(stream) + (part << 16)} {}

// Two blocks at a time, since the rounds of one wait for each other. The upper half of the stream word takes the carry
// of the index, so that a stream without parts is 2^50 numbers long, not 2^34.
void Random::refill() {
  const auto next = [this] {
    const auto counter = counter_;
    if (++counter_[0] == 0) counter_[3] += 0x10000u;
    return counter;
  };
  const auto first = next(), second = next();
  const auto one = philox_block(first, key_), two = philox_block(second, key_);
  std::copy(one.begin(), one.end(), blocks_.begin());
  std::copy(two.begin(), two.end(), blocks_.begin() + 4);
  used_ = 0;
}

std::uint32_t Random::bits() {
  if (used_ == blocks_.size()) refill();
  return blocks_[used_++];
}

double Random::uniform() {
  const std::uint64_t high = bits();
  const std::uint64_t low = bits();
  return static_cast<double>(((high << 32) | low) >> 11) * 0x1p-53;
}

double Random::normal() {
  constexpr double kTwoPi = 0x1.921fb54442d18p+2;
  const double radius = std::sqrt(-2.0 * log(1.0 - uniform()));  // 1 − u is in (0, 1]
  return radius * cos(kTwoPi * uniform());
}

std::uint32_t Random::below(std::uint32_t bound) {
  if (bound == 0) return 0;
  Product scaled = multiply(bits(), bound);
  if (scaled.low < bound) {
    // Of 2^32 values of the low half, the first 2^32 mod bound would come once too often.
    const std::uint32_t surplus = (0u - bound) % bound;
    while (scaled.low < surplus) scaled = multiply(bits(), bound);
  }
  return scaled.high;
}

void Random::shuffle(std::span<std::uint32_t> values) {
  for (std::size_t left = values.size(); left > 1; --left) {
    std::swap(values[left - 1], values[below(static_cast<std::uint32_t>(left))]);
  }
}

}  // namespace deltarule::base
