// Laws of the container: what is written comes back, and nothing else comes in.
#include "io/safetensors.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "campaign.hpp"
#include "io/reseal.hpp"

namespace deltarule::io {
namespace {

using tests::bytes_of;
using tests::forged;
using tests::text_of;

std::vector<std::byte> count_up(std::size_t size) {
  std::vector<std::byte> bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(i & 255);
  return bytes;
}

Container example() {
  Container container;
  container.metadata = {{"a", "1"}, {"note \"ü\"", "line\nline"}};
  container.sections = {{"w", "F32", {2, 3}, count_up(24)},
                        {"scalar", "F64", {}, count_up(8)},
                        {"empty", "F32", {0, 7}, {}},
                        {"bytes", "U8", {5}, count_up(5)}};
  return container;
}

std::vector<std::byte> example_bytes() { return *container_to_bytes(example()); }

TEST(Container, ComesBackAsItWasWritten) {
  const auto bytes = container_to_bytes(example());
  ASSERT_TRUE(bytes);
  const auto back = parse_container(*bytes, "f");
  ASSERT_TRUE(back) << back.error().message();
  EXPECT_EQ(back->metadata, example().metadata);
  EXPECT_EQ(back->sections, example().sections);
  EXPECT_EQ(*container_to_bytes(*back), *bytes);
  ASSERT_NE(back->find_section("w"), nullptr);
  EXPECT_EQ(back->find_section("x"), nullptr);
  ASSERT_NE(back->find_metadata("a"), nullptr);
  EXPECT_EQ(back->find_metadata("digest"), nullptr);
}

TEST(Container, HasTheLayoutThatTheFormatPrescribes) {
  const std::vector<std::byte> bytes = example_bytes();
  const std::string text = text_of(bytes);
  const auto length =
      static_cast<std::size_t>(std::to_integer<unsigned>(bytes[0]) | (std::to_integer<unsigned>(bytes[1]) << 8));
  EXPECT_EQ(length % 8, 0U);
  EXPECT_EQ(text.substr(8, 27), "{\"__metadata__\":{\"digest\":\"");
  EXPECT_EQ(text.size(), 8 + length + 24 + 8 + 5);
  std::vector<std::byte> resealed = bytes;
  tests::reseal(resealed);
  EXPECT_EQ(resealed, bytes);
  EXPECT_NE(text.find(R"("w":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]})"), std::string::npos);
}

TEST(Container, EveryBitFlipIsRefusedWithAPlaceAndAFinding) {
  std::vector<std::byte> bytes = example_bytes();
  std::size_t refused = 0;
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    const auto flip = static_cast<std::byte>(1U << (bit % 8));
    bytes[bit / 8] ^= flip;
    const auto parsed = parse_container(bytes, "f");
    bytes[bit / 8] ^= flip;
    ASSERT_FALSE(parsed) << "bit " << bit;
    ASSERT_EQ(parsed.error().code, ErrorCode::format);
    ASSERT_EQ(parsed.error().place.rfind("f", 0), 0U);
    ASSERT_FALSE(parsed.error().got.empty() || parsed.error().needed.empty());
    ++refused;
  }
  EXPECT_EQ(refused, bytes.size() * 8);
}

TEST(Container, EveryTruncationAndEveryAppendedByteIsRefused) {
  const std::vector<std::byte> bytes = example_bytes();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto parsed = parse_container(std::span(bytes).first(size), "f");
    ASSERT_FALSE(parsed) << size << " bytes";
    ASSERT_FALSE(parsed.error().got.empty());
  }
  for (unsigned value = 0; value < 256; ++value) {
    std::vector<std::byte> longer = bytes;
    longer.push_back(static_cast<std::byte>(value));
    ASSERT_FALSE(parse_container(longer, "f"));
    tests::reseal(longer);
    const auto parsed = parse_container(longer, "f");
    ASSERT_FALSE(parsed);
    ASSERT_NE(parsed.error().got.find("1 bytes beyond the last section"), std::string::npos);
  }
}

