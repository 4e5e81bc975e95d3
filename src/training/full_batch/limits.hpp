// What a method that moves all weights together asks of a network and of the machine before it begins.
#pragma once

#include <cstddef>

#include "base/graph.hpp"
#include "base/kinds.hpp"
#include "deltarule/error.hpp"
#include "deltarule/rules.hpp"
#include "deltarule/training.hpp"

namespace deltarule::training {

/// True for a layer (counting from 0) that the options freeze.
[[nodiscard]] bool is_frozen(const TrainerOptions& options, std::size_t layer);
/// Weights, biases and gains that may move.
[[nodiscard]] std::size_t movable_count(const base::Graph& graph, const TrainerOptions& options);

/// Bytes that the rule takes beside the network, its slopes and its state; 0 for a rule of one weight at a time.
[[nodiscard]] double method_bytes(const TrainerOptions& options, const base::Graph& graph, std::size_t number_size);

/// Spec error for a loss, a penalty or a number of weights that the rule of the options is not for.
Result<void> check_method(const TrainerOptions& options, const base::Graph& graph, base::LossKind loss);

}  // namespace deltarule::training
