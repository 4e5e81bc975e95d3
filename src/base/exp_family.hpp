// The formulas of exp_family-inl.hpp for scalars: base::exp_formula<ScalarOps<float, true>>(x) and so on.
#pragma once

#include <cstddef>

#include "base/exp_constants.hpp"
#include "base/scalar_ops.hpp"

#define DELTARULE_FORMULA inline
namespace deltarule::base {
#include "base/exp_family-inl.hpp"
}  // namespace deltarule::base
#undef DELTARULE_FORMULA
