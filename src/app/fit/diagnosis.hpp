// The error of a training that ran away, told so that a user can act on it: where in the user's file and in the network
// it was first seen, and what most likely caused it.
#pragma once

#include "app/fit/suspects.hpp"
#include "deltarule/diagnosis.hpp"

namespace deltarule::app {

/// `error` is what training said, in patterns and layers.
[[nodiscard]] Diverged diagnosed(const Error& error, const Scene& scene);

}  // namespace deltarule::app