TEST(Container, AbsurdHeaderLengthsAreRefusedEvenWithARightDigest) {
  for (const std::uint64_t length :
       {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{8}, std::uint64_t{100'000'001}, std::uint64_t{1} << 32,
        std::uint64_t{1} << 63, ~std::uint64_t{0}, ~std::uint64_t{0} - 7}) {
    std::vector<std::byte> bytes = example_bytes();
    for (std::size_t i = 0; i < 8; ++i) bytes[i] = static_cast<std::byte>((length >> (8 * i)) & 255);
    EXPECT_FALSE(parse_container(bytes, "f")) << length;
    tests::reseal(bytes);
    EXPECT_FALSE(parse_container(bytes, "f")) << length;
  }
}

struct Hostile {
  const char* what;
  std::string header;  // after {"__metadata__":{"digest":"…"
  std::size_t data;
  const char* message;  // a part of what must be said
};

TEST(Container, HostileHeadersWithARightDigestAreRefusedByName) {
  const auto section = [](const std::string& name, const std::string& shape, const std::string& offsets,
                          const std::string& dtype = "\"F32\"") {
    return ",\"" + name + "\":{\"dtype\":" + dtype + ",\"shape\":" + shape + ",\"data_offsets\":" + offsets + "}";
  };
  const std::vector<Hostile> cases{
      {"hole", "}" + section("a", "[1]", "[0,4]") + section("b", "[1]", "[8,12]") + "}", 12, "hole"},
      {"hole at the start", "}" + section("a", "[1]", "[4,8]") + "}", 8, "hole"},
      {"overlap", "}" + section("a", "[2]", "[0,8]") + section("b", "[1]", "[4,8]") + "}", 8, "overlaps"},
      {"twice the same place", "}" + section("a", "[1]", "[0,4]") + section("b", "[1]", "[0,4]") + "}", 4, "overlaps"},
      {"bytes beyond", "}" + section("a", "[1]", "[0,4]") + "}", 8, "beyond"},
      {"name twice", "}" + section("a", "[1]", "[0,4]") + section("a", "[1]", "[4,8]") + "}", 8, "\"a\" twice"},
      {"metadata twice", ",\"k\":\"1\",\"k\":\"2\"}}", 0, "\"k\" twice"},
      {"digest twice", ",\"digest\":\"x\"}}", 0, "\"digest\" twice"},
      {"field twice", R"(},"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}})", 4, "twice"},
      {"metadata not text", ",\"k\":1}}", 0, "a number"},
      {"metadata a list", ",\"k\":[]}}", 0, "a list"},
      {"offset beyond the file", "}" + section("a", "[1]", "[0,4]") + "}", 3, "4"},
      {"offsets reversed", "}" + section("a", "[1]", "[4,0]") + "}", 4, "no range"},
      {"one offset", "}" + section("a", "[1]", "[0]") + "}", 4, "no range"},
      {"offset negative", "}" + section("a", "[1]", "[-4,0]") + "}", 4, "-4"},
      {"offset broken", "}" + section("a", "[1]", "[0,4.0]") + "}", 4, "4"},
      {"offset huge", "}" + section("a", "[1]", "[0,18446744073709551616]") + "}", 4, "18446744073709551616"},
      {"shape and bytes differ", "}" + section("a", "[2]", "[0,4]") + "}", 4, "8 bytes"},
      {"shape overflows to fit", "}" + section("a", "[4611686018427387905]", "[0,4]") + "}", 4, "64 bits"},
      {"shape overflows twice", "}" + section("a", "[4294967296,4294967296,4]", "[0,0]") + "}", 0, "64 bits"},
      {"shape of texts", "}" + section("a", "[\"1\"]", "[0,4]") + "}", 4, "a string"},
      {"shape too long",
       "}" +
           section("a", "[" + std::string("1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1") + "]",
                   "[0,4]") +
           "}",
       4, "more than 32"},
      {"dtype unknown", "}" + section("a", "[1]", "[0,4]", "\"F33\"") + "}", 4, "F33"},
      {"dtype a number", "}" + section("a", "[1]", "[0,4]", "32") + "}", 4, "a number"},
      {"field missing", R"(},"a":{"dtype":"F32","shape":[1]}})", 4, "data_offsets"},
      {"field unknown", R"(},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":1}})", 4, "unknown entry \"x\""},
      {"section no object", R"(},"a":[]})", 0, "a list"},
      {"nested", "},\"a\":" + std::string(10'000, '[') + std::string(10'000, ']') + "}", 0, "deep"},
      {"text after the header", "}}{}", 0, "not JSON"},
      {"NUL after the header", std::string("}}\0", 3), 0, "not JSON"},
      {"unfinished", "}", 0, "not JSON"},
      {"not UTF-8", ",\"k\":\"\xFF\"}}", 0, "not JSON"},
  };
  for (const Hostile& hostile : cases) {
    const auto parsed = parse_container(forged(hostile.header, count_up(hostile.data)), "f");
    ASSERT_FALSE(parsed) << hostile.what;
    EXPECT_EQ(parsed.error().code, ErrorCode::format) << hostile.what;
    EXPECT_NE(parsed.error().message().find(hostile.message), std::string::npos)
        << hostile.what << ": " << parsed.error().message();
  }
  EXPECT_GE(cases.size(), 30U);
  EXPECT_TRUE(parse_container(forged("}" + section("a", "[1]", "[0,4]") + "}", count_up(4)), "f"));  // the forge works
}

