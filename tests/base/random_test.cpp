// The generator against published values, and the laws of what is drawn from it.
#include "base/random.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>
#include <vector>

namespace {

using namespace deltarule;
using Block = std::array<std::uint32_t, 4>;

TEST(Philox, GivesThePublishedValues) {
  // Known answers of Random123 for philox4x32-10.
  EXPECT_EQ(base::philox({0, 0, 0, 0}, {0, 0}), (Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  constexpr std::uint32_t kOnes = 0xffffffff;
  EXPECT_EQ(base::philox({kOnes, kOnes, kOnes, kOnes}, {kOnes, kOnes}),
            (Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(base::philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Random, EqualArgumentsGiveEqualNumbersAndOthersDiffer) {
  const auto first = [](std::uint64_t seed, base::Stream stream, std::uint32_t epoch, std::uint32_t step) {
    base::Random random(seed, stream, epoch, step);
    return (std::uint64_t{random.bits()} << 32) | random.bits();
  };
  const auto reference = first(1, base::Stream::weights, 0, 0);
  EXPECT_EQ(first(1, base::Stream::weights, 0, 0), reference);
  std::set<std::uint64_t> all = {reference};
  all.insert(first(2, base::Stream::weights, 0, 0));
  all.insert(first(std::uint64_t{1} << 32, base::Stream::weights, 0, 0));
  all.insert(first(1, base::Stream::shuffle, 0, 0));
  all.insert(first(1, base::Stream::weights, 1, 0));
  all.insert(first(1, base::Stream::weights, 0, 1));
  EXPECT_EQ(all.size(), 6u);
}

TEST(Random, NumbersAreThoseOfTheBlocksInOrder) {
  base::Random random((std::uint64_t{7} << 32) | 5, base::Stream::dropout, 3, 9, 2);
  for (std::uint32_t block = 0; block < 30; ++block)
    for (const std::uint32_t number :
         base::philox({block, 9, 3, static_cast<std::uint32_t>(base::Stream::dropout) + (2u << 16)}, {5, 7}))
      ASSERT_EQ(random.bits(), number) << "block " << block;
}

TEST(Random, UniformLiesInItsIntervalWithMeanAHalf) {
  base::Random random(3, base::Stream::generate);
  constexpr int kCount = 100'000;
  double sum = 0.0;
  for (int i = 0; i < kCount; ++i) {
    const double u = random.uniform();
    ASSERT_TRUE(u >= 0.0 && u < 1.0);
    sum += u;
  }
  // Five standard errors of a mean of uniform numbers.
  EXPECT_NEAR(sum / kCount, 0.5, 5.0 * std::sqrt(1.0 / 12.0 / kCount));
}

TEST(Random, NormalHasMomentsZeroOneZeroThree) {
  base::Random random(4, base::Stream::generate);
  constexpr int kCount = 100'000;
  double moments[5] = {};
  for (int i = 0; i < kCount; ++i) {
    const double x = random.normal();
    ASSERT_TRUE(std::isfinite(x));
    double power = 1.0;
    for (double& moment : moments) {
      moment += power / kCount;
      power *= x;
    }
  }
  // Five standard errors: the variances of x, x², x³, x⁴ are 1, 2, 15, 96.
  EXPECT_NEAR(moments[1], 0.0, 5.0 * std::sqrt(1.0 / kCount));
  EXPECT_NEAR(moments[2], 1.0, 5.0 * std::sqrt(2.0 / kCount));
  EXPECT_NEAR(moments[3], 0.0, 5.0 * std::sqrt(15.0 / kCount));
  EXPECT_NEAR(moments[4], 3.0, 5.0 * std::sqrt(96.0 / kCount));
}

TEST(Random, BelowIsEvenOverAllValues) {
  base::Random random(5, base::Stream::generate);
  constexpr std::uint32_t kBound = 7;
  constexpr int kCount = 70'000;
  std::array<int, kBound> seen{};
  for (int i = 0; i < kCount; ++i) ++seen.at(random.below(kBound));
  double chi_square = 0.0;
  for (const int count : seen) chi_square += (count - kCount / 7.0) * (count - kCount / 7.0) / (kCount / 7.0);
  EXPECT_LT(chi_square, 32.0);  // six degrees of freedom: exceeded once in 60,000
}

TEST(Random, BelowRejectsTheSurplusOfAHugeBound) {
  // With bound 3 · 2^30 the values x with x mod 4 ≠ 3 would come from scaling 2^32 values unevenly without rejection:
  // every third value would come twice as often.
  base::Random random(6, base::Stream::generate);
  std::array<int, 3> residues{};
  constexpr int kCount = 60'000;
  for (int i = 0; i < kCount; ++i) {
    const std::uint32_t value = random.below(3u << 30);
    ASSERT_LT(value, 3u << 30);
    ++residues.at(value % 3);
  }
  for (const int count : residues) EXPECT_NEAR(count, kCount / 3, 5.0 * std::sqrt(kCount * 2.0 / 9.0));
  EXPECT_EQ(random.below(1), 0u);
}

TEST(Random, ShuffleIsAPermutationAndEachIsAsLikely) {
  base::Random random(7, base::Stream::shuffle);
  std::vector<std::uint32_t> values(1000);
  std::iota(values.begin(), values.end(), 0u);
  auto sorted = values;
  random.shuffle(values);
  EXPECT_NE(values, sorted);
  EXPECT_TRUE(std::is_permutation(values.begin(), values.end(), sorted.begin()));
  std::array<int, 27> seen{};
  constexpr int kCount = 24'000;
  for (int i = 0; i < kCount; ++i) {
    std::array<std::uint32_t, 3> three = {0, 1, 2};
    random.shuffle(three);
    ++seen.at(three[0] * 9 + three[1] * 3 + three[2]);
  }
  for (const int count : seen) {
    if (count > 0) {
      EXPECT_NEAR(count, kCount / 6, 5.0 * std::sqrt(kCount * 5.0 / 36.0));
    }
  }
  EXPECT_EQ(std::count_if(seen.begin(), seen.end(), [](int count) { return count > 0; }), 6);
}

}  // namespace
