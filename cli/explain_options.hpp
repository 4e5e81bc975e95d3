// The options of explain and gradcheck.
#pragma once

#include "cli/given.hpp"

namespace deltarule::cli {

[[nodiscard]] ExplainCommand explain_of(const Given& given);
[[nodiscard]] GradcheckCommand gradcheck_of(const Given& given);

}  // namespace deltarule::cli
