// Names: what is found, what is refused and how, what may be registered. Formulas are tested elsewhere.
#include "derivation/registry.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <thread>

#include "derivation/entries.hpp"
#include "derivation/reference.hpp"
#include "derivation/spelling.hpp"

namespace deltarule::derivation {
namespace {

std::string found_as(const std::string& text) {
  const auto found = find_activation(text);
  return found ? found->name : "refused: " + found.error().message();
}
std::string loss_found_as(const std::string& text) {
  const auto found = find_loss(text);
  return found ? found->name : "refused: " + found.error().message();
}
bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST(Registry, EveryEntryIsFoundByItsNameAndAliases) {
  for (const ActivationEntry& entry : activation_entries()) {
    EXPECT_EQ(found_as(std::string(entry.name)), entry.name);
    EXPECT_FALSE(entry.suits.empty());
    for (const auto alias : entry.aliases) {
      if (alias.empty()) continue;
      EXPECT_EQ(found_as(std::string(alias)), entry.name);
    }
  }
  for (const LossEntry& entry : loss_entries()) {
    EXPECT_EQ(loss_found_as(std::string(entry.name)), entry.name);
    EXPECT_FALSE(entry.suits.empty());
    for (const auto alias : entry.aliases) {
      if (alias.empty()) continue;
      EXPECT_EQ(loss_found_as(std::string(alias)), entry.name);
    }
  }
  EXPECT_EQ(activation_entries().size(), 17U);
  EXPECT_EQ(loss_entries().size(), 10U);
}

TEST(Registry, NoNameMeansTwoThings) {
  std::vector<std::string> all;
  const auto add = [&all](std::string_view name) {
    if (!name.empty()) all.emplace_back(name);
  };
  for (const ActivationEntry& entry : activation_entries()) {
    add(entry.name);
    std::for_each(entry.aliases.begin(), entry.aliases.end(), add);
  }
  std::sort(all.begin(), all.end());
  EXPECT_EQ(std::adjacent_find(all.begin(), all.end()), all.end());
}

TEST(Registry, CaseHyphensAndBlanksDoNotMatter) {
  EXPECT_EQ(found_as("Leaky-ReLU( 0.2 )"), "leaky_relu(0.2)");
  EXPECT_EQ(found_as("  TANH "), "tanh");
  EXPECT_EQ(loss_found_as("half-SSE"), "half_squared_error");
}

TEST(Registry, TheCanonicalNameHasTheParameterWhenItIsNotTheDefaultAndIsFoundAgain) {
  EXPECT_EQ(found_as("leaky_relu(0.01)"), "leaky_relu");
  EXPECT_EQ(found_as("elu(1)"), "elu");
  EXPECT_EQ(found_as("elu(0.1)"), "elu(0.1)");
  EXPECT_EQ(found_as(found_as("leaky_relu(0.30000000000000004)")), "leaky_relu(0.30000000000000004)");
  EXPECT_EQ(loss_found_as("huber(1.5)"), "huber(1.5)");
  EXPECT_EQ(loss_found_as("Pinball( 0.9 )"), "pinball(0.9)");
  EXPECT_EQ(loss_found_as("quantile(0.5)"), "pinball");
  EXPECT_EQ(find_loss("pinball(1e-3)")->parameter, 1e-3);
  EXPECT_EQ(find_activation("leaky_relu(-0.5)")->parameter, -0.5);
  EXPECT_EQ(find_activation("leaky_relu(-0.5)")->low, 0.0);
  EXPECT_EQ(find_activation("elu(2)")->low, -2.0);
}

TEST(Registry, ParametersThatMakeNoSenseAreRefused) {
  for (const char* text :
       {"leaky_relu(", "leaky_relu()", "leaky_relu(x)", "leaky_relu(nan)", "leaky_relu(inf)", "leaky_relu(1e999)",
        "leaky_relu(0.1)x", "leaky_relu(0.1,0.2)", "tanh(2)", "sigmoid()", "", "()", "(1)"})
    EXPECT_FALSE(find_activation(text).ok()) << text;
  for (const char* text : {"huber(0)", "huber(-1)", "huber(nan)", "mse(2)", "pinball(0)", "pinball(1)", "pinball(-0.1)",
                           "pinball(90)", "pinball(nan)", "poisson(2)"})
    EXPECT_FALSE(find_loss(text).ok()) << text;
}

TEST(Registry, AQuantileThatIsNoneIsRefusedWithItsRange) {
  const std::string text = loss_found_as("pinball(1.5)");
  EXPECT_TRUE(contains(text, "pinball(1.5)")) << text;
  EXPECT_TRUE(contains(text, "between 0 and 1")) << text;
  EXPECT_TRUE(contains(text, "For example pinball(0.9)")) << text;
}

TEST(Registry, ALossHasTheOutputUnitsThatItIsAllowedWithAlone) {
  std::size_t own = 0;
  for (const LossEntry& loss : loss_entries()) {
    const Loss found = *find_loss(loss.name);
    for (const ActivationEntry& output : activation_entries()) {
      const bool fits = output_of(found).empty() || output_of(found) == output.name;
      EXPECT_EQ(check_pair(*find_activation(output.name), found, 3).ok(), fits) << loss.name << ' ' << output.name;
    }
    own += output_of(found).empty() ? 0 : 1;
  }
  EXPECT_EQ(own, 4U);
}

TEST(Registry, AnUnknownNameIsAnErrorWithTheNearestSpellings) {
  EXPECT_TRUE(contains(found_as("sigmiod"), "Did you mean sigmoid?")) << found_as("sigmiod");
  EXPECT_TRUE(contains(found_as("rleu"), "relu")) << found_as("rleu");
  EXPECT_TRUE(contains(found_as("zzzzzzzz"), "Known: identity, sigmoid")) << found_as("zzzzzzzz");
  EXPECT_TRUE(contains(loss_found_as("hubber"), "Did you mean huber?")) << loss_found_as("hubber");
  const auto found = find_activation(std::string(1 << 20, 'a'));
  ASSERT_FALSE(found.ok());
  EXPECT_EQ(found.error().code, ErrorCode::spec);
  EXPECT_LT(found.error().got.size(), 200U);
}

TEST(Registry, AtMostThreeNearNamesNearestFirst) {
  const std::vector<std::string> known = {"selu", "elu", "relu", "gelu", "gaussian"};
  EXPECT_EQ(nearest("elu", known), (std::vector<std::string>{"elu", "selu", "relu"}));
  EXPECT_EQ(nearest("gausian", known), (std::vector<std::string>{"gaussian"}));
  EXPECT_TRUE(nearest("x", known).empty());
}

TEST(Registry, PairsThatDoNotFitAreRefused) {
  const auto pair = [](const char* output, const char* loss, std::size_t units) {
    return check_pair(*find_activation(output), *find_loss(loss), units);
  };
  EXPECT_TRUE(pair("sigmoid", "bce", 1).ok());
  EXPECT_TRUE(pair("sigmoid", "bce", 3).ok());
  EXPECT_TRUE(pair("softmax", "softmax_ce", 2).ok());
  EXPECT_TRUE(pair("softmax", "mse", 3).ok());
  EXPECT_TRUE(pair("tanh", "huber", 1).ok());
  EXPECT_FALSE(pair("tanh", "bce", 1).ok());
  EXPECT_FALSE(pair("softmax", "bce", 3).ok());
  EXPECT_FALSE(pair("sigmoid", "softmax_ce", 3).ok());
  EXPECT_FALSE(pair("softmax", "softmax_ce", 1).ok());
  EXPECT_TRUE(pair("exp", "poisson", 1).ok());
  EXPECT_TRUE(pair("exp", "gamma_deviance", 2).ok());
  EXPECT_TRUE(pair("identity", "pinball(0.1)", 2).ok());
  EXPECT_TRUE(pair("exp", "half_squared_error", 2).ok());
  EXPECT_FALSE(pair("identity", "poisson", 1).ok());
  EXPECT_FALSE(pair("softmax", "gamma", 2).ok());
  EXPECT_TRUE(contains(pair("identity", "gamma", 1).error().message(), "needed exp outputs for gamma_deviance"));
  EXPECT_TRUE(contains(pair("sigmoid", "softmax_ce", 3).error().message(), "binary_cross_entropy"));
}

TEST(Registry, ResolvingAGraphNamesTheLayerAtFault) {
  const auto fault = [](std::vector<LayerSpec> layers, const char* loss) {
    const auto resolved = resolve(*base::Graph::create({2, std::move(layers), loss}));
    return resolved ? std::string("fine") : resolved.error().message();
  };
  EXPECT_EQ(fault({{2, "tanh"}, {2, "softmax"}}, "softmax_ce"), "fine");
  EXPECT_TRUE(contains(fault({{2, "tahn"}, {2}}, "mse"), "layer 1"));
  EXPECT_TRUE(contains(fault({{2, "softmax"}, {2}}, "mse"), "softmax in a hidden layer"));
  EXPECT_TRUE(contains(fault({{2, "tanh"}, {2}}, "maen"), "loss"));
  EXPECT_TRUE(contains(fault({{2, "tanh"}, {2, "relu"}}, "bce"), "sigmoid outputs"));
}

ActivationDefinition squashed_cube(const std::string& name) {
  return {name, [](double I) { return I * I * I / (1 + I * I * I * I); },
          [](double I) {
            const double q = I * I * I * I;
            return I * I * (3 - q) / ((1 + q) * (1 + q));
          },
          -0.6, 0.6};
}

TEST(Registration, ARightDefinitionIsFoundByNameAndComputesInNetworks) {
  ASSERT_TRUE(derivation::register_activation(squashed_cube("Squashed_Cube")).ok());
  ASSERT_TRUE(derivation::register_loss({"fourth_power", [](double a, double t) { return std::pow(a - t, 4) / 4; },
                                         [](double a, double t) { return std::pow(a - t, 3); }})
                  .ok());
  const auto f = find_activation("squashed-cube");
  ASSERT_TRUE(f.ok());
  EXPECT_EQ(f->name, "Squashed_Cube");
  EXPECT_EQ(f->low, -0.6);
  EXPECT_FALSE(find_activation("squashed_cube(2)").ok());
  const auto names = activation_names();
  EXPECT_EQ(std::count(names.begin(), names.end(), "Squashed_Cube"), 1);

  const auto graph = base::Graph::create({2, {{2, "Squashed_Cube"}, {1, "tanh"}}, "fourth_power"});
  const auto resolved = resolve(*graph);
  ASSERT_TRUE(resolved.ok()) << resolved.error().message();
  std::vector<double> w = {0.4, -0.7, 0.9, 0.2, 0.1, -0.3, 0.8, -0.5, 0.25};
  const std::vector<double> x = {0.6, -1.1}, t = {0.9};
  const auto pass = reference_pass<double>(*graph, *resolved, w, x, t);
  for (std::size_t k = 0; k < w.size(); ++k) {
    const double kept = w[k], h = 1e-5;
    w[k] = kept + h;
    const double high = reference_error<double>(*graph, *resolved, w, x, t);
    w[k] = kept - h;
    const double low = reference_error<double>(*graph, *resolved, w, x, t);
    w[k] = kept;
    EXPECT_NEAR(pass.slopes[k], (high - low) / (2 * h), 1e-8);
  }
  EXPECT_NEAR(static_cast<double>(activate(*f, 0.5F)), activate(*f, 0.5), 1e-7);
  EXPECT_TRUE(std::isnan(activate(*f, Complex(0.5)).real())) << "a wrong continuation would be worse than none";
}

TEST(Registration, AWrongDerivativeIsRefusedWithThePlace) {
  ActivationDefinition wrong = squashed_cube("wrong_slope");
  wrong.derivative = [right = wrong.derivative](double I) { return right(I) * 1.0001; };
  const auto result = derivation::register_activation(wrong);
  ASSERT_FALSE(result.ok());
  EXPECT_TRUE(contains(result.error().message(), "at I = ")) << result.error().message();
  EXPECT_FALSE(find_activation("wrong_slope").ok());

  wrong.derivative = [](double I) { return I > 3 ? 0.0 : squashed_cube("x").derivative(I); };
  EXPECT_FALSE(derivation::register_activation(wrong).ok()) << "wrong in a part only";
  wrong.derivative = [](double) { return std::nan(""); };
  EXPECT_FALSE(derivation::register_activation(wrong).ok());
  EXPECT_FALSE(derivation::register_loss({"wrong_sign", [](double a, double t) { return (a - t) * (a - t); },
                                          [](double a, double t) { return 2 * (t - a); }})
                   .ok());
}

TEST(Registration, ValuesOutsideTheRangeAreRefused) {
  ActivationDefinition narrow = squashed_cube("narrow");
  narrow.high = 0.5;
  const auto result = derivation::register_activation(narrow);
  ASSERT_FALSE(result.ok());
  EXPECT_TRUE(contains(result.error().message(), "0.5")) << result.error().message();
  narrow.high = -1;
  EXPECT_FALSE(derivation::register_activation(narrow).ok()) << "low above high";
  narrow.high = std::nan("");
  EXPECT_FALSE(derivation::register_activation(narrow).ok());
}

TEST(Registration, KinksAreAllowedAndJumpsAreNot) {
  const auto step_at = [](const char* name, double at) {
    return ActivationDefinition{name, [at](double I) { return I < at ? 0.0 : 1.0; }, [](double) { return 0.0; }, -1, 2};
  };
  const auto corner_at = [](const char* name, double at, double slope_there) {
    return ActivationDefinition{name, [at](double I) { return std::fabs(I - at); },
                                [at, slope_there](double I) { return I == at ? slope_there : (I < at ? -1.0 : 1.0); },
                                -1, 100};
  };
  EXPECT_TRUE(derivation::register_activation(corner_at("corner", 0, 0)).ok());
  EXPECT_TRUE(derivation::register_activation(corner_at("corner_off_grid", 0.3337, 1)).ok());
  EXPECT_TRUE(derivation::register_activation(corner_at("corner_near_grid", 1e-6, 1)).ok());
  EXPECT_FALSE(derivation::register_activation(corner_at("corner_beyond", 0, 3)).ok())
      << "slope not between the one-sided ones";
  EXPECT_FALSE(derivation::register_activation(step_at("step", 0)).ok());
  EXPECT_FALSE(derivation::register_activation(step_at("step_off_grid", 0.3337)).ok());
}

TEST(Registration, SteepAndLargeSmoothFunctionsAreAccepted) {
  const auto accepted = [](ActivationDefinition d) {
    const auto result = derivation::register_activation(std::move(d));
    EXPECT_TRUE(result.ok()) << result.error().message();
  };
  accepted({"steep", [](double I) { return std::tanh(50 * I); },
            [](double I) { return 50 * (1 - std::tanh(50 * I) * std::tanh(50 * I)); }, -1, 1});
  accepted({"wave", [](double I) { return std::sin(20 * I); }, [](double I) { return 20 * std::cos(20 * I); }, -1, 1});
  accepted({"growing", [](double I) { return std::exp(I); }, [](double I) { return std::exp(I); }, 0, 1e308});
  accepted({"cube", [](double I) { return I * I * I; }, [](double I) { return 3 * I * I; }});
  EXPECT_TRUE(derivation::register_loss(
                  {"log_loss_inside", [](double a, double t) { return -t * std::log(a) - (1 - t) * std::log(1 - a); },
                   [](double a, double t) { return (1 - t) / (1 - a) - t / a; }})
                  .ok())
      << "a loss may live on 0 < a < 1 only";
}

TEST(Registration, EveryBuiltInFormulaPassesTheCheckThatRegisteredOnesMustPass) {
  std::size_t checked = 0;
  for (const ActivationEntry& entry : activation_entries()) {
    if (entry.kind == base::ActivationKind::softmax) continue;
    const Activation f = *find_activation(entry.name);
    const auto result = derivation::register_activation({"again_" + f.name, [f](double I) { return activate(f, I); },
                                                         [f](double I) { return derivative(f, I); }, f.low, f.high});
    EXPECT_TRUE(result.ok()) << f.name << ": " << result.error().message();
    ++checked;
  }
  EXPECT_EQ(checked, 16U);
}

TEST(Registration, TakenAndMalformedNamesAreRefused) {
  ASSERT_TRUE(derivation::register_activation(squashed_cube("only_once")).ok());
  for (const char* name :
       {"only_once", "Only_Once", "tanh", "TANH", "silu", "", "1st", "_x", "a b", "a(1)", "a-b", "caf\xc3\xa9"})
    EXPECT_FALSE(derivation::register_activation(squashed_cube(name)).ok()) << name;
  EXPECT_FALSE(derivation::register_activation(squashed_cube(std::string(65, 'a'))).ok());
  EXPECT_FALSE(derivation::register_activation({.name = "empty_functions"}).ok());
  EXPECT_FALSE(derivation::register_loss({.name = "empty_functions"}).ok());
}

TEST(Registration, OfTwoThreadsWithOneNameOneWins) {
  int wins[2] = {0, 0};
  std::vector<std::thread> threads;
  for (int& won : wins)
    threads.emplace_back([&won] {
      for (int i = 0; i < 8; ++i)
        if (derivation::register_activation(squashed_cube("raced_" + std::to_string(i))).ok()) ++won;
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wins[0] + wins[1], 8);
}

}  // namespace
}  // namespace deltarule::derivation
