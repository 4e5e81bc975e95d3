// Numbers of an explanation as text: so many significant digits, or exactly in hexadecimal.
#pragma once

#include <string>
#include <string_view>

#include "deltarule/explanation.hpp"

namespace deltarule::explain {

/// 0.0123457, 1.5e-07, 0x1.8p-3. A zero has no sign, except in hexadecimal.
[[nodiscard]] std::string number_text(double value, const ExplainLayout& layout);
/// The same with at least so many digits.
[[nodiscard]] std::string number_text(double value, const ExplainLayout& layout, int at_least);
/// The form with its numbers in place; a negative one in brackets, unless it stands first or in brackets already.
[[nodiscard]] std::string filled_text(const Filled& filled, const ExplainLayout& layout);

}  // namespace deltarule::explain
