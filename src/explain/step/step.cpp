#include "explain/step/step.hpp"

#include <algorithm>
#include <cmath>

#include "explain/proof/probe.hpp"
#include "explain/proof/proof.hpp"
#include "training/updates/registry.hpp"

namespace deltarule::explain {
namespace {

constexpr int kDigitsOfE = 15;
constexpr double kSameToTwelveDigits = 1e-12;

/// Beside the change itself its parts, as a sum of their own.
ExplainedLine change_line(const Symbols& symbols, const Link& link, const std::vector<RulePart>& parts) {
  ExplainedLine line;
  line.left = symbols.change(link);
  line.right = "Σ parts of the rule";
  line.value = change_of(parts);
  line.sum.emplace();
  std::size_t place = 0;
  for (const RulePart& part : parts)
    if (part.is_summand) line.sum->shown.push_back({part.formula, {"#", {part.value}}, part.value, ++place, part.name});
  return line;
}

ExplainedLine part_line(const RulePart& part) {
  ExplainedLine line;
  line.left = part.name + ", " + part.formula;
  line.value = part.value;
  return line;
}

ExplainedLine after_line(const Symbols& symbols, const Link& link, double before, double after) {
  ExplainedLine line;
  line.words = "By the trainer, after its step:";
  line.left = symbols.w(link);
  line.right = "before + change";
  line.numbers = {"# + #", {before, after - before}};
  line.value = after;
  return line;
}

Evidence derived(double trainer, double derivation) {
  const double size = std::max(std::fabs(trainer), std::fabs(derivation));
  return {"by the derivation", derivation, digits_of_agreement(trainer, derivation),
          std::fabs(trainer - derivation) <= kSameToTwelveDigits * size};
}

double E_with(const Subject& subject, const std::vector<double>& w) {
  return derivation::reference_error<double>(subject.graph, subject.resolved, w, subject.x, subject.t);
}

ExplainedLine E_line(std::string left, std::string words, double value) {
  ExplainedLine line;
  line.words = std::move(words);
  line.left = std::move(left);
  line.value = value;
  line.least_digits = kDigitsOfE;
  return line;
}

/// What the slopes let expect: Σ ∂E/∂w Δw over all weights.
double promised(const Trace& trace, const std::vector<double>& after) {
  double sum = 0;
  for (std::size_t i = 0; i < after.size(); ++i) sum += trace.pass().slopes[i] * (after[i] - trace.subject().w[i]);
  return sum;
}

/// The error of changed weights once more, apart from the pass that gave it.
Evidence again(const Trace& trace, const std::vector<double>& w, double E) {
  constexpr double kTolerance = 1e-12;
  Subject changed = trace.subject();
  changed.w = w;
  const double second = Probe(changed).E();
  return {"in long double", second, digits_of_agreement(E, second),
          std::fabs(E - second) <= kTolerance * std::max(1.0, std::fabs(E))};
}

void add_errors(const Trace& trace, const Step& step, const Symbols& symbols, bool check, ExplainedSection& section) {
  section.lines.push_back(E_line(symbols.E() + " before", "And the error, with all weights changed:", trace.E()));
  section.lines.push_back(E_line(symbols.E() + " after", "", step.E_after));
  if (check) section.lines.back().evidence.push_back(again(trace, step.after, step.E_after));
  if (trace.mistake() != Mistake::none) {
    const Trace right(trace.subject(), trace.eta());
    section.lines.push_back(
        E_line(symbols.E() + " after, without the mistake", "", E_with(trace.subject(), right.changed_weights())));
  }
  ExplainedLine drop;
  drop.words = "How far it went, and what the slopes promised to first order, Σ " + symbols.slope_by("w") + " · Δw:";
  drop.left = symbols.E() + " after - " + symbols.E() + " before";
  drop.value = step.E_after - trace.E();
  ExplainedLine promise;
  promise.left = "promised";
  promise.value = promised(trace, step.after);
  section.lines.push_back(std::move(drop));
  section.lines.push_back(std::move(promise));
}

void add_weight(const Symbols& symbols, const Link& link, const WeightMoment& moment, double after,
                const Optimizer& rule, bool trained, ExplainedSection& section) {
  const std::vector<RulePart> parts = trained ? rule_parts(rule, moment) : std::vector<RulePart>{};
  for (const RulePart& part : parts)
    if (!part.is_summand) section.lines.push_back(part_line(part));
  if (!parts.empty()) section.lines.push_back(change_line(symbols, link, parts));
  section.lines.push_back(after_line(symbols, link, moment.w, after));
  if (!parts.empty()) section.lines.back().evidence.push_back(derived(after, moment.w + change_of(parts)));
  if (!trained) section.lines.back().words = "A bias that is not trained stays:";
}

}  // namespace

Result<Step> make_step(const Trace& trace, Learner& learner, const std::vector<Link>& links) {
  Step step;
  for (const Link& link : links) step.moments.push_back(learner.moment(trace, link));
  step.together = learner.moves_together();
  if (trace.mistake() == Mistake::none) {
    if (const auto learned = learner.learn(trace.subject().x, trace.subject().t); !learned) return learned.error();
    step.after = learner.weights();
  } else {
    step.after = trace.changed_weights();
  }
  step.E_after = E_with(trace.subject(), step.after);
  return step;
}

ExplainedSection step_section(const Trace& trace, const Step& step, const std::vector<Link>& links,
                              const Optimizer& rule, const ExplainOptions& options) {
  const Symbols symbols(trace.subject(), options.notation);
  const std::string name(training::name_of(rule));
  ExplainedSection section;
  section.title = "The step";
  if (trace.mistake() != Mistake::none) {
    section.words = {
        "Every weight is changed by (6), with the mistake: " + std::string(words_of(trace.mistake()).words) + "."};
    for (const Link& link : links) {
      section.lines.push_back(after_line(symbols, link, trace.w(link), step.after[link.position]));
      section.lines.back().words.clear();
    }
    add_errors(trace, step, symbols, options.check, section);
    return section;
  }
  section.words = {"One real step of the trainer on a copy of the network, in f64, with the rule " + name + "."};
  if (step.together)
    section.words.push_back(
        "This rule moves all weights together: (1) to (12) explain the slopes that it begins with, "
        "the step is its own.");
  for (std::size_t i = 0; i < links.size(); ++i)
    add_weight(symbols, links[i], step.moments[i], step.after[links[i].position], rule,
               is_trained(trace.subject(), links[i]), section);
  add_errors(trace, step, symbols, options.check, section);
  return section;
}

}  // namespace deltarule::explain
