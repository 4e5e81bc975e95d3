// Every equation of every trace is what derivatives of the plain forward pass say, whatever the wiring, the activations
// and the loss; and a classic mistake is found at the equation that it breaks.
#include "explain/proof/proof.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstdio>
#include <map>

#include "lessons.hpp"

namespace deltarule::explain {
namespace {

using testing::Dice;
using testing::Pair;

/// Counts per equation, and judges by tolerances of its own: 1e-12 for a complex step, 1e-7 for a central difference,
/// of the larger of 1, the slope and, for the latter, E.
class Judge {
 public:
  std::string place;
  void judge(int equation, double claimed, double E, const std::vector<Evidence>& all) {
    for (const Evidence& one : all) {
      const bool central = one.by == "central difference";
      const double size = std::max({1.0, std::fabs(claimed), central ? std::fabs(E) : 0.0});
      const double tolerance = (central ? 1e-7 : 1e-12) * size;
      ++counts_[static_cast<std::size_t>(equation)];
      EXPECT_LE(std::fabs(one.value - claimed), tolerance)
          << "(" << equation << ") by " << one.by << " in " << place << ": " << claimed << " and " << one.value;
      EXPECT_TRUE(one.agrees);
    }
  }
  [[nodiscard]] std::size_t count(int equation) const { return counts_[static_cast<std::size_t>(equation)]; }

