// The choices of a run as the options of `deltarule train` that make them again.
#pragma once

#include <string>
#include <vector>

#include "deltarule/fit.hpp"

namespace deltarule::app {

/// Option and value, one after the other, every choice spelled out, so that other defaults would change nothing. What
/// names files or columns is left out: whoever reads the table knows it.
[[nodiscard]] std::vector<std::string> arguments_of(const std::vector<Choice>& choices);

}  // namespace deltarule::app
