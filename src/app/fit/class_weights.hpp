// Weights of classes: what the weights of rows are multiplied by where a training or validation loss is summed.
// Measures know nothing of them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "data/binding.hpp"
#include "data/schema.hpp"
#include "deltarule/fit.hpp"

namespace deltarule::app {

/// A factor by class name.
using ClassFactors = std::vector<std::pair<std::string, double>>;

/// Usage errors: weights for a target without classes, of an unknown class, not of every class, or that are none.
void check_class_weights(const ClassWeights& weights, data::Task task, const std::vector<std::string>& classes);

/// The factors of `classes`, in their order: those given, or n / (classes · n_class) over `rows`, by the weights of the
/// rows. Empty without weights. Throws a data error for a class without a row where the weights are to be balanced.
[[nodiscard]] ClassFactors class_factors(const ClassWeights& weights, const std::vector<std::string>& classes,
                                         const data::Schema& schema, std::span<const std::uint32_t> rows);

/// Row weights times class factors, in the number type of the run; empty when each is 1 for want of both.
template <class T>
[[nodiscard]] std::vector<T> pattern_weights(const data::BoundTable& bound, std::span<const double> row_weights,
                                             const ClassFactors& factors, std::span<const std::uint32_t> rows);

/// "no=0.55,yes=5", as an option takes it.
[[nodiscard]] std::string text_of(const ClassFactors& factors);
/// "balanced", or the factors given.
[[nodiscard]] std::string text_of(const ClassWeights& weights);

}  // namespace deltarule::app
