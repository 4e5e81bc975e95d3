// The proof of the twelve equations: on random networks of every wiring, every partial derivative that they name is the
// complex-step derivative of the forward pass, and the central difference. Says nothing about speed or other passes.
//
// A complex step of 1e-100 has no truncation error, so its tolerance is rounding alone: 1e-12 relative, 1e-12 absolute,
// which is 4500 epsilon for sums of some dozens of terms near 1. A central difference over ±h errs by h²/6 E‴ and
// epsilon |E| / h; with h = 5e-6 both are far below 1e-7.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <sstream>

#include "derivation/reference.hpp"
#include "random_networks.hpp"
#include "tally.hpp"

namespace deltarule::derivation {
namespace {

using testing::Dice;
using testing::Pair;
using testing::Partial;
using testing::Tally;
using testing::Trial;

constexpr double kComplexStep = 1e-100;
constexpr double kStep = 5e-6;

std::string describe(const Trial& trial) {
  std::ostringstream text;
  text << trial.graph.inputs() << " inputs";
  for (const base::Layer& layer : trial.graph.layers()) {
    text << " | " << layer.units << " " << layer.activation << (layer.bias ? "" : " no bias") << " from";
    for (const base::Block& block : layer.blocks) text << " " << block.source << (block.mask.empty() ? "" : "m");
  }
  text << " | " << trial.graph.spec().loss;
  return text.str();
}

template <class T>
using Forward = ReferencePass<T>;

/// One number of the forward pass that is changed: a weight, an input, or a unit's I or a.
struct Change {
  enum class Of { weight, input, net_input, activation } of;
  std::size_t layer = 0, index = 0;
};

/// The forward pass with one number changed by `amount`.
template <class T>
Forward<T> forward_with(const Trial& trial, const Change& change, T amount) {
  std::vector<T> w(trial.w.begin(), trial.w.end()), x(trial.x.begin(), trial.x.end());
  Nudge<T> nudge;
  switch (change.of) {
    case Change::Of::weight:
      w[change.index] += amount;
      break;
    case Change::Of::input:
      x[change.index] += amount;
      break;
    case Change::Of::net_input:
      nudge = {Nudge<T>::What::net_input, change.layer, change.index, amount};
      break;
    case Change::Of::activation:
      nudge = {Nudge<T>::What::activation, change.layer, change.index, amount};
      break;
  }
  Factors<T> factors;
  for (const auto& layer : trial.factors) factors.emplace_back(layer.begin(), layer.end());
  return reference_forward<T>(trial.graph, trial.resolved, w, x, nudge, factors);
}

/// One output's share of the losses from net inputs as functions of the activation, by their definitions, which the
/// engine never evaluates: −t ln a …, t ln(t/a) − (t − a), (t − a)/a − ln(t/a).
template <class T>
T share_of_activation(base::LossKind kind, T a, double t) {
  const T log_ratio = t == 0 ? number<T>(0.0) : log(number<T>(t) / a), d = number<T>(t) - a;
  switch (kind) {
    case base::LossKind::binary_cross_entropy:
      return -number<T>(t) * log(a) - number<T>(1.0 - t) * log(number<T>(1.0) - a);
    case base::LossKind::poisson_deviance:
      return number<T>(t) * log_ratio - d;
    case base::LossKind::gamma_deviance:
      return d / a - log_ratio;
    default:
      return -number<T>(t) * log(a);
  }
}

template <class T>
T error_of_activations(base::LossKind kind, const std::vector<T>& a, const std::vector<double>& t) {
  T E = number<T>(0.0);
  for (std::size_t k = 0; k < a.size(); ++k) E += share_of_activation(kind, a[k], t[k]);
  return E;
}

template <class T>
T error_of(const Trial& trial, const Forward<T>& pass, const Change& change) {
  const auto& last = pass.layers.back();
  const bool output_changed = change.of == Change::Of::activation && change.layer + 1 == pass.layers.size();
  if (output_changed && is_from_net_inputs(trial.resolved.loss))
    return error_of_activations(trial.resolved.loss.kind, last.a, trial.t);
  const std::vector<T> t(trial.t.begin(), trial.t.end());
  return loss<T>(trial.resolved.loss, trial.resolved.activations.back(), last.y, last.a, t);
}

/// Where an activation or its derivative has a corner. A corner of the derivative alone (elu, softsign) also spoils a
/// central difference: its error is then of the order of h, not h².
std::vector<double> corners_of(const Activation& f) {
  using Kind = base::ActivationKind;
  switch (f.kind) {
    case Kind::relu:
    case Kind::leaky_relu:
    case Kind::elu:
    case Kind::selu:
    case Kind::softsign:
      return {0.0};
    case Kind::hard_tanh:
      return {-1.0, 1.0};
    default:
      return {};
  }
}

/// Corners of a loss as a function of a − t.
std::vector<double> corners_of(const Loss& loss) {
  if (loss.kind == base::LossKind::absolute_error || loss.kind == base::LossKind::pinball) return {0.0};
  if (loss.kind == base::LossKind::huber) return {-loss.parameter, loss.parameter};
  return {};
}

bool on_two_sides(double one, double other, const std::vector<double>& corners) {
  for (const double corner : corners)
    if (sign(one - corner) != sign(other - corner)) return true;
  return false;
}

/// True when the change takes any unit, or any output's deviation, across a corner.
bool crosses_corner(const Trial& trial, const Forward<double>& low, const Forward<double>& high) {
  for (std::size_t l = 0; l < low.layers.size(); ++l)
    for (std::size_t j = 0; j < low.layers[l].y.size(); ++j)
      if (on_two_sides(low.layers[l].y[j], high.layers[l].y[j], corners_of(trial.resolved.activations[l]))) return true;
  for (std::size_t k = 0; k < trial.t.size(); ++k)
    if (on_two_sides(low.outputs()[k] - trial.t[k], high.outputs()[k] - trial.t[k], corners_of(trial.resolved.loss)))
      return true;
  return false;
}

/// True when a unit further up sits exactly on a corner and the change moves it: E has no derivative by that number,
/// and the side that the complex step takes is decided by a square of the step. (A unit on its own corner is compared:
/// there f′ is defined, and the step takes the same side.)
bool decided_by_a_square(const Trial& trial, const Forward<Complex>& pass) {
  for (std::size_t l = 0; l < pass.layers.size(); ++l)
    for (const Complex& I : pass.layers[l].y)
      for (const double corner : corners_of(trial.resolved.activations[l])) {
        const double beside = std::fabs(I.real() - corner);
        if (beside > 0 && beside < kComplexStep) return true;
      }
  return false;
}

/// The forward pass with one number changed in the three ways that derivatives are taken from.
struct Stepped {
  Forward<Complex> along;
  Forward<double> low, high;
  bool at_corner = false;
};

Stepped step(const Trial& trial, const Change& change) {
  Stepped s{forward_with<Complex>(trial, change, Complex(0, kComplexStep)), forward_with<double>(trial, change, -kStep),
            forward_with<double>(trial, change, kStep), false};
  s.at_corner = crosses_corner(trial, s.low, s.high);
  return s;
}

/// E by one number, both ways.
void check_E(const Trial& trial, Partial what, const Change& change, const Stepped& s, double got, Tally& tally) {
  if (s.at_corner) tally.kink();
  if (!decided_by_a_square(trial, s.along))
    tally.complex_step(what, got, error_of(trial, s.along, change).imag() / kComplexStep);
  if (s.at_corner) return;
  const double low = error_of(trial, s.low, change), high = error_of(trial, s.high, change);
  tally.central(what, got, (high - low) / (2 * kStep), high);
}

/// One number inside a layer by the number that was changed, both ways. `of` reads it from a layer.
template <class Of>
void check_inner(Partial what, const Stepped& s, std::size_t layer, double got, const Of& of, Tally& tally) {
  tally.complex_step(what, got, of(s.along.layers[layer]).imag() / kComplexStep);
  if (s.at_corner) return;
  const double low = of(s.low.layers[layer]), high = of(s.high.layers[layer]);
  tally.central(what, got, (high - low) / (2 * kStep), high);
}

/// (3), (6) and the consequence of (4), for every weight and bias that exists.
void check_weights(const Trial& trial, const ReferencePass<double>& pass, Tally& tally) {
  for (std::size_t l = 0; l < trial.graph.layers().size(); ++l) {
    const base::Layer& layer = trial.graph.layers()[l];
    const auto one = [&](std::size_t index, std::size_t unit, double a_i) {
      const Change change{Change::Of::weight, l, index};
      const Stepped s = step(trial, change);
      check_E(trial, testing::kEByW, change, s, pass.slopes[index], tally);
      check_inner(testing::kIByW, s, l, equation_4_dI_dw(a_i), [unit](const auto& at) { return at.I[unit]; }, tally);
    };
    for (const base::Block& block : layer.blocks)
      for (std::size_t j = 0; j < layer.units; ++j)
        for (std::size_t i = 0; i < block.sending; ++i)
          if (block.connected(j, i))
            one(block.first_weight + j * block.sending + i, j, pass.activations(block.source)[i]);
    for (std::size_t j = 0; layer.bias && j < layer.units; ++j) one(layer.first_bias + j, j, 1.0);
  }
}

/// (5) with (10) or (12), (8), and (9) or (11), for every unit.
void check_units(const Trial& trial, const ReferencePass<double>& pass, Tally& tally) {
  for (std::size_t l = 0; l < pass.layers.size(); ++l)
    for (std::size_t j = 0; j < pass.layers[l].I.size(); ++j) {
      const auto& layer = pass.layers[l];
      const Change by_I{Change::Of::net_input, l, j}, by_a{Change::Of::activation, l, j};
      const Stepped s = step(trial, by_I);
      check_E(trial, testing::kEByI, by_I, s, equation_5_dE_dI(layer.delta[j]), tally);
      check_inner(testing::kAByI, s, l, layer.f_prime[j], [j](const auto& at) { return at.a[j]; }, tally);
      check_E(trial, testing::kEByA, by_a, step(trial, by_a), layer.dE_da[j], tally);
    }
}

void check_network(const Trial& trial, Tally& tally) {
  const auto pass = reference_pass<double>(trial.graph, trial.resolved, trial.w, trial.x, trial.t, trial.factors);
  tally.place = describe(trial);
  check_weights(trial, pass, tally);
  check_units(trial, pass, tally);
  for (std::size_t i = 0; i < trial.x.size(); ++i)
    check_E(trial, testing::kEByX, {Change::Of::input, 0, i}, step(trial, {Change::Of::input, 0, i}), pass.dE_dx[i],
            tally);
}

/// How many comparisons went through units of each activation under each loss.
using Coverage = std::map<std::pair<base::ActivationKind, base::LossKind>, std::size_t>;

void count_coverage(const Trial& trial, std::size_t comparisons, Coverage& coverage) {
  for (const Activation& f : trial.resolved.activations) coverage[{f.kind, trial.resolved.loss.kind}] += comparisons;
}

/// Every unit activation under every loss, as hidden units at least; softmax under every loss that does not have its
/// own output units.
void expect_full(const Coverage& coverage) {
  using Act = base::ActivationKind;
  using Err = base::LossKind;
  for (int a = 0; a <= static_cast<int>(Act::softmax); ++a)
    for (int e = 0; e <= static_cast<int>(Err::output_sum); ++e) {
      const auto key = std::pair(static_cast<Act>(a), static_cast<Err>(e));
      const bool own_output = key.second == Err::binary_cross_entropy || key.second == Err::poisson_deviance ||
                              key.second == Err::gamma_deviance;
      if (key.first == Act::softmax && own_output) continue;
      const auto found = coverage.find(key);
      EXPECT_TRUE(found != coverage.end() && found->second >= 50) << "activation " << a << " with loss " << e;
    }
}

TEST(PartialDerivatives, EveryOneNamedByTheEquationsIsTheComplexStepAndTheCentralDifference) {
  Dice dice(20260101);
  Tally tally;
  Coverage coverage;
  std::size_t networks = 0, skips = 0, no_bias = 0, masked = 0;
  const std::size_t kinds = testing::kUnitActivations.size();
  for (const Pair& pair : testing::valid_pairs())
    for (std::size_t round = 0; round <= kinds; ++round) {
      // Each activation once as the first hidden layer; the last round has no hidden layer.
      const std::size_t hidden = round == kinds ? 0 : dice.between(1, 3);
      auto trial = testing::random_trial(dice, pair, hidden, testing::kUnitActivations[round % kinds]);
      ASSERT_TRUE(trial.ok()) << trial.error().message();
      const std::size_t before = tally.compared();
      check_network(*trial, tally);
      count_coverage(*trial, tally.compared() - before, coverage);
      ++networks;
      skips += trial->skips ? 1 : 0;
      no_bias += trial->lacks_bias ? 1 : 0;
      masked += trial->masked ? 1 : 0;
    }
  std::printf("  %zu networks (%zu with skip connections, %zu with a layer without bias, %zu masked)\n", networks,
              skips, no_bias, masked);
  tally.print();
  EXPECT_GE(networks, 1000U);
  EXPECT_GE(std::min({skips, no_bias, masked}), 300U);
  for (std::size_t what = 0; what < testing::kPartials; ++what) {
    EXPECT_GE(tally.complex_count(static_cast<Partial>(what)), 4000U) << testing::kPartialNames[what];
    EXPECT_GE(tally.central_count(static_cast<Partial>(what)), 4000U) << testing::kPartialNames[what];
  }
  EXPECT_LE(tally.kinks() * 100, tally.compared()) << "too many comparisons skipped at kinks";
  expect_full(coverage);
}

TEST(PartialDerivatives, AreThoseOfTheMaskedPassUnderFactorsOfActivations) {
  Dice dice(20260102);
  Tally tally;
  std::size_t factors = 0, zeros = 0;
  for (const Pair& pair : testing::valid_pairs()) {
    const auto activation = dice.one_of(testing::kUnitActivations);  // one draw after the other on every compiler
    const auto layers = dice.between(1, 3);
    auto trial = testing::random_trial(dice, pair, layers, activation);
    ASSERT_TRUE(trial.ok()) << trial.error().message();
    testing::draw_factors(dice, *trial);
    for (const auto& layer : trial->factors)
      for (const double factor : layer) {
        ++factors;
        zeros += factor == 0 ? 1 : 0;
      }
    check_network(*trial, tally);
  }
  EXPECT_GE(zeros, 50U);
  EXPECT_GE(factors, 3 * zeros / 2);
  for (std::size_t what = 0; what < testing::kPartials; ++what)
    EXPECT_GE(tally.complex_count(static_cast<Partial>(what)), 200U) << testing::kPartialNames[what];
}

TEST(PartialDerivatives, MaskedWeightsHaveSlopeZeroAndAreNotRead) {
  Dice dice(7);
  std::size_t masked = 0;
  for (int round = 0; round < 50; ++round) {
    auto trial = testing::random_trial(dice, {"tanh", "half_squared_error"}, 2, "sigmoid");
    ASSERT_TRUE(trial.ok());
    const auto pass = reference_pass<double>(trial->graph, trial->resolved, trial->w, trial->x, trial->t);
    for (const base::Layer& layer : trial->graph.layers())
      for (const base::Block& block : layer.blocks)
        for (std::size_t k = 0; k < block.mask.size(); ++k) {
          if (block.mask[k] != 0) continue;
          EXPECT_EQ(pass.slopes[block.first_weight + k], 0.0);
          trial->w[block.first_weight + k] = std::nan("");
          ++masked;
        }
    const auto again = reference_pass<double>(trial->graph, trial->resolved, trial->w, trial->x, trial->t);
    EXPECT_EQ(pass.slopes, again.slopes);
    EXPECT_EQ(pass.E, again.E);
  }
  EXPECT_GE(masked, 100U);
}

TEST(PartialDerivatives, SlopesGivenByTheCallerReachTheInputs) {
  Dice dice(11);
  std::size_t compared = 0;
  for (int round = 0; round < 120; ++round) {
    auto trial = testing::random_trial(dice, {round % 2 == 0 ? "softmax" : "tanh", "output_sum"}, 2, "gelu");
    ASSERT_TRUE(trial.ok());
    std::vector<double> given;
    for (std::size_t k = 0; k < trial->graph.outputs(); ++k) given.push_back(dice.uniform(-2, 2));
    const auto pass = reference_pass_from_slopes<double>(trial->graph, trial->resolved, trial->w, trial->x, given);
    for (std::size_t i = 0; i < trial->x.size(); ++i, ++compared) {
      // The error whose slopes are `given` is Σ given · a.
      const auto stepped = forward_with<Complex>(*trial, {Change::Of::input, 0, i}, Complex(0, kComplexStep));
      double expected = 0;
      for (std::size_t k = 0; k < given.size(); ++k) expected += given[k] * stepped.outputs()[k].imag() / kComplexStep;
      EXPECT_NEAR(pass.dE_dx[i], expected, std::max(1e-12, 1e-12 * std::fabs(expected)));
    }
  }
  EXPECT_GE(compared, 120U);
}

TEST(PartialDerivatives, SlopesAMinusTAreHalfTheSquaredErrorToTheBit) {
  Dice dice(13);
  for (int round = 0; round < 60; ++round) {
    auto trial =
        testing::random_trial(dice, {dice.one_of(testing::kUnitActivations), "half_squared_error"}, 2, "swish");
    ASSERT_TRUE(trial.ok());
    const auto by_loss = reference_pass<double>(trial->graph, trial->resolved, trial->w, trial->x, trial->t);
    std::vector<double> given;
    for (std::size_t k = 0; k < trial->t.size(); ++k) given.push_back(by_loss.outputs()[k] - trial->t[k]);
    const auto by_slopes = reference_pass_from_slopes<double>(trial->graph, trial->resolved, trial->w, trial->x, given);
    EXPECT_EQ(by_loss.slopes, by_slopes.slopes);
    EXPECT_EQ(by_loss.dE_dx, by_slopes.dE_dx);
  }
}

/// The largest |x − y| over the slopes, and the largest slope.
template <class T>
std::pair<double, double> distance(const ReferencePass<double>& one, const ReferencePass<T>& other) {
  double apart = 0, size = 1;
  for (std::size_t k = 0; k < one.slopes.size(); ++k) {
    apart = std::max(apart, std::fabs(one.slopes[k] - static_cast<double>(other.slopes[k])));
    size = std::max(size, std::fabs(one.slopes[k]));
  }
  return {apart, size};
}

template <class T>
ReferencePass<T> pass_in(const Trial& trial) {
  const std::vector<T> w(trial.w.begin(), trial.w.end()), x(trial.x.begin(), trial.x.end()),
      t(trial.t.begin(), trial.t.end());
  return reference_pass<T>(trial.graph, trial.resolved, w, x, t);
}

TEST(PartialDerivatives, EveryNumberTypeGivesTheSameSlopes) {
  // Smooth activations only: a rounded net input may fall on the other side of a kink.
  Dice dice(17);
  const std::vector<std::string> smooth = {"sigmoid", "tanh",     "scaled_tanh", "gelu",
                                           "swish",   "softplus", "gaussian",    "sin"};
  std::size_t compared = 0;
  for (int round = 0; round < 80; ++round) {
    auto trial = testing::random_trial(dice, {dice.one_of(smooth), "half_squared_error"}, 1, dice.one_of(smooth));
    ASSERT_TRUE(trial.ok());
    std::vector<float> rounded(trial->w.begin(), trial->w.end());
    trial->w.assign(rounded.begin(), rounded.end());
    const auto in_double = pass_in<double>(*trial);
    // Some 100 roundings along the longest path, base::kMathUlp for each elementary function.
    const auto [float_apart, float_size] = distance(in_double, pass_in<float>(*trial));
    EXPECT_LE(float_apart, 500 * 0x1p-24 * float_size);
    const auto [long_apart, long_size] = distance(in_double, pass_in<long double>(*trial));
    EXPECT_LE(long_apart, 500 * 0x1p-53 * long_size);
    compared += in_double.slopes.size();
  }
  EXPECT_GE(compared, 500U);
}

}  // namespace
}  // namespace deltarule::derivation
