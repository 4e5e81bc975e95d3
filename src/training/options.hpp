// Whether the options of a trainer make sense, before it is built from them.
#pragma once

#include "deltarule/error.hpp"
#include "deltarule/training.hpp"

namespace deltarule::training {

/// Spec error for options that make no sense, as given or as rounded to T.
template <class T>
Result<void> check_options(const TrainerOptions& options);

extern template Result<void> check_options<float>(const TrainerOptions&);
extern template Result<void> check_options<double>(const TrainerOptions&);

}  // namespace deltarule::training
