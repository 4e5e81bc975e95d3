#include "explain/explain.hpp"

#include <optional>
#include <utility>

#include "base/text.hpp"
#include "explain/page/notation.hpp"
#include "explain/page/walk.hpp"
#include "explain/proof/proof.hpp"
#include "explain/step/learner.hpp"
#include "explain/step/step.hpp"
#include "explain/trace/trace.hpp"
#include "training/updates/registry.hpp"

namespace deltarule::explain {
namespace {

/// "5 digits", "every digit".
std::string digits_in_words(double digits) {
  constexpr double kAll = 17.0;
  return digits >= kAll ? "every digit" : base::counted(static_cast<std::size_t>(digits), "digit");
}

/// How all this relates to what the engine did.
Result<ExplainedSection> engine_section(const Trace& trace, bool single, const ExplainOptions& options) {
  const auto beside = beside_the_engine(trace, single);
  if (!beside) return beside.error();
  ExplainedSection section;
  section.title = "What the engine has";
  section.words = {std::string("All numbers above are those of the derivation, in double. The engine that trains and "
                               "predicts works in ") +
                   (single ? "f32" : "f64") + "; over the whole network its activations agree with these to " +
                   digits_in_words(beside->digits_of_activations) + " and its deltas to " +
                   digits_in_words(beside->digits_of_deltas) + ", measured by the largest of each."};
  ExplainedLine line;
  line.left = Symbols(trace.subject(), options.notation).E() + " by the engine";
  line.value = beside->E;
  section.lines.push_back(std::move(line));
  return section;
}

/// The network after the steps that were asked for before this one.
Result<Learner> learner_for(const Lesson& lesson, const ExplainOptions& options, Subject& subject) {
  auto learner = Learner::create(subject, lesson.trainer);
  if (!learner) return learner;
  for (std::size_t k = 0; k < options.after; ++k) {
    const std::size_t count = lesson.earlier_x.size(), place = (count - options.after % count + k) % count;
    if (const auto done = learner->learn(lesson.earlier_x[place], lesson.earlier_t[place]); !done) return done.error();
  }
  if (options.after > 0) subject.w = learner->weights();
  return learner;
}

/// With a mistake, that it can be seen here.
ExplainedProof proof_of(Proof& proof, const Explanation& explanation, const ExplainOptions& options) {
  const bool everything = options.check_all || options.mistake != Mistake::none;
  return everything ? proof.of_everything() : counted(explanation);
}

std::vector<std::string> about_mistake(const Trace& trace, const ExplainedProof& proof) {
  if (trace.mistake() == Mistake::none) return {};
  const MistakeInWords& words = words_of(trace.mistake());
  std::vector<std::string> texts = {"Derived with the mistake " + std::string(words.name) + ": " +
                                    std::string(words.words) + "."};
  if (proof.failed == 0)
    texts.push_back(
        "Here it changes no number, as when a weight is 0, a matrix symmetric or a slope 1: try another "
        "pattern or network.");
  return texts;
}

}  // namespace

double rate_of(const Optimizer& rule) {
  constexpr double kUsual = 0.1;
  for (const auto& [name, value] : training::settings_of(rule))
    if (name == "learning_rate") return value;
  return kUsual;
}

Result<Explanation> explain(const Lesson& lesson, const ExplainOptions& options) {
  if (const auto possible = check_mistake(lesson.subject, options.mistake); !possible) return possible.error();
  Subject subject = lesson.subject;
  std::optional<Learner> learner;
  if (options.step || options.after > 0) {
    auto made = learner_for(lesson, options, subject);
    if (!made) return made.error();
    learner.emplace(*std::move(made));
  }
  const Trace trace(subject, rate_of(lesson.trainer.optimizer), options.mistake);
  const auto focus = choose_focus(trace, options);
  if (!focus) return focus.error();

  std::optional<Proof> proof;
  if (options.check || options.check_all || options.mistake != Mistake::none) proof.emplace(trace);
  Explanation explanation;
  explanation.title = "Why the weights move: " + lesson.title;
  explanation.setting = setting_of(trace, options);
  explanation.sections = walk(trace, *focus, options, proof ? &*proof : nullptr);
  if (options.step) {
    const std::vector<Link> links = links_of(trace, *focus, options);
    const auto step = make_step(trace, *learner, links);
    if (!step) return step.error();
    explanation.sections.push_back(step_section(trace, *step, links, lesson.trainer.optimizer, options));
  }
  if (options.mistake == Mistake::none) {
    auto engine = engine_section(trace, lesson.single, options);
    if (!engine) return engine.error();
    explanation.sections.push_back(*std::move(engine));
  }
  if (proof) {
    explanation.proof = proof_of(*proof, explanation, options);
    explanation.closing = about_mistake(trace, *explanation.proof);
  }
  for (std::string& words : closing_of(trace, *focus, options)) explanation.closing.push_back(std::move(words));
  return explanation;
}

}  // namespace deltarule::explain
