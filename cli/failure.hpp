// How an error is shown, and the exit code that it gives.
#pragma once

#include <string>

#include "deltarule/deltarule.hpp"

namespace deltarule::cli {

/// "error: where: got; needed …" and "fix: …" on standard error; returns the exit code.
int show_error(const Error& error);

}  // namespace deltarule::cli
