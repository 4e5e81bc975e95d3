// Help text in 80 columns: usage, arguments, options by group, examples. CLI11's own does not break lines.
#pragma once

#include <string>

#include "cli/option_table.hpp"

namespace deltarule::cli {

[[nodiscard]] std::string general_help();
[[nodiscard]] std::string command_help(const CommandRow& command);

}  // namespace deltarule::cli
