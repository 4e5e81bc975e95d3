// Activations and losses one by one: against tables of exact values, in their tails, at their kinks, in their ranges.
// Their derivatives inside networks are the matter of partial_derivatives_test.cpp.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/math.hpp"
#include "derivation/entries.hpp"
#include "derivation/loss_functions.hpp"

namespace deltarule::derivation {
namespace {

using nlohmann::json;
using Numbers = std::vector<double>;

json table(const std::string& name) {
  std::ifstream file(std::string(DELTARULE_SOURCE_DIR) + "/tests/cases/" + name);
  EXPECT_TRUE(file.good()) << name;
  return json::parse(file);
}

Activation activation(const std::string& name) {
  auto found = find_activation(name);
  EXPECT_TRUE(found.ok()) << name;
  return found ? *std::move(found) : Activation{};
}
Loss loss_named(const std::string& name) {
  auto found = find_loss(name);
  EXPECT_TRUE(found.ok()) << name;
  return found ? *std::move(found) : Loss{};
}

/// Every activation of single units, some with a parameter.
std::vector<Activation> unit_activations() {
  std::vector<Activation> all = {activation("leaky_relu(0.2)"), activation("elu(0.7)")};
  for (const ActivationEntry& entry : activation_entries())
    if (entry.kind != base::ActivationKind::softmax) all.push_back(activation(std::string(entry.name)));
  return all;
}

TEST(Formulas, ActivationsAndDerivativesAreThoseOfTheTable) {
  // The table has 15 digits; our elementary functions add a few ulp, and their arguments are rounded: |I| up to 745
  // times 2^-53 relative in an exponential. 1e-300 and below may come out as 0.
  const json data = table("activation-table.json");
  std::size_t compared = 0;
  for (const auto& [name, columns] : data["functions"].items()) {
    const Activation f = activation(name);
    for (std::size_t r = 0; r < data["x"].size(); ++r) {
      const double I = data["x"][r], a = columns["f"][r], slope = columns["derivative"][r];
      EXPECT_NEAR(activate(f, I), a, 1e-15 + 1e-12 * std::fabs(a)) << name << " at " << I;
      EXPECT_NEAR(derivative(f, I), slope, 1e-15 + 1e-12 * std::fabs(slope)) << name << "' at " << I;
      compared += 2;
    }
  }
  EXPECT_GE(compared, 400U);
}

TEST(Formulas, SaturatedDerivativesKeepTheirDigits) {
  const auto relative = [](double got, double expected) { return std::fabs(got / expected - 1); };
  EXPECT_LE(relative(derivative(activation("sigmoid"), 40.0), 4.24835425529159e-18), 1e-13);
  EXPECT_LE(relative(derivative(activation("tanh"), -20.0), 1.69934170211664e-17), 1e-13);
  EXPECT_LE(relative(derivative(activation("scaled_tanh"), 40.0), 3.14838865181643e-23), 1e-13);
}

TEST(Formulas, GeluKeepsTheDigitsOfItsLowerTail) {
  // The argument of erfc is off by about an epsilon of itself, which Φ magnifies by I²; erfc itself is within its
  // bound, and two numbers between are rounded.
  std::size_t compared = 0;
  for (double I = -30; I < 0; I += 0.37, ++compared) {
    const long double wide = static_cast<long double>(I);
    const long double truth = wide * std::erfc(-wide / std::sqrt(2.0L)) / 2;
    const double bound = (2 * I * I + base::kMathUlp + 4) * 0x1p-52 * std::fabs(static_cast<double>(truth));
    EXPECT_NEAR(Gelu::value(I), static_cast<double>(truth), bound) << I;
    EXPECT_LT(Gelu::value(I), 0.0) << I;
  }
  EXPECT_GE(compared, 80u);
}

TEST(Formulas, DerivativesAreTheComplexStep) {
  constexpr double h = 1e-100;
  std::size_t compared = 0;
  for (const Activation& f : unit_activations())
    for (int i = -640; i <= 640; ++i, ++compared) {
      const double I = i / 80.0;  // 0 and ±1 included: there the complex step takes the side that f' is defined to take
      const double expected = activate(f, Complex(I, h)).imag() / h;
      EXPECT_NEAR(derivative(f, I), expected, 1e-12 * std::max(1.0, std::fabs(expected))) << f.name << " at " << I;
      EXPECT_NEAR(activate(f, I), activate(f, Complex(I, h)).real(), 1e-13 * std::max(1.0, std::fabs(I))) << f.name;
    }
  EXPECT_GE(compared, 20000U);
}

TEST(Formulas, TheComplexErfIsAnOddFunctionThatContinuesTheRealOne) {
  std::size_t compared = 0;
  for (int i = -250; i <= 250; ++i, ++compared) {
    const double x = i / 25.0;
    EXPECT_NEAR(erf(Complex(x, 0)).real(), std::erf(x), 1e-14 * (1 + x * x)) << x;
    const Complex z(x, 0.3), sum = erf(z) + erf(-z), mirrored = erf(std::conj(z)) - std::conj(erf(z));
    EXPECT_LE(std::abs(sum), 1e-14 * std::abs(erf(z)));
    EXPECT_LE(std::abs(mirrored), 1e-14 * std::abs(erf(z)));
  }
  EXPECT_GE(compared, 500U);
  EXPECT_EQ(erf(Complex(1e6, 1e-100)), Complex(1));
  // erf(1 + i), Abramowitz & Stegun and any table of the error function of complex argument.
  EXPECT_NEAR(erf(Complex(1, 1)).real(), 1.3161512816979476, 1e-14);
  EXPECT_NEAR(erf(Complex(1, 1)).imag(), 0.19045346923783469, 1e-14);
}

TEST(Formulas, AtAKinkTheDerivativeIsTheStatedOne) {
  EXPECT_EQ(derivative(activation("relu"), 0.0), 0.0);
  EXPECT_EQ(derivative(activation("leaky_relu"), 0.0), 0.01);
  EXPECT_EQ(derivative(activation("leaky_relu(0.2)"), 0.0), 0.2);
  EXPECT_EQ(derivative(activation("elu"), 0.0), 1.0);
  EXPECT_EQ(derivative(activation("elu(0.7)"), 0.0), 0.7);
  EXPECT_EQ(derivative(activation("selu"), 0.0), Selu::kLambda * Selu::kAlpha);
  EXPECT_EQ(derivative(activation("hard_tanh"), 1.0), 0.0);
  EXPECT_EQ(derivative(activation("hard_tanh"), -1.0), 0.0);
  EXPECT_EQ(AbsoluteError::slope(0.25, 0.25), 0.0);
  EXPECT_EQ(Pinball::slope(0.25, 0.25, 0.9), 0.0);
  EXPECT_EQ(Pinball::slope(0.25, 0.26, 0.9), -0.9);
  EXPECT_NEAR(Pinball::slope(0.26, 0.25, 0.9), 0.1, 1e-16);
  EXPECT_EQ(Huber::slope(1.5, 0.5, 1.0), 1.0);
  EXPECT_EQ(Huber::slope(0.5, 1.5, 1.0), -1.0);
}

TEST(Formulas, ValuesStayInTheRangeAndReachItsEnds) {
  std::size_t compared = 0;
  for (const Activation& f : unit_activations()) {
    double least = 1e300, most = -1e300;
    for (int i = -40000; i <= 40000; ++i, ++compared) {
      const double a = activate(f, i / 1000.0);
      least = std::min(least, a);
      most = std::max(most, a);
    }
    // One rounding of the bound itself: scaled_tanh reaches its height, gelu and swish their lowest points.
    EXPECT_GE(least, f.low - 4e-16 * std::fabs(f.low)) << f.name;
    EXPECT_LE(most, f.high + 4e-16 * std::fabs(f.high)) << f.name;
    const double reach = f.name == "softsign" ? 0.03 : 1e-6;  // softsign nears its ends like 1/I, the others are there
    if (std::isfinite(f.low)) {
      EXPECT_NEAR(least, f.low, reach) << f.name;
    }
    if (std::isfinite(f.high)) {
      EXPECT_NEAR(most, f.high, reach) << f.name;
    }
  }
  EXPECT_GE(compared, 1000000U);
}

TEST(Formulas, LargeNetInputsGiveFiniteNumbers) {
  std::size_t compared = 0;
  for (const Activation& f : unit_activations())
    for (const double I : {-1e300, -1e4, -750.0, -100.0, 100.0, 750.0, 1e4, 1e300}) {
      if (f.kind == base::ActivationKind::exp && I > 709) continue;  // nothing but infinite
      if (f.kind == base::ActivationKind::sin && std::fabs(I) > 1e4)
        continue;  // the reduction of 1e300 is base's matter
      EXPECT_TRUE(std::isfinite(activate(f, I))) << f.name << " at " << I;
      EXPECT_TRUE(std::isfinite(derivative(f, I))) << f.name << "' at " << I;
      ++compared;
    }
  EXPECT_GE(compared, 120U);
}

/// Net inputs whose softmax, or sigmoids, are the given outputs.
Numbers net_inputs(const Numbers& a, bool softmax) {
  Numbers I;
  for (const double one : a) I.push_back(softmax ? std::log(one) : std::log(one / (1 - one)));
  return I;
}

void expect_near(const Numbers& got, const Numbers& expected, double tolerance) {
  ASSERT_EQ(got.size(), expected.size());
  for (std::size_t k = 0; k < got.size(); ++k) EXPECT_NEAR(got[k], expected[k], tolerance) << k;
}

TEST(Formulas, LossesAndTheirSlopesAreThoseOfTheTable) {
  const json data = table("loss-table.json");
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"half_sse", "identity"}, {"mse", "identity"}, {"softmax_ce", "softmax"}, {"binary_ce", "sigmoid"}};
  std::size_t compared = 0;
  for (const auto& [name, output] : cases)
    for (std::size_t p = 0; p < data["outputs"].size(); ++p, ++compared) {
      const Loss E = loss_named(name);
      const Activation f = activation(output);
      const Numbers a = data["outputs"][p], t = data["targets"][p];
      const Numbers net = output == "identity" ? a : net_inputs(a, output == "softmax");
      Numbers got(3);
      EXPECT_NEAR(loss<double>(E, f, net, a, t), data[name]["per_pattern"][p].get<double>(), 1e-13);
      if (output == "identity") {
        loss_slopes<double>(E, f, net, a, t, got);
        expect_near(got, data[name]["dE_da"][p], 1e-14);
      } else {
        output_deltas<double>(E, f, net, a, t, got);
        for (double& delta : got) delta = equation_5_dE_dI(delta);
        expect_near(got, data[name]["dE_dnet"][p], 1e-14);
      }
    }
  EXPECT_EQ(compared, 12U);
}

