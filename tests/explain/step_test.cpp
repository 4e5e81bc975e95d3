// The step that is explained is the step that is trained, for every rule of the registry, and the parts of the rule add
// up to it.
#include "explain/step/step.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <map>
#include <set>

#include "lessons.hpp"
#include "training/every_rule.hpp"
#include "training/support.hpp"
#include "training/updates/registry.hpp"

namespace deltarule::explain {
namespace {

using testing::Dice;

Lesson small_lesson(const Optimizer& rule, double l2 = 0.0) {
  Dice dice(3);
  Lesson lesson = testing::lesson_of(testing::layered(dice, {3, 4, 2}, "tanh", "sigmoid", "half_squared_error"), rule);
  lesson.trainer.l2 = l2;
  return lesson;
}

/// The weights after `steps` steps of a trainer of our own.
std::vector<double> trained(const Lesson& lesson, std::size_t steps) {
  auto network = network::Network<double>::create(lesson.subject.graph.spec());
  EXPECT_TRUE(network->set_weights(lesson.subject.w).ok());
  auto trainer = training::Trainer<double>::create(*network, lesson.trainer);
  EXPECT_TRUE(trainer.ok());
  const training::testing::ArraySource<double> source(lesson.subject.x, lesson.subject.x.size(), lesson.subject.t,
                                                      lesson.subject.t.size());
  const std::array<std::uint32_t, 1> first{0};
  for (std::size_t k = 0; k < steps; ++k) EXPECT_TRUE(trainer->step(source, first).ok());
  return network->weights();
}

std::vector<Link> all_links(const Subject& subject) {
  std::vector<Link> links;
  for (std::size_t l = 0; l < subject.graph.layers().size(); ++l)
    for (std::size_t j = 0; j < subject.graph.layers()[l].units; ++j)
      for (const Link& link : feeding(subject, {l + 1, j})) links.push_back(link);
  return links;
}

TEST(Step, IsThatOfTheTrainerToTheBitUnderEveryRule) {
  std::size_t rules = 0, weights = 0;
  for (const Optimizer& rule : training::testing::every_rule())
    for (const std::size_t before : {std::size_t{0}, std::size_t{3}}) {
      const Lesson lesson = small_lesson(rule);
      Subject subject = lesson.subject;
      auto learner = Learner::create(subject, lesson.trainer);
      ASSERT_TRUE(learner.ok());
      for (std::size_t k = 0; k < before; ++k) ASSERT_TRUE(learner->learn(subject.x, subject.t).ok());
      subject.w = learner->weights();
      const Trace trace(subject, 0.1);
      const auto step = make_step(trace, *learner, all_links(subject));
      ASSERT_TRUE(step.ok()) << step.error().message();
      EXPECT_EQ(step->after, trained(lesson, before + 1)) << training::name_of(rule);
      EXPECT_NE(step->after, subject.w) << training::name_of(rule);
      weights += step->after.size();
      ++rules;
    }
  EXPECT_EQ(rules, 2 * training::update_rules().size());
  EXPECT_GE(weights, 100U);
}

TEST(Step, IsTheSumOfThePartsOfItsRuleToTwelveDigits) {
  std::size_t compared = 0;
  for (const Optimizer& rule : training::testing::every_rule())
    for (const double l2 : {0.0, 0.01})
      for (const std::size_t before : {std::size_t{0}, std::size_t{1}, std::size_t{4}, std::size_t{12}}) {
        if (training::entry_of(rule).together) continue;
        const Lesson lesson = small_lesson(rule, l2);
        Subject subject = lesson.subject;
        auto learner = Learner::create(subject, lesson.trainer);
        ASSERT_TRUE(learner.ok());
        for (std::size_t k = 0; k < before; ++k) ASSERT_TRUE(learner->learn(subject.x, subject.t).ok());
        subject.w = learner->weights();
        const Trace trace(subject, 0.1);
        const std::vector<Link> links = all_links(subject);
        const auto step = make_step(trace, *learner, links);
        ASSERT_TRUE(step.ok());
        for (std::size_t i = 0; i < links.size(); ++i, ++compared) {
          const double derived = subject.w[links[i].position] + change_of(rule_parts(rule, step->moments[i]));
          EXPECT_NEAR(derived, step->after[links[i].position], 1e-12 * std::max(1e-3, std::fabs(derived)))
              << training::name_of(rule) << " after " << before << " steps, l2 " << l2;
        }
      }
  EXPECT_GE(compared, 14U * 8 * 26);
}

TEST(RuleParts, NameGradientMomentumScaleAndDecayWhereTheRuleHasThem) {
  const std::map<std::string, std::set<std::string>> expected = {
      {"delta-rule", {"gradient", "decay"}},
      {"momentum", {"momentum", "gradient", "decay"}},
      {"nesterov", {"momentum", "gradient", "decay"}},
      {"adam", {"adaptive scale", "momentum", "gradient", "decay"}},
      {"adamw", {"adaptive scale", "momentum", "gradient", "decay"}},
      {"rmsprop", {"adaptive scale", "gradient", "decay"}},
      {"adagrad", {"adaptive scale", "gradient", "decay"}},
      {"adadelta", {"adaptive scale", "gradient", "decay"}},
      {"lion", {"gradient in the sign", "momentum in the sign", "sign", "decay"}},
      {"rprop-", {"step size", "sign of the gradient"}},
      {"rprop+", {"step size", "sign of the gradient"}},
      {"irprop-", {"step size", "sign of the gradient"}},
      {"irprop+", {"step size", "sign of the gradient"}},
      {"quickprop", {"gradient", "decay"}},
      {"scg", {}},
      {"lbfgs", {}},
      {"lm", {}}};
  ASSERT_EQ(expected.size(), training::update_rules().size());
  for (const Optimizer& rule : training::testing::every_rule()) {
    WeightMoment moment{.w = 0.5, .gradient = 0.25, .l2_slope = 0.125, .memory = {0.0, 0.0}, .step = 1};
    if (training::entry_of(rule).full_batch)
      moment.memory = {0.0, training::entry_of(rule).name == "quickprop" ? 0 : .1};
    std::set<std::string> names;
    for (const RulePart& part : rule_parts(rule, moment)) names.insert(part.name);
    EXPECT_EQ(names, expected.at(std::string(training::name_of(rule)))) << training::name_of(rule);
  }
}

TEST(Step, LeavesBiasesThatAreNotTrained) {
  const auto lesson = demo("mazur", 0);
  ASSERT_TRUE(lesson.ok());
  ExplainOptions options;
  options.step = true;
  options.weight = "1:y1";
  const Explanation explanation = testing::explained(*lesson, options);
  bool said = false;
  for (const ExplainedLine& line : testing::lines_of(explanation))
    if (line.words.find("not trained") != std::string::npos) {
      said = true;
      EXPECT_EQ(line.value, 0.6);
    }
  EXPECT_TRUE(said);
}

TEST(Engine, AgreesWithTheTraceToTheDigitsOfItsPrecision) {
  Dice dice(7);
  for (int round = 0; round < 20; ++round) {
    const Subject subject = testing::layered(dice, {20, 30, 10}, "tanh", "softmax", "softmax_cross_entropy");
    const Trace trace(subject, 0.1);
    const auto f64 = beside_the_engine(trace, false), f32 = beside_the_engine(trace, true);
    ASSERT_TRUE(f64.ok());
    ASSERT_TRUE(f32.ok());
    EXPECT_GE(f64->digits_of_activations, 14);
    EXPECT_GE(f64->digits_of_deltas, 13);
    EXPECT_GE(f32->digits_of_activations, 5.5);
    EXPECT_LE(f32->digits_of_activations, 12);
    EXPECT_GE(f32->digits_of_deltas, 4.5);
  }
}

}  // namespace
}  // namespace deltarule::explain
