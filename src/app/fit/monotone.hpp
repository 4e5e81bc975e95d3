// Predictions that never fall, or never rise, as a column rises: which columns, and the signs of weights that make it
// so. That weights keep their signs is the trainer's business (training/signs.hpp).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "app/fit/settings.hpp"
#include "model/model.hpp"
#include "network/network.hpp"

namespace deltarule::app {

/// Into the settings. Throws usage for texts that are not COLUMN:+ or COLUMN:-, columns that are no numeric features,
/// a task with several classes, and activations that may fall.
void choose_monotone(const FitOptions& options, const data::Preprocessing& rules, Settings& settings,
                     ChoiceList& choices);

/// For each weight, in canonical order; empty without such columns. The columns are features, the activations fit.
[[nodiscard]] std::vector<std::int8_t> signs_of(const std::vector<MonotoneColumn>& columns,
                                                const data::Preprocessing& rules, const base::Graph& graph);

/// Weights that were drawn take the signs that they must have, in size as drawn.
template <class T>
void give_signs(network::Network<T>& network, const std::vector<std::int8_t>& signs);

/// The texts given, with those that the model was trained with. Throws usage where they contradict each other.
[[nodiscard]] std::vector<std::string> with_monotone_of(const model::Model& model,
                                                        const std::vector<std::string>& given);

}  // namespace deltarule::app
