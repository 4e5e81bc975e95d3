#include "cli/help.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "cli/text/layout.hpp"

namespace deltarule::cli {
namespace {

constexpr std::size_t kWidth = 80;
constexpr std::size_t kDescriptions = 30;  // column where they begin
constexpr std::size_t kLongNames = 6;      // column where names of two dashes begin

std::string entry(std::string_view left, std::string_view description) {
  std::string line(left);
  if (display_width(line) + 2 > kDescriptions) {
    line += '\n' + std::string(kDescriptions, ' ');
  } else {
    line = pad_right(line, kDescriptions);
  }
  return line + wrap(description, kWidth, kDescriptions) + "\n";
}

std::string option_left(const OptionRow& option) {
  std::string names(option.names);
  const std::size_t comma = names.find(',');
  if (comma != std::string::npos) names.replace(comma, 1, ", ");
  const bool has_short = names.size() > 1 && names[1] != '-';
  std::string left(has_short ? 2 : kLongNames, ' ');
  left += names;
  if (option.value != nullptr) left += fmt::format(" {}", option.value);
  return left;
}

std::string option_groups(const CommandRow& command) {
  std::vector<std::string_view> groups;
  for (const OptionRow& option : command.options) {
    if (std::ranges::find(groups, option.group) == groups.end()) groups.emplace_back(option.group);
  }
  std::string out;
  for (const std::string_view group : groups) {
    out += fmt::format("{}:\n", group);
    for (const OptionRow& option : command.options) {
      if (group == option.group) {
        out += entry(option_left(option), option.help);
      }
    }
    out += '\n';
  }
  return out;
}

}  // namespace

std::string command_help(const CommandRow& command) {
  std::string usage = fmt::format("Usage: deltarule {}", command.name);
  for (const PositionalRow& positional : command.positionals) usage += fmt::format(" {}", positional.name);
  std::string out = fmt::format("{}\n\n{} [OPTIONS]\n\n", wrap(command.summary, kWidth, 0), usage);
  for (const PositionalRow& positional : command.positionals) {
    out += entry(fmt::format("  {}", positional.name), positional.help);
  }
  if (!command.positionals.empty()) out += '\n';
  return out + option_groups(command) + command.examples;
}

std::string general_help() {
  std::string out =
      "Backpropagation, the generalized delta rule: trains feed-forward networks on\n"
      "tables and uses them.\n\nUsage: deltarule COMMAND …\n\nCommands:\n";
  for (const CommandRow& command : command_table()) {
    out += fmt::format("  {}  {}\n", pad_right(command.name, 9), wrap(command.summary, kWidth, 13));
  }
  out += "\nOptions:\n  -h, --help     this text, or that of a command\n  -V, --version  the version\n\n";
  return out + general_footer();
}

}  // namespace deltarule::cli
