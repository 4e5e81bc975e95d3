// Going on with a model: its preprocessing instead of a new one, and what its weights may have seen already. A model of
// other columns or classes is refused.
#pragma once

#include "data/notice.hpp"
#include "data/preprocessing.hpp"
#include "data/schema.hpp"
#include "data/split.hpp"
#include "data/table.hpp"
#include "deltarule/fit.hpp"
#include "model/model.hpp"

namespace deltarule::app {

/// The options with the wiring and weights of the model that they go on with, if any.
[[nodiscard]] FitOptions with_continued(const FitOptions& options);

/// The model's own preprocessing, if the table has its task, columns and classes. Throws Exception (data).
[[nodiscard]] data::Preprocessing rules_of_model(const Model& model, const data::Table& table,
                                                 const data::Schema& schema, const data::Split& split,
                                                 data::Notices& notices);

/// Whether targets are anything but the numbers of the table.
[[nodiscard]] bool is_scaled(const data::Preprocessing& rules);

/// Says that given first weights may have been fitted on measured rows, unless they come from the same split.
void note_earlier_fit(const FitOptions& options, const model::Model& result, FitReport& report);

}  // namespace deltarule::app
