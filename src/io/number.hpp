// Numbers as text: the same in every locale, shortest form that reads back to the same bits.
// Decides nothing about missing values; that is the table reader's matter.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace deltarule::io {

enum class NumberStatus : std::uint8_t {
  ok,
  malformed,   ///< not a decimal number from its first to its last character
  not_finite,  ///< beyond the largest double, or the words inf, infinity, nan in any case and with any sign
};

struct ParsedNumber {
  NumberStatus status = NumberStatus::malformed;
  double value = 0.0;  ///< nearest double when ok (0 when too small for one), otherwise 0
};

/// Reads [+-] digits [. digits] [e [+-] digits], `.5` and `5.` included; no spaces, no hexadecimal, no comma.
[[nodiscard]] ParsedNumber parse_number(std::string_view text);

/// What parse_number would say, from the form alone: 1e999 has the form of a number. Cheaper than parsing.
[[nodiscard]] NumberStatus number_form(std::string_view text);

/// Reads digits only. False for anything else and for what does not fit.
[[nodiscard]] bool parse_unsigned(std::string_view text, std::uint64_t& value);

/// Shortest decimal text that reads back to the same bits: 0 is "0", 0.1f is "0.1", NaN "nan", infinity "inf".
[[nodiscard]] std::string to_text(double value);
[[nodiscard]] std::string to_text(float value);

}  // namespace deltarule::io