TEST(Formulas, DeviancesFromNetInputsAreThoseOfTheTable) {
  // Net inputs are off by 2^-53 of themselves, which moves E by dE_dnet times that.
  const json data = table("loss-table.json")["deviances"];
  const Activation f = activation("exp");
  std::size_t compared = 0;
  for (const char* name : {"poisson_deviance", "gamma_deviance"})
    for (std::size_t p = 0; p < data["net"].size(); ++p, ++compared) {
      const Numbers net = {data["net"][p]}, t = {data[name]["targets"][p]}, a = {activate(f, net[0])};
      Numbers delta(1);
      const double E = data[name]["E"][p], dE_dnet = data[name]["dE_dnet"][p];
      const double digits = 1e-15 * (4 + std::fabs(net[0]));
      EXPECT_NEAR(loss<double>(loss_named(name), f, net, a, t), E, digits * (std::fabs(E) + std::fabs(dE_dnet)))
          << name << p;
      output_deltas<double>(loss_named(name), f, net, a, t, delta);
      EXPECT_NEAR(equation_5_dE_dI(delta[0]), dE_dnet, digits * (std::fabs(dE_dnet) + 1)) << name << p;
    }
  EXPECT_EQ(compared, 22U);
}

TEST(Formulas, PinballLossesAreThoseOfTheTable) {
  const json data = table("loss-table.json")["pinball"];
  std::size_t compared = 0;
  for (const char* tau : {"0.1", "0.5", "0.9"})
    for (std::size_t p = 0; p < data["outputs"].size(); ++p, ++compared) {
      const Numbers a = {data["outputs"][p]}, t = {data["targets"][p]};
      const Loss E = loss_named("pinball(" + std::string(tau) + ")");
      Numbers slope(1);
      EXPECT_NEAR(loss<double>(E, activation("identity"), a, a, t), data[tau]["E"][p].get<double>(), 2e-15);
      loss_slopes<double>(E, activation("identity"), a, a, t, slope);
      EXPECT_NEAR(slope[0], data[tau]["dE_da"][p].get<double>(), 1e-16);
    }
  EXPECT_EQ(compared, 15U);
}

