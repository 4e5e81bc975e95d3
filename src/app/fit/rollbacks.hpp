// What a user is told of a run that went back.
#pragma once

#include <string>
#include <vector>

#include "deltarule/training.hpp"

namespace deltarule::app {

/// One sentence for each time that the run went back, and what to do about it after the last.
[[nodiscard]] std::vector<std::string> rollback_notices(const FitResult& result);

}  // namespace deltarule::app
