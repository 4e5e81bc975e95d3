// Laws of the digest.
#include "io/digest.hpp"

#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace deltarule::io {
namespace {

std::vector<std::byte> pattern(std::size_t size) {
  std::vector<std::byte> bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>((i * 131 + 7) & 0xFF);
  return bytes;
}

TEST(Digest, OfNothingIsThePublishedXxh3Constant) {
  // XXH3_128bits of no bytes with seed 0, from the algorithm's specification.
  EXPECT_EQ(digest_of({}), "99aa06d3014798d86001c324468d497f");
}

TEST(Digest, DoesNotDependOnWhereTheBytesAreCut) {
  std::size_t compared = 0;
  for (const std::size_t size : {1U, 16U, 17U, 128U, 129U, 240U, 241U, 1000U, 5000U}) {
    const std::vector<std::byte> bytes = pattern(size);
    for (std::size_t cut = 0; cut <= size; cut += 1 + size / 50, ++compared) {
      Digest digest;
      digest.update(std::span(bytes).first(cut));
      digest.update(std::span(bytes).subspan(cut));
      ASSERT_EQ(digest.hex(), digest_of(bytes)) << size << " cut at " << cut;
    }
  }
  EXPECT_GT(compared, 200U);
}

TEST(Digest, ChangesWithEveryBit) {
  std::vector<std::byte> bytes = pattern(300);
  const std::string before = digest_of(bytes);
  std::size_t compared = 0;
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit, ++compared) {
    bytes[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
    ASSERT_NE(digest_of(bytes), before) << "bit " << bit;
    bytes[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
  }
  EXPECT_EQ(compared, 2400U);
}

TEST(Digest, IsThirtyTwoLowerCaseDigits) {
  const std::string digest = digest_of(pattern(77));
  EXPECT_EQ(digest.size(), kDigestDigits);
  EXPECT_EQ(digest.find_first_not_of("0123456789abcdef"), std::string::npos);
}

}  // namespace
}  // namespace deltarule::io
