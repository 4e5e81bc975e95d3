// The choice of a table as a function of what it depends on, so that it can be tested without an environment.
#pragma once

#include <optional>
#include <string>

#include "kernels/kernels.hpp"

namespace deltarule::kernels {

/// The table named `wanted`; the scalar twin for a name that is not one of isa_names(); the best when nothing is.
template <class T>
const Kernels<T>& choose(const std::optional<std::string>& wanted);

}  // namespace deltarule::kernels
