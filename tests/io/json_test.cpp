// Laws of JSON values: what is refused, and that numbers come back as they were.
#include "io/json.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>

namespace deltarule::io {
namespace {

TEST(JsonText, NumbersBeyondFloatKeepTheirSignAndSide) {
  const auto json = parse_json("[1e39, -1e39, 1e-60, -1e-60, 1e-400, -1e-400, 0.0001e43, 1000e-330]", "t");
  ASSERT_TRUE(json) << json.error().message();
  const Json::Array& list = *json->array();
  ASSERT_EQ(list.size(), 8U);
  const float large = std::numeric_limits<float>::infinity();
  const float expected[] = {large, -large, 0.0F, -0.0F, 0.0F, -0.0F, large, 0.0F};
  for (std::size_t i = 0; i < list.size(); ++i) {
    EXPECT_EQ(list[i].number()->single, expected[i]) << i;
    EXPECT_EQ(std::signbit(list[i].number()->single), std::signbit(expected[i])) << i;
    EXPECT_TRUE(std::isfinite(list[i].number()->value)) << i;
  }
  EXPECT_EQ(list[5].number()->value, 0.0);
  EXPECT_TRUE(std::signbit(list[5].number()->value));
  EXPECT_FALSE(parse_json("[0.001e312]", "t"));
}

TEST(JsonText, AWholeNumberWithAnExponentSaysWhyItIsNoCount) {
  const auto json = parse_json("2e0", "t");
  ASSERT_TRUE(json);
  const auto count = JsonCursor(*json, "units", "t").count(10);
  ASSERT_FALSE(count);
  EXPECT_NE(count.error().got.find("exponent"), std::string::npos) << count.error().got;
}

TEST(Json, EveryFiniteNumberComesBackBitForBit) {
  std::mt19937_64 random(1);
  std::size_t compared = 0;
  for (int i = 0; i < 200'000; ++i) {
    const auto wide = std::bit_cast<double>(random());
    const auto narrow = std::bit_cast<float>(static_cast<std::uint32_t>(random()));
    if (!std::isfinite(wide) || !std::isfinite(narrow)) continue;
    std::string text = "[";
    append_json_number(text, wide);
    text += ',';
    append_json_number(text, narrow);
    const auto json = parse_json(text + "]", "t");
    ASSERT_TRUE(json) << text;
    const JsonNumber* first = (*json->array())[0].number();
    const JsonNumber* second = (*json->array())[1].number();
    ASSERT_EQ(std::bit_cast<std::uint64_t>(first->value), std::bit_cast<std::uint64_t>(wide)) << text;
    ASSERT_EQ(std::bit_cast<std::uint32_t>(second->single), std::bit_cast<std::uint32_t>(narrow)) << text;
    ++compared;
  }
  EXPECT_GT(compared, 190'000U);
}

TEST(Json, SpecialNumbersComeBackBitForBit) {
  using Limits = std::numeric_limits<double>;
  for (const double value :
       {0.0, -0.0, 1.0, -1.0, 16777216.0, 9007199254740993.0, 18446744073709551616.0, -9e18, 1e22, Limits::max(),
        Limits::lowest(), Limits::min(), Limits::denorm_min(), -Limits::denorm_min()}) {
    std::string text;
    append_json_number(text, value);
    const auto json = parse_json(text, "t");
    ASSERT_TRUE(json) << text;
    EXPECT_EQ(std::bit_cast<std::uint64_t>(json->number()->value), std::bit_cast<std::uint64_t>(value)) << text;
  }
}

TEST(Json, NumbersThatAreNotFiniteAreWrittenAsNull) {
  std::string text;
  append_json_number(text, std::numeric_limits<double>::quiet_NaN());
  append_json_number(text, std::numeric_limits<float>::infinity());
  EXPECT_EQ(text, "nullnull");
}

TEST(Json, ANumberIsRoundedOnceToFloat) {
  // Just above the middle between 1 and the next float, by less than a double can tell.
  const auto json = parse_json("1.0000000596046447753906251", "t");
  ASSERT_TRUE(json);
  EXPECT_EQ(json->number()->single, std::nextafter(1.0F, 2.0F));
  EXPECT_EQ(static_cast<float>(json->number()->value), 1.0F);  // what rounding twice would give
}

TEST(Json, TooSmallIsZeroAndTooLargeForFloatIsInfinite) {
  const auto json = parse_json("[1e-400, -1e-400, 1e-60, 1e39, -1e39]", "t");
  ASSERT_TRUE(json);
  const Json::Array& values = *json->array();
  EXPECT_EQ(values[0].number()->value, 0.0);
  EXPECT_TRUE(std::signbit(values[1].number()->value));
  EXPECT_EQ(values[2].number()->value, 1e-60);
  EXPECT_EQ(values[2].number()->single, 0.0F);
  EXPECT_EQ(values[3].number()->single, std::numeric_limits<float>::infinity());
  EXPECT_EQ(values[4].number()->single, -std::numeric_limits<float>::infinity());
}

TEST(Json, WholeNumbersCountOnlyWhenTheyFit) {
  const auto json = parse_json("[18446744073709551615, 18446744073709551616, -1, 1.0, 7]", "t");
  ASSERT_TRUE(json);
  const Json::Array& values = *json->array();
  EXPECT_TRUE(values[0].number()->counts);
  EXPECT_EQ(values[0].number()->count, std::numeric_limits<std::uint64_t>::max());
  EXPECT_FALSE(values[1].number()->counts);
  EXPECT_FALSE(values[2].number()->counts);
  EXPECT_FALSE(values[3].number()->counts);
  EXPECT_EQ(values[4].number()->count, 7U);
}

TEST(Json, RefusesWhatIsNoJsonAndSaysWhere) {
  const std::vector<std::string> bad{"",
                                     "{",
                                     "[1,]",
                                     "{\"a\" 1}",
                                     "[1] 2",
                                     "nul",
                                     "'a'",
                                     "[NaN]",
                                     "[Infinity]",
                                     "01",
                                     "[1e999]",
                                     "[-1e999]",
                                     "\"\xFF\"",
                                     "\"\xC0\x80\"",
                                     "\"\\ud800\"",
                                     "// c\n1",
                                     "{\"a\":1,}",
                                     "[1 2]",
                                     "\"a\nb\"",
                                     "+1",
                                     ".5",
                                     "5.",
                                     std::string("1\0", 2),
                                     std::string("1\0garbage", 9)};
  for (const std::string& text : bad) {
    const auto json = parse_json(text, "net.json");
    ASSERT_FALSE(json) << text;
    EXPECT_EQ(json.error().code, ErrorCode::format);
    EXPECT_EQ(json.error().place.rfind("net.json", 0), 0U) << json.error().message();
    EXPECT_FALSE(json.error().got.empty());
  }
}

TEST(Json, RefusesANameGivenTwiceAtAnyLevel) {
  for (const char* text : {R"({"a":1,"a":2})", R"([{"b":{"a":1,"x":0,"a":2}}])", "{\"a\":1,\"\\u0061\":2}"}) {
    const auto json = parse_json(text, "t");
    ASSERT_FALSE(json) << text;
    EXPECT_NE(json.error().got.find("\"a\" twice"), std::string::npos) << json.error().message();
  }
  EXPECT_TRUE(parse_json(R"([{"a":1},{"a":2}])", "t"));
}

TEST(Json, DepthAndListLengthAreBounded) {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_TRUE(parse_json(nested(64), "t"));
  EXPECT_FALSE(parse_json(nested(65), "t"));
  EXPECT_FALSE(parse_json(std::string(5'000'000, '['), "t"));
  EXPECT_TRUE(parse_json("[1,2,3]", "t", {1, 3}));
  EXPECT_FALSE(parse_json("[1,2,3,4]", "t", {1, 3}));
}

TEST(Json, StringsComeBackAndAreAlwaysUtf8) {
  for (const std::string& text : std::vector<std::string>{"", "a\"b\\c/\n\r\t\b\f", std::string("\0\x01\x1f\x7f", 4),
                                                          "Grüße, 你好, 🎈", "\xEF\xBF\xBF"}) {
    const auto json = parse_json(json_string(text), "t");
    ASSERT_TRUE(json) << json_string(text);
    EXPECT_EQ(*json->string(), text);
  }
  for (const std::string& text :
       std::vector<std::string>{"\xFF", "a\xC3", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE0\x80\x80", "\xC1\xBF"}) {
    const auto json = parse_json(json_string(text), "t");
    ASSERT_TRUE(json) << "bytes that are no UTF-8 must not reach the file";
    EXPECT_NE(json->string()->find("\xEF\xBF\xBD"), std::string::npos);
  }
}

TEST(JsonCursor, EveryFaultNamesThePath) {
  const std::string name = "net.json";
  const auto json = parse_json(R"({"layers":[{"units":2},{"units":"x"}]})", name);
  ASSERT_TRUE(json);
  const JsonCursor root(*json, "", name);
  auto items = root.member("layers")->items();
  ASSERT_TRUE(items);
  EXPECT_EQ(*(*items)[0].member("units")->count(10), 2U);
  const auto wrong = (*items)[1].member("units")->count(10);
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().place, "net.json, layers[1].units");
  EXPECT_EQ(wrong.error().got, "a string");
  const auto large = (*items)[0].member("units")->count(1);
  ASSERT_FALSE(large);
  EXPECT_EQ(large.error().got, "2");
  EXPECT_FALSE(root.member("loss"));
  EXPECT_FALSE(root.boolean());
  EXPECT_FALSE(root.string());
  EXPECT_FALSE(root.number());
  EXPECT_FALSE(root.items());
  EXPECT_FALSE(root.strings());
  EXPECT_FALSE(root.member("layers")->member("units"));
  EXPECT_FALSE(root.member("layers")->members());
}

}  // namespace
}  // namespace deltarule::io