 private:
  std::array<std::size_t, 13> counts_{};
};

void judge_units(const Subject& subject, const Trace& trace, Proof& proof, Judge& judge) {
  for (std::size_t l = 0; l < subject.graph.layers().size(); ++l)
    for (std::size_t j = 0; j < subject.graph.layers()[l].units; ++j) {
      const Unit unit{l + 1, j};
      judge.judge(4, trace.I(unit), 0, proof.at(4, unit));
      judge.judge(5, trace.delta(unit), trace.E(), proof.at(5, unit));
      judge.judge(7, derivation::equation_5_delta(0.0) + trace.delta_seen(unit), trace.E(), proof.at(7, unit));
      judge.judge(8, trace.f_prime(unit), 1, proof.at(8, unit));
      const bool output = is_output(subject, unit);
      judge.judge(output ? 9 : 11, trace.dE_da(unit), trace.E(), proof.at(output ? 9 : 11, unit));
      judge.judge(output ? 10 : 12, trace.delta_seen(unit), trace.E(), proof.at(output ? 10 : 12, unit));
      for (const Link& link : feeding(subject, unit)) {
        judge.judge(2, -trace.eta() * trace.slope(link), trace.E(), proof.at(2, link));
        judge.judge(3, trace.slope(link), trace.E(), proof.at(3, link));
        judge.judge(4, trace.carried(link), 1, proof.at(4, link));
        judge.judge(6, trace.change(link), trace.E(), proof.at(6, link));
      }
    }
}

TEST(Trace, IsWhatDerivativesOfTheForwardPassSayInEveryEquation) {
  Dice dice(20261125);
  Judge judge;
  std::map<std::pair<std::string, std::string>, std::size_t> covered;
  std::size_t networks = 0;
  const auto& activations = derivation::testing::kUnitActivations;
  for (const Pair& pair : derivation::testing::valid_pairs())
    for (int round = 0; round < 3; ++round) {
      const std::string& first = activations[networks % activations.size()];
      const Subject subject = testing::random_subject(dice, pair, dice.between(1, 3), first);
      const Trace trace(subject, 0.3);
      Proof proof(trace);
      judge.place = first + " … " + pair.activation + " with " + pair.loss;
      judge.judge(1, trace.E(), 0, proof.at(1, Unit{}));
      judge_units(subject, trace, proof, judge);
      ++networks;
      ++covered[{first, pair.loss}];
    }
  for (int equation = 1; equation <= 12; ++equation) {
    std::printf("  (%d) %zu comparisons\n", equation, judge.count(equation));
    EXPECT_GE(judge.count(equation), equation == 1 ? networks : 2000U) << equation;
  }
  EXPECT_EQ(networks, 3 * derivation::testing::valid_pairs().size());
  EXPECT_GE(networks, 500U);
}

TEST(Proof, OfEverythingHoldsAndCountsWhatItCompared) {
  Dice dice(5);
  for (const char* normalise : {"", "layer", "batch"})
    for (int round = 0; round < 20; ++round) {
      auto trial = derivation::testing::random_trial(dice, {"sigmoid", "half_squared_error"}, 2, "tanh", {normalise});
      ASSERT_TRUE(trial.ok());
      const Subject subject = testing::subject_of(*trial);
      const Trace trace(subject, 0.1);
      const ExplainedProof proof = Proof(trace).of_everything();
      EXPECT_EQ(proof.failed, 0U) << proof.first_failed << " at " << proof.first_about << " " << normalise;
      EXPECT_EQ(proof.first_failed, 0);
      EXPECT_GE(proof.compared, 50U);
    }
}

/// One in which the mistake can be seen. Where it cannot: a matrix with one row or column looks the same transposed, a
/// bias of 0 may be forgotten, f′ of an identity unit is 1, f′ of relu is the same at a and at I, a unit whose
/// activation is that of its sender has no wrong index, an output that is right has no sign. So: two units at least in
/// every layer, biases and targets drawn at random, smooth units that are not linear.
Subject where_it_shows(Dice& dice, Mistake mistake, int round) {
  const std::vector<std::string> smooth = {"sigmoid", "tanh", "softsign", "gelu", "sin", "swish"};
  std::vector<std::size_t> widths;
  const std::size_t layers = dice.between(3, 5);
  for (std::size_t l = 0; l < layers; ++l) widths.push_back(dice.between(2, 5));
  const std::string hidden = dice.one_of(smooth), output = dice.one_of(smooth);
  const bool other_loss = mistake != Mistake::missing_half && round % 3 == 0;
  return testing::layered(dice, widths, hidden, other_loss ? "sigmoid" : output,
                          other_loss ? "binary_cross_entropy" : "half_squared_error");
}

TEST(Mistake, IsCaughtAndTheFirstEquationNamedIsTheOneThatItBreaks) {
  ASSERT_EQ(mistakes().size(), 8U);
  std::size_t caught = 0;
  for (const MistakeInWords& one : mistakes()) {
    Dice dice(100 + static_cast<std::uint64_t>(one.mistake));
    for (int round = 0; round < 100; ++round) {
      const Subject subject = where_it_shows(dice, one.mistake, round);
      ASSERT_TRUE(check_mistake(subject, one.mistake).ok());
      const Trace trace(subject, 0.5, one.mistake);
      const ExplainedProof proof = Proof(trace).of_everything();
      EXPECT_GT(proof.failed, 0U) << one.name << " round " << round;
      EXPECT_EQ(proof.first_failed, broken_equation(subject, one.mistake))
          << one.name << " round " << round << " at " << proof.first_about;
      caught += proof.failed > 0 ? 1 : 0;
    }
  }
  EXPECT_EQ(caught, 800U);
}

TEST(Mistake, EachEquationBreaksUnderTheMistakeThatIsItsOwn) {
  Dice dice(9);
  const Subject subject = testing::layered(dice, {3, 4, 2}, "tanh", "sigmoid", "half_squared_error");
  const std::map<Mistake, int> expected = {
      {Mistake::sign, 9},        {Mistake::transpose, 11},       {Mistake::no_derivative, 10},
      {Mistake::forgot_bias, 4}, {Mistake::updated_weights, 12}, {Mistake::derivative_of_output, 8},
      {Mistake::wrong_index, 6}, {Mistake::missing_half, 1}};
  for (const auto& [mistake, equation] : expected) EXPECT_EQ(broken_equation(subject, mistake), equation);
  const Subject cancelling = testing::layered(dice, {3, 4, 2}, "tanh", "sigmoid", "binary_cross_entropy");
  EXPECT_EQ(broken_equation(cancelling, Mistake::no_derivative), 12);
}

TEST(Mistake, IsRefusedWhereItCannotBeMade) {
  Dice dice(10);
  const Subject subject = testing::layered(dice, {2, 3, 2}, "tanh", "sigmoid", "binary_cross_entropy");
  const auto possible = check_mistake(subject, Mistake::missing_half);
  ASSERT_FALSE(possible.ok());
  EXPECT_NE(possible.error().message().find("has no ½"), std::string::npos);
  auto trial = derivation::testing::random_trial(dice, {"sigmoid", "half_squared_error"}, 1, "tanh", {"layer"});
  ASSERT_TRUE(trial.ok());
  EXPECT_FALSE(check_mistake(testing::subject_of(*trial), Mistake::sign).ok());
}

TEST(Mistake, WithUpdatedWeightsGivesTheErrorThatMazurPrints) {
  const auto lesson = demo("mazur", 0);
  ASSERT_TRUE(lesson.ok());
  const auto E_after = [&](Mistake mistake) {
    const Trace trace(lesson->subject, 0.5, mistake);
    return derivation::reference_error<double>(lesson->subject.graph, lesson->subject.resolved, trace.changed_weights(),
                                               lesson->subject.x, lesson->subject.t);
  };
  EXPECT_NEAR(E_after(Mistake::none), 0.291027773693599, 5e-16);
  EXPECT_NEAR(E_after(Mistake::updated_weights), 0.291027923905, 5e-13);
}

TEST(DigitsOfAgreement, AreThoseThatTwoNumbersShare) {
  EXPECT_EQ(digits_of_agreement(0.5, 0.5), 17.0);
  EXPECT_EQ(digits_of_agreement(0.0, 0.0), 17.0);
  EXPECT_NEAR(digits_of_agreement(1.0, 1.001), 3.0, 0.01);
  EXPECT_EQ(digits_of_agreement(1.0, -1.0), 0.0);
  EXPECT_EQ(digits_of_agreement(std::nan(""), 1.0), 0.0);
}

}  // namespace
}  // namespace deltarule::explain
