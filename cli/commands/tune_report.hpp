// What a search came to: tables and the winning command as text, or one JSON object.
#pragma once

#include <string>
#include <vector>

#include "cli/command_line.hpp"

namespace deltarule::cli {

[[nodiscard]] std::string tune_text(const TuneCommand& command, const Dataset& data, const Tuned& tuned);
[[nodiscard]] std::string tune_json(const TuneCommand& command, const Dataset& data, const Tuned& tuned);
/// "trial 7, 12 of 27 ended: loss 0.0712; best 0.0534 (trial 3)".
[[nodiscard]] std::string trial_text(const TuneProgress& progress);

}  // namespace deltarule::cli
