#include "io/number.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <system_error>

namespace deltarule::io {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string_view without_sign(std::string_view text) {
  if (!text.empty() && (text[0] == '+' || text[0] == '-')) text.remove_prefix(1);
  return text;
}

std::size_t digits_at(std::string_view text, std::size_t at) {
  std::size_t end = at;
  while (end < text.size() && is_digit(text[end])) ++end;
  return end - at;
}

bool equals_word(std::string_view text, std::string_view lower_word) {
  if (text.size() != lower_word.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c) != lower_word[i]) return false;
  }
  return true;
}

bool is_word_for_not_finite(std::string_view text) {
  return equals_word(text, "inf") || equals_word(text, "infinity") || equals_word(text, "nan");
}

// Digits, optional point, optional exponent; at least one digit before the exponent.
bool has_decimal_form(std::string_view text) {
  const std::size_t whole = digits_at(text, 0);
  std::size_t at = whole;
  std::size_t fraction = 0;
  if (at < text.size() && text[at] == '.') {
    fraction = digits_at(text, at + 1);
    at += 1 + fraction;
  }
  if (whole + fraction == 0) return false;
  if (at == text.size()) return true;
  if (text[at] != 'e' && text[at] != 'E') return false;
  ++at;
  if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
  const std::size_t exponent = digits_at(text, at);
  return exponent > 0 && at + exponent == text.size();
}

// For a decimal that no double can hold: whether it is too large rather than too small. The power of ten of its first
// digit that is not 0 tells, being far from 0 either way. An exponent is cut off where no text has as many digits.
bool is_too_large(std::string_view text) {
  text = without_sign(text);
  const std::size_t mark = text.find_first_of("eE");
  const std::string_view mantissa = text.substr(0, mark);
  long long exponent = 0;
  if (mark != std::string_view::npos) {
    const std::string_view tail = text.substr(mark + 1);
    for (const char c : without_sign(tail)) {
      if (exponent < 1'000'000'000'000'000) exponent = exponent * 10 + (c - '0');
    }
    if (tail[0] == '-') exponent = -exponent;
  }
  const std::size_t point = std::min(mantissa.find('.'), mantissa.size());
  const std::size_t first = mantissa.find_first_not_of("0.");
  if (first == std::string_view::npos) return false;
  return exponent + static_cast<long long>(point) - static_cast<long long>(first) > 0;
}

template <class T>
std::string shortest(T value) {
  std::array<char, 64> buffer{};
  const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  (void)error;  // 64 characters hold any float or double
  return {buffer.data(), end};
}

}  // namespace

NumberStatus number_form(std::string_view text) {
  const std::string_view body = without_sign(text);
  if (has_decimal_form(body)) return NumberStatus::ok;
  return is_word_for_not_finite(body) ? NumberStatus::not_finite : NumberStatus::malformed;
}

ParsedNumber parse_number(std::string_view text) {
  // from_chars takes no plus sign, but would take a minus sign after one.
  const bool plus = text.size() > 1 && text[0] == '+' && text[1] != '-' && text[1] != '+';
  const std::string_view body = plus ? text.substr(1) : text;
  double value = 0.0;
  const auto [end, error] = std::from_chars(body.data(), body.data() + body.size(), value);
  if (error == std::errc() && end == body.data() + body.size() && std::isfinite(value)) {
    return {NumberStatus::ok, value};
  }
  const NumberStatus form = number_form(text);
  if (form != NumberStatus::ok) return {form, 0.0};
  if (is_too_large(text)) return {NumberStatus::not_finite, 0.0};
  return {NumberStatus::ok, text[0] == '-' ? -0.0 : 0.0};
}

bool parse_unsigned(std::string_view text, std::uint64_t& value) {
  if (text.empty() || !is_digit(text[0])) return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

std::string to_text(double value) {
  if (std::isnan(value)) return "nan";
  return shortest(value);
}

std::string to_text(float value) {
  if (std::isnan(value)) return "nan";
  return shortest(value);
}

}  // namespace deltarule::io
