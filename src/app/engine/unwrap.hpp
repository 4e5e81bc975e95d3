// The step from a Result to an exception: the one place where the engine's public face throws.
#pragma once

#include <utility>

#include "deltarule/error.hpp"

namespace deltarule {

/// The value, or Exception with the Error.
template <class T>
T unwrap(Result<T> result) {
  if (!result) throw Exception(result.error());
  return std::move(result).value();
}

}  // namespace deltarule
