// Every option of every command, with its help: one table, from which the parser and the help text are made.
#pragma once

#include <span>

namespace deltarule::cli {

struct OptionRow {
  const char* names;  ///< as CLI11 takes them: "-o,--output"
  const char* value;  ///< what stands for its value in the help; nullptr for a flag
  const char* group;
  const char* help;
};

struct PositionalRow {
  const char* name;
  const char* help;
};

struct CommandRow {
  const char* name;
  const char* summary;
  std::span<const PositionalRow> positionals;
  std::span<const OptionRow> options;
  const char* examples;
};

[[nodiscard]] std::span<const CommandRow> command_table();
/// What `deltarule --help` shows under the commands.
[[nodiscard]] const char* general_footer();

}  // namespace deltarule::cli