TEST(Formulas, DeviancesOfTargetsOutOfRangeAreNotFinite) {
  for (const double I : {-1.0, 0.0, 2.0}) {
    EXPECT_FALSE(std::isfinite(PoissonDeviance::value(I, -1e-3)));
    EXPECT_FALSE(std::isfinite(GammaDeviance::value(I, 0.0)));
    EXPECT_FALSE(std::isfinite(GammaDeviance::value(I, -0.0)));
    EXPECT_FALSE(std::isfinite(GammaDeviance::value(I, -2.0)));
    EXPECT_EQ(PoissonDeviance::value(I, -0.0), base::exp(I));
  }
}

TEST(Formulas, PublishedLossesAreReproduced) {
  const json data = table("loss-table.json")["published"];
  double E = 0;
  for (std::size_t p = 0; p < 2; ++p) {
    const Numbers a = data["outputs"][p], t = data["targets"][p];
    E += loss<double>(loss_named("half_squared_error"), activation("identity"), a, a, t);
  }
  EXPECT_NEAR(E / 6, data["half_mean_squared"].get<double>(), 1e-15);
  double log_loss = 0;
  for (std::size_t p = 0; p < 2; ++p) {
    const Numbers a = data["binary_outputs"][p], t = data["binary_targets"][p];
    log_loss += loss<double>(loss_named("bce"), activation("sigmoid"), net_inputs(a, false), a, t);
  }
  EXPECT_NEAR(log_loss / 2, data["binary_log_loss"].get<double>(), 1e-15);
}

