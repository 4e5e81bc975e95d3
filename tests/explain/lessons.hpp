// What the tests of explain share: random networks as subjects, and the sums that a page shows.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "derivation/random_networks.hpp"
#include "explain/explain.hpp"
#include "explain/trace/subject.hpp"

namespace deltarule::explain::testing {

using derivation::testing::Dice;
using derivation::testing::Pair;
using derivation::testing::Trial;

inline Subject subject_of(const Trial& trial) {
  auto subject = make_subject(trial.graph.spec(), trial.w, trial.x, trial.t);
  if (!subject) ADD_FAILURE() << subject.error().message();
  return *std::move(subject);
}

inline Subject random_subject(Dice& dice, const Pair& output, std::size_t hidden, const std::string& first) {
  auto trial = derivation::testing::random_trial(dice, output, hidden, first);
  if (!trial) ADD_FAILURE() << trial.error().message();
  return subject_of(*trial);
}

inline Lesson lesson_of(Subject subject, const Optimizer& rule = DeltaRule{0.5}) {
  Lesson lesson{std::move(subject)};
  lesson.trainer.optimizer = rule;
  lesson.title = "a test";
  lesson.earlier_x = {lesson.subject.x};
  lesson.earlier_t = {lesson.subject.t};
  return lesson;
}

inline Explanation explained(const Lesson& lesson, const ExplainOptions& options = {}) {
  auto explanation = explain(lesson, options);
  if (!explanation) ADD_FAILURE() << explanation.error().message();
  return *std::move(explanation);
}

inline std::vector<ExplainedLine> lines_of(const Explanation& explanation) {
  std::vector<ExplainedLine> lines;
  for (const ExplainedSection& section : explanation.sections)
    lines.insert(lines.end(), section.lines.begin(), section.lines.end());
  return lines;
}

/// Layers of such widths, fed by the one before.
inline Subject layered(Dice& dice, const std::vector<std::size_t>& widths, const std::string& activation,
                       const std::string& output, const std::string& loss) {
  NetworkSpec spec;
  spec.inputs = widths.front();
  for (std::size_t l = 1; l < widths.size(); ++l) {
    LayerSpec layer;
    layer.units = widths[l];
    layer.activation = l + 1 == widths.size() ? output : activation;
    spec.layers.push_back(layer);
  }
  spec.loss = loss;
  std::vector<double> w, x, t;
  for (std::size_t l = 1; l < widths.size(); ++l)
    for (std::size_t k = 0; k < widths[l] * (widths[l - 1] + 1); ++k) w.push_back(dice.uniform(-1, 1));
  for (std::size_t i = 0; i < widths.front(); ++i) x.push_back(dice.uniform(-2, 2));
  for (std::size_t k = 0; k < widths.back(); ++k) t.push_back(dice.uniform(0.05, 0.95));
  auto subject = make_subject(spec, std::move(w), std::move(x), std::move(t));
  if (!subject) ADD_FAILURE() << subject.error().message();
  return *std::move(subject);
}

}  // namespace deltarule::explain::testing
