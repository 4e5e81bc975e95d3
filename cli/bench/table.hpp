// A measurement as a table for people and as JSON for programs.
#pragma once

#include <string>

#include "cli/bench/measurement.hpp"

namespace deltarule::bench {

/// At most 100 columns: the machine's limits, the works by group, and what the columns mean.
[[nodiscard]] std::string table_text(const Measurement& measurement);
/// One object, schema "deltarule-bench-1" (docs/cli.md).
[[nodiscard]] std::string as_json(const Measurement& measurement);

}  // namespace deltarule::bench
