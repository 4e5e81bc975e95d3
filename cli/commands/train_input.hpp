// What train and cv learn from: the table with its roles, and the options with the files that they name.
#pragma once

#include "cli/command_line.hpp"

namespace deltarule::cli {

/// Reads DATA. Without a target, the error names the likely one.
[[nodiscard]] Dataset dataset_of(const TrainCommand& command);
/// The options of the fit with the files that --network, --start-from and --validation name.
[[nodiscard]] FitOptions fit_options_of(const TrainCommand& command);

}  // namespace deltarule::cli