TEST(Container, SectionsMayBeListedInAnyOrder) {
  const std::string header = R"(},"b":{"dtype":"U8","shape":[1],"data_offsets":[1,2]},)"
                             R"("a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})";
  const auto parsed = parse_container(forged(header, {std::byte{10}, std::byte{20}}), "f");
  ASSERT_TRUE(parsed) << parsed.error().message();
  EXPECT_EQ(parsed->find_section("a")->bytes, std::vector<std::byte>{std::byte{10}});
  EXPECT_EQ(parsed->find_section("b")->bytes, std::vector<std::byte>{std::byte{20}});
}

TEST(Container, RandomDamageWithARightDigestNeverCrashesAndWhatIsAcceptedIsSound) {
  const std::vector<std::byte> original = example_bytes();
  std::mt19937 random(7);
  const std::string symbols = "{}[]\",:0123456789-.eE\\ \xFF" + std::string(1, '\0');
  std::size_t tried = 0, accepted = 0;
  for (int round = 0; round < test::lengthened(20'000); ++round, ++tried) {
    std::vector<std::byte> bytes = original;
    const std::size_t changes = 1 + random() % 3;
    for (std::size_t c = 0; c < changes; ++c) {
      const std::size_t place = random() % 8 == 0 ? random() % 8 : 67 + random() % (bytes.size() - 67);
      const std::size_t what = random() % 4;
      if (what == 0) bytes[place] = static_cast<std::byte>(random() & 255);
      if (what == 1) bytes[place] = static_cast<std::byte>(symbols[random() % symbols.size()]);
      if (what == 2 && bytes.size() > 100) bytes.erase(bytes.begin() + static_cast<std::ptrdiff_t>(place));
      if (what == 3) bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(place), bytes[random() % bytes.size()]);
    }
    tests::reseal(bytes);
    const auto parsed = parse_container(bytes, "f");
    if (!parsed) continue;
    ++accepted;
    std::size_t sum = 0;
    for (const Section& section : parsed->sections) sum += section.bytes.size();
    ASSERT_LT(sum, bytes.size());
    const auto again = container_to_bytes(*parsed);
    ASSERT_TRUE(again) << again.error().message();
    ASSERT_TRUE(parse_container(*again, "f"));
  }
  EXPECT_EQ(tried, test::lengthened(20'000U));
  EXPECT_GT(accepted, 200U);  // changes of numbers and texts alone are fine, and must have been met
}

TEST(Container, WhatItIsNotIsToldByItsContent) {
  const std::string bare = R"({"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})";
  std::string foreign = std::string(1, static_cast<char>(bare.size())) + std::string(7, '\0') + bare + "abcd";
  const std::vector<std::pair<std::string, const char*>> files{
      {"", "an empty file"},
      {"species,island\nAdelie,Dream\n", "CSV"},
      {"{\"format\": \"deltarule-network-1\"}", "JSON"},
      {"just a letter to somebody", "text"},
      {std::string("PK\x03\x04zip"), "zip"},
      {std::string("\x93NUMPY\x01\x00", 8), "NumPy"},
      {std::string("\x01\x02\x00\x03", 4), "binary data of 4 bytes"},
      {foreign, "a safetensors file, but not a deltarule model: metadata missing, re-saved by another tool?"}};
  for (const auto& [content, message] : files) {
    const auto parsed = parse_container(bytes_of(content), "f");
    ASSERT_FALSE(parsed);
    EXPECT_NE(parsed.error().got.find(message), std::string::npos) << parsed.error().message();
  }
}

