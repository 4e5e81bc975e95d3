#include "app/fit/bracketed.hpp"

#include "base/text.hpp"
#include "deltarule/error.hpp"

namespace deltarule::app {
namespace {

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

std::vector<std::string_view> parts_of(std::string_view text) {
  std::vector<std::string_view> parts;
  for (std::size_t comma = text.find(','); comma != std::string_view::npos; comma = text.find(',')) {
    parts.push_back(trimmed(text.substr(0, comma)));
    text.remove_prefix(comma + 1);
  }
  parts.push_back(trimmed(text));
  return parts;
}

}  // namespace

Bracketed bracketed(std::string_view text, const std::string& option, const std::string& example) {
  const std::size_t bracket = text.find('(');
  Bracketed result{trimmed(text.substr(0, bracket)), bracket != std::string_view::npos};
  if (!result.has_brackets) return result;
  if (!text.ends_with(')'))
    throw Exception({ErrorCode::usage, option, base::quoted(text), "a bracket at the end", example});
  for (const std::string_view part : parts_of(text.substr(bracket + 1, text.size() - bracket - 2))) {
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos)
      throw Exception(
          {ErrorCode::usage, option, base::quoted(part), "settings as name=value, with commas between", example});
    result.settings.emplace_back(trimmed(part.substr(0, equals)), trimmed(part.substr(equals + 1)));
  }
  return result;
}

}  // namespace deltarule::app
