// What the process was told from outside. The only place that reads environment variables.
#pragma once

#include <optional>
#include <string>

namespace deltarule::base {

/// The value of an environment variable, or nothing when it is not set.
[[nodiscard]] std::optional<std::string> environment_variable(const char* name);

}  // namespace deltarule::base
