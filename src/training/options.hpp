// Whether the options of a trainer make sense, before it is built from them.
#pragma once

#include <cstddef>

#include "base/graph.hpp"
#include "deltarule/error.hpp"
#include "deltarule/training.hpp"

namespace deltarule::training {

/// Spec error for options that make no sense, as given or as rounded to T, for a network of so many layers.
template <class T>
Result<void> check_options(const TrainerOptions& options, std::size_t layers);

extern template Result<void> check_options<float>(const TrainerOptions&, std::size_t);
extern template Result<void> check_options<double>(const TrainerOptions&, std::size_t);

/// True when a step does what its rule says and nothing else: no penalty, limit or layer of its own.
[[nodiscard]] inline bool is_plain(const TrainerOptions& options) {
  return options.l2 == 0 && options.l1 == 0 && options.clip_value == 0 && options.clip_norm == 0 &&
         options.max_norm == 0 && options.layer_rates.empty();
}
/// True when the slopes themselves are the rule's: none is changed, and none waits for the others.
[[nodiscard]] inline bool takes_slopes_as_they_are(const TrainerOptions& options) {
  return options.l2 == 0 && options.l1 == 0 && options.clip_value == 0 && options.clip_norm == 0;
}
/// The largest factor of a layer.
[[nodiscard]] double largest_factor(const TrainerOptions& options);
/// Why a network with a layer that is normalised by batches does not learn pattern by pattern.
[[nodiscard]] Error single_patterns_refused(const base::Graph& graph);

}  // namespace deltarule::training
