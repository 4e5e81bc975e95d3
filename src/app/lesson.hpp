// A row of a table as what is explained: on the model's own weights and preprocessing, with the rule of its training.
#pragma once

#include <string>
#include <vector>

#include "deltarule/explanation.hpp"
#include "deltarule/model.hpp"
#include "explain/explain.hpp"

namespace deltarule::app {

struct RowLesson {
  explain::Lesson lesson = {};
  std::vector<std::string> notices = {};
};

/// Throws Exception: data for a row that there is not or that has no target; spec.
[[nodiscard]] RowLesson lesson_of_row(const Model& given, const Table& table, const ExplainOptions& options);

}  // namespace deltarule::app
