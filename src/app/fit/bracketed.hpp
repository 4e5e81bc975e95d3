// Texts such as `adam(beta1=0.8, epsilon=1e-6)`: a name, and settings in brackets. Knows no names.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace deltarule::app {

struct Bracketed {
  std::string_view name;
  bool has_brackets = false;
  std::vector<std::pair<std::string_view, std::string_view>> settings = {};  // name and value, without blanks around
};

/// Views into the text, which must outlive them. Throws: usage, with the option's name and an example of its use, for
/// a bracket that does not end the text and for a setting without `=`.
[[nodiscard]] Bracketed bracketed(std::string_view text, const std::string& option, const std::string& example);

}  // namespace deltarule::app
