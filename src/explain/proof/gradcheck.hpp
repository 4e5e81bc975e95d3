// The quick form for a whole network: its slopes, all or a spread of them, against derivatives of the plain forward
// pass, and the engine's slopes against them.
#pragma once

#include "deltarule/error.hpp"
#include "deltarule/explanation.hpp"
#include "explain/trace/subject.hpp"

namespace deltarule::explain {

/// Adds one pattern to the result. patterns: how many there will be, among which the work is divided.
Result<void> check_pattern(const Subject& subject, std::size_t patterns, GradientCheck& result);

}  // namespace deltarule::explain
