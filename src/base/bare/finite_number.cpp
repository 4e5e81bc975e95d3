// In place of base/finite_number.cpp where std::from_chars reads no double: libc++ 19. A bare machine has one locale.
#include "base/finite_number.hpp"

#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <string>

namespace deltarule::base {

std::optional<double> finite_number(std::string_view text) {
  // strtod would also take blanks, a plus sign, hexadecimal digits and names.
  if (text.empty() || text.front() == '+') return std::nullopt;
  if (text.find_first_not_of("0123456789.eE+-") != std::string_view::npos) return std::nullopt;
  const std::string whole(text);
  char* end = nullptr;
  errno = 0;
  const double value = std::strtod(whole.c_str(), &end);
  const bool lost = value == 0 && errno != 0;  // numbers that are only denormal set errno, too
  if (lost || end != whole.c_str() + whole.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

}  // namespace deltarule::base
