// The choice of a table as a function of what it depends on, so that it can be tested without an environment.
#pragma once

#include <optional>
#include <string>

#include "kernels/kernels.hpp"

namespace deltarule::kernels {

/// The table named `request`; the scalar twin for a name that is not one of isa_names(); the best without a request.
template <class T>
const Kernels<T>& choose(const std::optional<std::string>& wanted);

}  // namespace deltarule::kernels
