// A number in a setting's text. Tables and files have a reader of their own (io/number.hpp), with more to say.
#pragma once

#include <optional>
#include <string_view>

namespace deltarule::base {

/// The number that is the whole of `text`, in decimal or scientific notation whatever the locale; nothing when there is
/// anything else, or when the number is beyond a double.
[[nodiscard]] std::optional<double> finite_number(std::string_view text);

}  // namespace deltarule::base
