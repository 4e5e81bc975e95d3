#include "explain/explain.hpp"

#include <utility>

#include "explain/trace.hpp"
#include "explain/walk.hpp"
#include "training/updates/registry.hpp"

namespace deltarule::explain {

double rate_of(const Optimizer& rule) {
  constexpr double kUsual = 0.1;
  for (const auto& [name, value] : training::settings_of(rule))
    if (name == "learning_rate") return value;
  return kUsual;
}

Result<Explanation> explain(const Lesson& lesson, const ExplainOptions& options) {
  if (const auto possible = check_mistake(lesson.subject, options.mistake); !possible) return possible.error();
  const Trace trace(lesson.subject, rate_of(lesson.trainer.optimizer), options.mistake);
  const auto focus = choose_focus(trace, options);
  if (!focus) return focus.error();
  Explanation explanation;
  explanation.title = "Why the weights move: " + lesson.title;
  explanation.setting = setting_of(trace, options);
  explanation.sections = walk(trace, *focus, options);
  explanation.closing = closing_of(trace, *focus, options);
  return explanation;
}

}  // namespace deltarule::explain