TEST(Container, AFileIsReadOnlyAsFarAsItMayBeAContainer) {
  const auto bytes = container_to_bytes(example());
  ASSERT_TRUE(bytes);
  const std::string text(reinterpret_cast<const char*>(bytes->data()), bytes->size());
  EXPECT_TRUE(may_be_container(text, 0));
  EXPECT_TRUE(may_be_container(text.substr(0, 8), 0));  // a pipe may give as little
  EXPECT_TRUE(may_be_container(std::string(100, '\0'), 100));
  EXPECT_FALSE(may_be_container(std::string(100, '\0'), 0));
  EXPECT_FALSE(may_be_container("length,width,species\n", 0));
}

TEST(Container, AForeignFileWithALargeHeaderIsNamedWithoutParsingIt) {
  std::string header = "{\"__metadata__\":{\"notes\":\"" + std::string(2'000'000, 'x') + "\"}}";
  const auto told = [](const std::string& text) {
    std::string file;
    for (std::size_t i = 0; i < 8; ++i) file += static_cast<char>((text.size() >> (8 * i)) & 255U);
    const auto parsed = parse_container(bytes_of(file + text), "f");
    EXPECT_FALSE(parsed);
    return parsed ? std::string() : parsed.error().got;
  };
  EXPECT_NE(told(header + "   ").find("not a deltarule model"), std::string::npos);
  header.back() = 'x';
  EXPECT_EQ(told(header).find("a safetensors file"), std::string::npos);
}

TEST(Container, WhatCouldNotBeReadBackIsNotWritten) {
  const auto refused = [](auto change) {
    Container container = example();
    change(container);
    const auto bytes = container_to_bytes(container);
    return !bytes && bytes.error().code == ErrorCode::format && !bytes.error().got.empty();
  };
  EXPECT_TRUE(refused([](Container& c) { c.metadata.emplace_back("digest", "x"); }));
  EXPECT_TRUE(refused([](Container& c) { c.metadata.emplace_back("a", "x"); }));
  EXPECT_TRUE(refused([](Container& c) { c.metadata.emplace_back("b", "\xFF"); }));
  EXPECT_TRUE(refused([](Container& c) { c.sections.push_back(c.sections[0]); }));
  EXPECT_TRUE(refused([](Container& c) { c.sections[0].name = "__metadata__"; }));
  EXPECT_TRUE(refused([](Container& c) { c.sections[0].name = "\xC3"; }));
  EXPECT_TRUE(refused([](Container& c) { c.sections[0].dtype = "F99"; }));
  EXPECT_TRUE(refused([](Container& c) { c.sections[0].shape = {2, 2}; }));
  EXPECT_TRUE(refused([](Container& c) { c.sections[0].bytes.pop_back(); }));
  EXPECT_TRUE(refused([](Container& c) { c.sections[0].shape = std::vector<std::uint64_t>(33, 1); }));
  EXPECT_FALSE(refused([](Container&) {}));
}

}  // namespace
}  // namespace deltarule::io
