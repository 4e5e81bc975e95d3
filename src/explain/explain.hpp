// One pattern explained: the trace, the walk through it, the step and the proof, put together as an Explanation.
#pragma once

#include <string>
#include <vector>

#include "deltarule/error.hpp"
#include "deltarule/explanation.hpp"
#include "deltarule/training.hpp"
#include "explain/trace/subject.hpp"

namespace deltarule::explain {

/// What is explained, and how it learns.
struct Lesson {
  Subject subject = {};
  TrainerOptions trainer = {};                                      // of the step; its rate is that of (2) and (6)
  std::string title = {};                                           // "pattern 3 of xor.csv"
  std::vector<std::vector<double>> earlier_x = {}, earlier_t = {};  // patterns of the steps before, in order
  bool single = false;                                              // the engine's numbers are f32
};

/// Spec errors for units, weights and mistakes that there are not.
Result<Explanation> explain(const Lesson& lesson, const ExplainOptions& options);

/// η of (2) and (6): the rule's rate, 0.1 for a rule that has none.
[[nodiscard]] double rate_of(const Optimizer& rule);

/// The lessons that need no files: "xor", "mazur", "encoder". pattern: from 1; 0 is the one that teaches most. Spec
/// error for an unknown name and a pattern that there is not.
Result<Lesson> demo(std::string_view name, std::size_t pattern);
[[nodiscard]] std::vector<std::string> demo_names();

}  // namespace deltarule::explain
