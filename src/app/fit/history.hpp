// The history of a training as records: whole, and as a model keeps it.
#pragma once

#include <vector>

#include "deltarule/fit.hpp"

namespace deltarule::app {

/// A model keeps no more epochs than about so many: of a longer training each k-th, the best and the last.
inline constexpr std::size_t kMostEpochsKept = 1000;

/// `learning_rate` is the rule's setting, NaN for a rule without one.
[[nodiscard]] std::vector<EpochRecord> records_of(const FitResult& training, double learning_rate);
/// Those of them that a model keeps. Equal histories are kept alike.
[[nodiscard]] std::vector<EpochRecord> kept_records(const FitResult& training, double learning_rate);

}  // namespace deltarule::app