TEST(Formulas, CrossEntropiesOfSaturatedOutputsAreFinite) {
  for (const double I : {-800.0, -40.0, 0.0, 40.0, 800.0})
    for (const double t : {0.0, 0.3, 1.0}) {
      const double E = BinaryCrossEntropy::value(I, t);
      EXPECT_TRUE(std::isfinite(E));
      EXPECT_NEAR(E, std::max(I, 0.0) - t * I + std::log1p(std::exp(-std::fabs(I))), 1e-13 * (1 + std::fabs(I)));
    }
  EXPECT_EQ(BinaryCrossEntropy::slope(800.0, 1.0), -1.0);  // −1/a with a = 1, not 0 · ∞
  EXPECT_EQ(BinaryCrossEntropy::slope(-800.0, 0.0), 1.0);
  const Numbers net = {800, -800, 0}, on_first = {1, 0, 0}, on_second = {0, 1, 0};
  EXPECT_EQ(SoftmaxCrossEntropy::value<double>(net, on_first), 0.0);
  EXPECT_EQ(SoftmaxCrossEntropy::value<double>(net, on_second), 1600.0);
}

TEST(Formulas, ConfidentCrossEntropiesKeepTheirDigits) {
  // E ≈ e^-40 when the right class leads by 40: a logarithm of a rounded activation would give 0.
  EXPECT_NEAR(BinaryCrossEntropy::value(40.0, 1.0) / 4.248354255291589e-18, 1, 1e-13);
  const Numbers net = {40, 0}, t = {1, 0};
  EXPECT_NEAR(SoftmaxCrossEntropy::value<double>(net, t) / 4.248354255291589e-18, 1, 1e-13);
}

}  // namespace
}  // namespace deltarule::derivation
