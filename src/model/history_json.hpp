// The history of a training as JSON, column by column: what the model file keeps and `inspect` prints. Which epochs it
// holds is decided elsewhere.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "deltarule/error.hpp"
#include "deltarule/training.hpp"

namespace deltarule::model {

/// {"epoch":[…],"steps":[…],"training_loss":[…], …}: columns without a number in them are left out.
[[nodiscard]] std::string history_to_json(std::span<const EpochRecord> history);

/// Format error for columns of different lengths, none, unknown ones, and epochs that do not ascend from 1.
Result<std::vector<EpochRecord>> history_from_json(std::string_view text, const std::string& name);

}  // namespace deltarule::model
