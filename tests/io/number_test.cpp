// Laws of numbers as text: shortest, exact both ways, the same in every locale.
#include "io/number.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <clocale>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <string>

#include "base/random.hpp"

namespace deltarule::io {
namespace {

TEST(Number, every_finite_double_survives_text) {
  base::Random random(1, base::Stream::generate);
  std::size_t compared = 0;
  for (int i = 0; i < 50'000; ++i) {
    const auto value = std::bit_cast<double>(std::uint64_t{random.bits()} << 32U | random.bits());
    if (!std::isfinite(value)) continue;
    const ParsedNumber parsed = parse_number(to_text(value));
    ASSERT_EQ(parsed.status, NumberStatus::ok) << to_text(value);
    ASSERT_EQ(std::bit_cast<std::uint64_t>(parsed.value), std::bit_cast<std::uint64_t>(value)) << to_text(value);
    ++compared;
  }
  EXPECT_GT(compared, 49'000U);
}

TEST(Number, every_finite_float_survives_text) {
  base::Random random(2, base::Stream::generate);
  std::size_t compared = 0;
  for (int i = 0; i < 50'000; ++i) {
    const auto value = std::bit_cast<float>(random.bits());
    if (!std::isfinite(value)) continue;
    const ParsedNumber parsed = parse_number(to_text(value));
    ASSERT_EQ(std::bit_cast<std::uint32_t>(std::strtof(to_text(value).c_str(), nullptr)),
              std::bit_cast<std::uint32_t>(value));
    ASSERT_EQ(parsed.status, NumberStatus::ok);
    ++compared;
  }
  EXPECT_GT(compared, 49'000U);
}

TEST(Number, text_is_the_shortest_that_reads_back) {
  EXPECT_EQ(to_text(0.1), "0.1");
  EXPECT_EQ(to_text(0.1F), "0.1");
  EXPECT_EQ(to_text(3.0), "3");
  EXPECT_EQ(to_text(-2.5), "-2.5");
  EXPECT_EQ(to_text(1e300), "1e+300");
  EXPECT_EQ(to_text(std::nan("")), "nan");
  EXPECT_EQ(to_text(-std::nanf("")), "nan");
}

TEST(Number, decimal_forms_are_read_and_nothing_else) {
  for (const char* good :
       {"0", "-0", "+1", "1.", ".5", "-.5e3", "1e5", "1E+05", "00012", "1e-999", "123456789012345678901234567890"}) {
    EXPECT_EQ(parse_number(good).status, NumberStatus::ok) << good;
  }
  for (const char* bad : {"",      "+",   "-",   ".",   "e5",  "1e",    "1e+",   "1 ",     " 1", "1,5", "0x10",
                          "1_000", "--1", "+-1", "-+1", "++1", "1.2.3", "1e5.0", "nan(1)", "1f", "∞"}) {
    EXPECT_EQ(parse_number(bad).status, NumberStatus::malformed) << bad;
  }
  for (const char* not_finite :
       {"inf", "-inf", "+Inf", "INFINITY", "nan", "-NaN", "1e999", "-1e999", "1e99999999999999999999"}) {
    EXPECT_EQ(parse_number(not_finite).status, NumberStatus::not_finite) << not_finite;
  }
}

TEST(Number, too_small_is_zero_and_too_large_is_not_finite_whatever_the_form) {
  const std::string zeros(400, '0');
  EXPECT_EQ(parse_number("0." + zeros + "1").value, 0.0);
  EXPECT_EQ(parse_number("0." + zeros + "1").status, NumberStatus::ok);
  EXPECT_EQ(parse_number("1" + zeros).status, NumberStatus::not_finite);
  EXPECT_EQ(parse_number("1" + zeros + "e-400").value, 1.0);
  EXPECT_EQ(parse_number("1" + zeros + "e-99999").value, 0.0);
  EXPECT_EQ(parse_number("0." + zeros + "1e99999").status, NumberStatus::not_finite);
  EXPECT_EQ(parse_number("0e99999").value, 0.0);
  EXPECT_TRUE(std::signbit(parse_number("-1e-999").value));
  EXPECT_EQ(parse_number("1.7976931348623157e308").value, std::numeric_limits<double>::max());
  EXPECT_EQ(parse_number("5e-324").value, std::numeric_limits<double>::denorm_min());
}

TEST(Number, the_form_alone_never_disagrees_with_reading) {
  static constexpr std::string_view kAlphabet = "0159.+-eEnaif";
  base::Random random(3, base::Stream::generate);
  std::size_t numbers = 0;
  std::size_t others = 0;
  for (int i = 0; i < 200'000; ++i) {
    std::string text;
    for (std::uint32_t n = 1 + random.below(6); n > 0; --n)
      text += kAlphabet[random.below(static_cast<std::uint32_t>(kAlphabet.size()))];
    const NumberStatus form = number_form(text);
    const NumberStatus read = parse_number(text).status;
    const bool too_large = form == NumberStatus::ok && read == NumberStatus::not_finite;  // 9e999
    ASSERT_TRUE(form == read || too_large) << text;
    ++(form == NumberStatus::ok ? numbers : others);
  }
  EXPECT_GT(numbers, 10'000U);
  EXPECT_GT(others, 10'000U);
}

TEST(Number, unsigned_integers_are_digits_that_fit) {
  std::uint64_t value = 0;
  EXPECT_TRUE(parse_unsigned("18446744073709551615", value));
  EXPECT_EQ(value, std::numeric_limits<std::uint64_t>::max());
  for (const char* bad : {"", "-1", "+1", "1.0", "18446744073709551616", "0x1", " 1", "1 "}) {
    EXPECT_FALSE(parse_unsigned(bad, value)) << bad;
  }
}

TEST(Number, the_locale_does_not_matter) {
  // A locale with a decimal comma, if this machine has one; the laws above hold either way.
  const char* const set = std::setlocale(LC_ALL, "de_DE.UTF-8");
  EXPECT_EQ(to_text(1.5), "1.5");
  EXPECT_EQ(parse_number("1.5").value, 1.5);
  EXPECT_EQ(parse_number("1,5").status, NumberStatus::malformed);
  if (set != nullptr) std::setlocale(LC_ALL, "C");
}

}  // namespace
}  // namespace deltarule::io
