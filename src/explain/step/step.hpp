// The section about the step: what the trainer's one real step makes of the weights that are looked at, part by part of
// its rule, and of the error.
#pragma once

#include <vector>

#include "deltarule/explanation.hpp"
#include "explain/page/notation.hpp"
#include "explain/step/learner.hpp"
#include "explain/trace/trace.hpp"

namespace deltarule::explain {

/// Everything about a step that has been made.
struct Step {
  std::vector<WeightMoment> moments;  // of the links, before it
  std::vector<double> after;          // all weights, by the trainer, or by (6) with a mistake
  double E_after = 0.0;
  bool together = false;
};

/// Makes the step with the learner, or, for a trace with a mistake, by its own changes.
Result<Step> make_step(const Trace& trace, Learner& learner, const std::vector<Link>& links);

[[nodiscard]] ExplainedSection step_section(const Trace& trace, const Step& step, const std::vector<Link>& links,
                                            const Optimizer& rule, const ExplainOptions& options);

}  // namespace deltarule::explain
