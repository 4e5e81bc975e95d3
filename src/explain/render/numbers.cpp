#include "explain/render/numbers.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace deltarule::explain {
namespace {

std::string hexadecimal(double value) {
  char buffer[64];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, std::fabs(value), std::chars_format::hex).ptr;
  return (std::signbit(value) ? "-0x" : "0x") + std::string(buffer, end);
}

std::string with_digits(double value, int digits) {
  char buffer[64];
  if (value == 0) value = 0;  // without a sign
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::general, digits).ptr;
  return {buffer, end};
}

}  // namespace

std::string number_text(double value, const ExplainLayout& layout, int at_least) {
  if (std::isnan(value)) return "not a number";
  if (std::isinf(value)) return value < 0 ? "-infinity" : "infinity";
  return layout.hex ? hexadecimal(value) : with_digits(value, std::max(layout.digits, at_least));
}

std::string number_text(double value, const ExplainLayout& layout) { return number_text(value, layout, 0); }

std::string filled_text(const Filled& filled, const ExplainLayout& layout) {
  std::string text;
  std::size_t next = 0;
  for (std::size_t i = 0; i < filled.form.size(); ++i) {
    if (filled.form[i] != '#' || next == filled.numbers.size()) {
      text += filled.form[i];
      continue;
    }
    const std::string number = number_text(filled.numbers[next++], layout);
    const std::size_t before = text.find_last_not_of(' ');
    const bool stands_free = before == std::string::npos || text[before] == '(' || text[before] == '=';
    const bool squared = filled.form.compare(i + 1, 2, "²") == 0;
    const bool brackets = number.front() == '-' && (!stands_free || squared);
    text += brackets ? "(" + number + ")" : number;
  }
  return text;
}

}  // namespace deltarule::explain
