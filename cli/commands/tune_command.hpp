// The winner of a search as a command that trains it again, to the byte.
#pragma once

#include <string>
#include <vector>

#include "cli/command_line.hpp"

namespace deltarule::cli {

/// Words as they are typed, without a place for the model: `deltarule train DATA --target …`.
[[nodiscard]] std::vector<std::string> winning_command(const TuneCommand& command, const Tuned& tuned);

/// The words in lines of at most `width` columns, each but the last with a backslash at its end.
[[nodiscard]] std::vector<std::string> command_lines(const std::vector<std::string>& words, std::size_t width);

}  // namespace deltarule::cli
