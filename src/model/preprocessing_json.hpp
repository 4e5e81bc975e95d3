// Preprocessing as JSON and back, every number exact. What it means is data/preprocessing.hpp's business.
#pragma once

#include <string>
#include <string_view>

#include "data/preprocessing.hpp"
#include "deltarule/error.hpp"

namespace deltarule::model {

/// One line; equal preprocessings give equal text.
std::string preprocessing_to_json(const data::Preprocessing& preprocessing);

/// Format error with the path for anything that is not of this form. Whether the rules make sense is for
/// data::check_preprocessing to say.
Result<data::Preprocessing> preprocessing_from_json(std::string_view text, const std::string& name);

}  // namespace deltarule::model
