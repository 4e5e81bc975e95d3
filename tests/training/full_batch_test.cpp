// The rules that move all weights together, by what they promise: E falls or nothing moves, quadratics end after as
// many steps as there are weights, what may not move stays still, weights of patterns are repetitions. That they are
// the algorithms of the papers is held by tests/cases.
#include <cmath>
#include <limits>

#include "every_rule.hpp"
#include "support.hpp"
#include "training/loop.hpp"
#include "training/penalties.hpp"

namespace deltarule::training::testing {
namespace {

/// With Bayesian regularisation, and a line search that is nearly exact, besides the defaults.
std::vector<Optimizer> methods() {
  return {ScaledConjugateGradient{}, LBFGS{}, LBFGS{.history = 2, .c2 = 0.1}, LevenbergMarquardt{},
          LevenbergMarquardt{.bayesian = 1}};
}
std::string text_of(const Optimizer& rule) {
  std::string text(name_of(rule));
  for (const auto& [name, value] : settings_of(rule)) text += " " + std::string(name) + "=" + std::to_string(value);
  return text;
}
bool is_bayesian(const Optimizer& rule) {
  const auto* const marquardt = std::get_if<LevenbergMarquardt>(&rule);
  return marquardt != nullptr && marquardt->bayesian == 1;
}

template <class T>
double number(const Trainer<T>& trainer, const std::string& name) {
  const std::vector<std::string> names = trainer.update().number_names();
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::numeric_limits<double>::quiet_NaN();
  return trainer.state().numbers[static_cast<std::size_t>(found - names.begin())];
}

/// Some masked weights, a skip connection, a layer without biases, and one with frozen ones.
NetworkSpec spec_with_everything() {
  NetworkSpec spec{.inputs = 3, .layers = {{5, "tanh"}, {4, "sigmoid"}, {2, "identity"}}};
  spec.layers[0].from = {Connection(0, {1, 1, 0, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 0, 1})};
  spec.layers[0].bias = false;
  spec.layers[1].from = {Connection(0), Connection(1)};
  spec.layers[1].train_bias = false;
  return spec;
}

/// E as the options have it, by a trainer of its own that changes nothing.
template <class T>
double error_of(const network::Network<T>& network, const TrainerOptions& options,
                const base::PatternSource<T>& source) {
  auto copy = network;
  TrainerOptions gentle = options;
  gentle.optimizer = IRpropPlus{};
  auto trainer = trainer_for<T>(copy, gentle);
  const double weight = source.weight_of(all_patterns(source.size()));
  const auto loss = trainer.step(source, all_patterns(source.size()));
  EXPECT_TRUE(loss);
  return (options.reduction == Reduction::mean ? *loss / weight : *loss) + penalties(network, options.l2, options.l1);
}

// ---- what holds of every step ----

struct Steps {
  std::size_t lower = 0, still = 0;
};

/// What the Bayesian form minimises: both sums with the α and β of the step that has been made.
template <class T>
double goal_of(const Trainer<T>& trainer, const network::Network<T>& network, double E, double factor) {
  if (!is_bayesian(trainer.options().optimizer)) return E;
  double squares = 0;
  for (std::size_t i = 0; i < network.graph().weight_count(); ++i) {
    const std::size_t place = network.place_of(i);
    if (!network.movable().empty() && network.movable()[place] == T{0}) continue;
    squares += std::pow(static_cast<double>(network.parameter(place)), 2);
  }
  return number(trainer, "beta") / factor * E + 0.5 * number(trainer, "alpha") * squares;
}

template <class T>
void follow(const Optimizer& rule, const TrainerOptions& given, std::size_t steps, Steps& counted) {
  SCOPED_TRACE(text_of(rule));
  TrainerOptions options = given;
  options.optimizer = rule;
  if (is_bayesian(rule)) options.l1 = options.l2 = 0;
  Dice dice(61);
  auto network = random_network<T>(dice, spec_with_everything());
  const auto source = random_patterns<T>(dice, 9, network.inputs(), network.outputs());
  auto trainer = trainer_for<T>(network, options);
  const double factor = options.reduction == Reduction::mean ? 1.0 / 9 : 1.0;
  for (std::size_t s = 0; s < steps; ++s) {
    const auto before = network;
    ASSERT_TRUE(trainer.step(source, all_patterns(9)));
    const double now = goal_of(trainer, network, error_of(network, options, source), factor);
    if (number(trainer, "decreased") == 0) {
      ASSERT_TRUE(same_weights(before, network)) << "step " << s;
      ++counted.still;
    } else {
      ASSERT_LT(now, goal_of(trainer, before, error_of(before, options, source), factor)) << "step " << s;
      ++counted.lower;
    }
  }
  EXPECT_EQ(trainer.steps(), steps);
}

TEST(RulesThatMoveAllTogether, LowerEOrLeaveEveryWeightAlone) {
  Steps counted;
  for (const Optimizer& rule : methods())
    for (const Reduction reduction : {Reduction::mean, Reduction::sum})
      for (const double penalty : {0.0, 0.01}) {
        follow<double>(rule, {.reduction = reduction, .l2 = penalty}, 120, counted);
        follow<float>(rule, {.reduction = reduction, .l2 = penalty, .l1 = penalty}, 120, counted);
      }
  EXPECT_GT(counted.lower, 1000u);
  EXPECT_GT(counted.still, 200u);
}

TEST(RulesThatMoveAllTogether, TouchNothingThatMayNotMove) {
  std::size_t looked_at = 0;
  for (const Optimizer& rule : methods()) {
    SCOPED_TRACE(text_of(rule));
    Dice dice(62);
    auto network = random_network<float>(dice, spec_with_everything());
    const auto source = random_patterns<float>(dice, 9, network.inputs(), network.outputs());
    const std::vector<float> before(network.parameters().begin(), network.parameters().end());
    auto trainer = trainer_for<float>(network, {.optimizer = rule});
    for (int s = 0; s < 10; ++s) ASSERT_TRUE(trainer.step(source, all_patterns(9)));
    std::vector<bool> moves(before.size(), false);
    for (std::size_t i = 0; i < network.graph().weight_count(); ++i) {
      const std::size_t place = network.place_of(i);
      moves[place] = network.movable()[place] != 0.0F;
    }
    std::size_t moved = 0;
    for (std::size_t i = 0; i < before.size(); ++i) {
      moved += moves[i] && network.parameters()[i] != before[i] ? 1 : 0;
      if (moves[i]) continue;
      ++looked_at;
      EXPECT_EQ(network.parameters()[i], before[i]);
      for (const auto& array : trainer.state().arrays) EXPECT_TRUE(array[i] == 0.0F && !std::signbit(array[i]));
    }
    EXPECT_GT(moved, 30u);
  }
  EXPECT_GT(looked_at, methods().size() * 50);
}

TEST(RulesThatMoveAllTogether, LeaveFrozenLayersAloneAndLearnWithTheOthers) {
  for (const Optimizer& rule : methods()) {
    SCOPED_TRACE(text_of(rule));
    Dice dice(69);
    auto network = plain_network<double>(4, {6, 5, 2});
    const auto source = random_patterns<double>(dice, 20, 4, 2);
    const TrainerOptions options{.optimizer = rule, .layer_rates = {{1, 0.0}, {3, 0.0}}};
    auto trainer = trainer_for<double>(network, options);
    const std::vector<double> before = network.weights();
    const double E = error_of(network, {}, source);
    for (int s = 0; s < 10; ++s) ASSERT_TRUE(trainer.step(source, all_patterns(20)));
    const std::vector<double> after = network.weights();
    const std::size_t first = 4 * 6 + 6, second = first + 6 * 5 + 5;
    for (std::size_t i = 0; i < after.size(); ++i)
      EXPECT_EQ(after[i] == before[i], i < first || i >= second) << "place " << i;
    EXPECT_LT(error_of(network, {}, source), E);
  }
}

/// Biases, too, have the penalty's second derivative: a linear problem ends in one step all the same.
TEST(LevenbergMarquardtRule, KnowsThePenaltyOfBiases) {
  for (const bool biases : {false, true}) {
    Dice dice(70);
    auto network = plain_network<double>(4, {1});
    const auto source = random_patterns<double>(dice, 30, 4, 1);
    const TrainerOptions options{.optimizer = LevenbergMarquardt{.mu = 1e-14}, .l2 = 0.3, .decay_biases = biases};
    auto trainer = trainer_for<double>(network, options);
    ASSERT_TRUE(trainer.step(source, all_patterns(30)));
    const std::vector<double> slopes = *trainer.slopes(source, all_patterns(30)), weights = network.weights();
    for (std::size_t i = 0; i < 5; ++i)
      EXPECT_NEAR(slopes[i] + (i < 4 || biases ? 0.3 * weights[i] : 0.0), 0, 1e-13) << i;
  }
}

TEST(RulesThatMoveAllTogether, HaveAnArrayAndANumberForEveryName) {
  for (const UpdateEntry& entry : rules_together()) {
    auto network = plain_network<double>(2, {3, 1});
    auto trainer = trainer_for<double>(network, {.optimizer = entry.defaults});
    EXPECT_EQ(trainer.state().arrays.size(), trainer.update().state_names().size());
    EXPECT_EQ(trainer.state().numbers.size(), trainer.update().number_names().size());
    EXPECT_EQ(number(trainer, "decreased"), 0) << entry.name;
  }
  EXPECT_EQ(rules_together().size(), 3u);
}

// ---- quadratics ----

constexpr std::size_t kInputs = 6, kWeights = kInputs + 1;

/// A linear network with half the squared error.
struct Slopes {
  double before = 0, after = 0;  // the largest
  [[nodiscard]] double share() const { return after / before; }
};

Slopes slopes_of_a_quadratic(const Optimizer& rule, std::size_t steps) {
  Dice dice(63);
  auto network = plain_network<double>(kInputs, {1});
  const auto source = random_patterns<double>(dice, 40, kInputs, 1);
  auto trainer = trainer_for<double>(network, {.optimizer = rule});
  const auto largest = [&] {
    double most = 0;
    const std::vector<double> all = *trainer.slopes(source, all_patterns(40));
    for (const double slope : all) most = std::max(most, std::fabs(slope));
    return most;
  };
  Slopes slopes{.before = largest()};
  for (std::size_t s = 0; s < steps; ++s) EXPECT_TRUE(trainer.step(source, all_patterns(40)));
  slopes.after = largest();
  return slopes;
}

TEST(ConjugateGradients, ReachTheMinimumOfAQuadraticInAsManyStepsAsThereAreWeights) {
  EXPECT_LT(slopes_of_a_quadratic(ScaledConjugateGradient{}, kWeights + 3).share(), 1e-6);
  EXPECT_GT(slopes_of_a_quadratic(ScaledConjugateGradient{}, kWeights - 3).share(), 1e-6) << "nothing was to be shown";
}

TEST(LbfgsWithAnExactLineSearch, ReachesTheMinimumOfAQuadraticInAsManyStepsAsThereAreWeights) {
  const LBFGS exact{.c2 = 1e-3};
  EXPECT_LT(slopes_of_a_quadratic(exact, kWeights + 3).share(), 1e-6);
  EXPECT_GT(slopes_of_a_quadratic(exact, kWeights - 3).share(), 1e-6) << "nothing was to be shown";
  EXPECT_LT(slopes_of_a_quadratic(LBFGS{}, 3 * kWeights).share(), 1e-6) << "with the usual one";
}

TEST(LevenbergMarquardtWithoutMu, SolvesALinearProblemInOneStep) {
  EXPECT_LT(slopes_of_a_quadratic(LevenbergMarquardt{.mu = 1e-14}, 1).share(), 1e-12);
  EXPECT_GT(slopes_of_a_quadratic(LevenbergMarquardt{.mu = 0.1}, 1).share(), 1e-3);
}

// ---- L-BFGS ----

TEST(Lbfgs, AcceptsOnlyPlacesWhereTheStrongWolfeConditionsHold) {
  for (const LBFGS& rule : {LBFGS{}, LBFGS{.c1 = 0.1, .c2 = 0.3}, LBFGS{.c2 = 0.01}}) {
    Dice dice(64);
    auto network = plain_network<double>(4, {6, 2});
    const auto source = random_patterns<double>(dice, 30, 4, 2);
    auto trainer = trainer_for<double>(network, {.optimizer = rule});
    const auto patterns = all_patterns(30);
    std::size_t held = 0;
    for (int s = 0; s < 40; ++s) {
      const auto before = network;
      const auto slopes = *trainer.slopes(source, patterns);
      ASSERT_TRUE(trainer.step(source, patterns));
      if (number(trainer, "wolfe") == 0) continue;
      ++held;
      const auto slopes_there = *trainer.slopes(source, patterns);
      double slope = 0, slope_there = 0;
      for (std::size_t i = 0; i < slopes.size(); ++i) {
        const double change = network.weights()[i] - before.weights()[i];
        slope += change * slopes[i];
        slope_there += change * slopes_there[i];
      }
      const TrainerOptions mean{};
      const double rounding = 1e-15, E = error_of(before, mean, source), E_there = error_of(network, mean, source);
      EXPECT_LT(slope, 0);
      EXPECT_LE(E_there, E + rule.c1 * slope + rounding);
      EXPECT_LE(std::fabs(slope_there), -rule.c2 * slope * (1 + 1e-9) + rounding);
    }
    EXPECT_GE(held, 35u);
  }
}

// ---- weights of patterns ----

std::vector<double> weights_after(const Optimizer& rule, Reduction reduction, const base::PatternSource<double>& source,
                                  std::size_t steps) {
  auto network = plain_network<double>(4, {6, 2});
  auto trainer = trainer_for<double>(network, {.optimizer = rule, .reduction = reduction});
  for (std::size_t s = 0; s < steps; ++s) EXPECT_TRUE(trainer.step(source, all_patterns(source.size())));
  return network.weights();
}

TEST(RulesThatMoveAllTogether, TakeAWeightOfKForKRepetitions) {
  Dice dice(65);
  const auto patterns = random_patterns<double>(dice, 20, 4, 2);
  std::vector<double> often_x, often_t, weights;
  for (std::size_t p = 0; p < 20; ++p) {
    weights.push_back(static_cast<double>(p % 4));  // some of 0
    for (std::size_t k = 0; k < p % 4; ++k) {
      often_x.insert(often_x.end(), patterns.input(p).begin(), patterns.input(p).end());
      often_t.insert(often_t.end(), patterns.target(p).begin(), patterns.target(p).end());
    }
  }
  const ArraySource<double> often(often_x, 4, often_t, 2);
  const WeightedSource<double> weighted(patterns, weights), ones(patterns, std::vector<double>(20, 1.0));
  std::size_t compared = 0;
  for (const Optimizer& rule : methods())
    for (const Reduction reduction : {Reduction::mean, Reduction::sum}) {
      SCOPED_TRACE(text_of(rule));
      const auto one = weights_after(rule, reduction, weighted, 5), other = weights_after(rule, reduction, often, 5);
      for (std::size_t i = 0; i < one.size(); ++i, ++compared) EXPECT_NEAR(one[i], other[i], 1e-7);
      EXPECT_TRUE(
          same_bits<double>(weights_after(rule, reduction, ones, 5), weights_after(rule, reduction, patterns, 5)));
      EXPECT_FALSE(same_bits<double>(one, weights_after(rule, reduction, patterns, 5)));
    }
  EXPECT_EQ(compared, methods().size() * 2 * (4 * 6 + 6 + 6 * 2 + 2));
}

// ---- Bayesian regularisation ----

TEST(BayesianMarquardt, FindsHowManyWeightsThePatternsDetermine) {
  Dice dice(66);
  auto network = plain_network<double>(1, {8, 1});
  std::vector<double> x, t;
  for (int p = 0; p < 60; ++p) {
    x.push_back(dice.uniform(-1, 1));
    t.push_back(0.8 * x.back() + dice.uniform(-0.05, 0.05));  // a line needs two
  }
  const ArraySource<double> source(x, 1, t, 1);
  auto trainer = trainer_for<double>(network, {.optimizer = LevenbergMarquardt{.bayesian = 1}});
  const double before = error_of(network, {}, source);
  std::size_t estimates = 0;
  for (int s = 0; s < 100; ++s) {
    ASSERT_TRUE(trainer.step(source, all_patterns(60)));
    const double gamma = number(trainer, "gamma");
    if (gamma == 0) continue;
    ++estimates;
    EXPECT_GT(gamma, 0);
    EXPECT_LT(gamma, 25);
    EXPECT_GT(number(trainer, "alpha"), 0);
    EXPECT_GT(number(trainer, "beta"), 0);
  }
  EXPECT_GE(estimates, 90u);
  EXPECT_LT(error_of(network, {}, source), 0.01 * before);
  EXPECT_LT(number(trainer, "gamma"), 8) << "a line does not need 25 weights";
  const double noise = 1 / number(trainer, "beta"), variance = 0.1 * 0.1 / 12;  // of the uniform noise
  EXPECT_NEAR(noise, variance, 0.4 * variance);
}

// ---- trials that are not finite ----

/// Towards a target of 1e8 the first steps of an exponential unit overflow.
TEST(RulesThatMoveAllTogether, TakeATrialThatIsNotFiniteForAFailedOne) {
  for (const Optimizer& rule : methods()) {
    SCOPED_TRACE(text_of(rule));
    auto network = *network::Network<float>::create({.inputs = 1, .layers = {{1, "exp"}}});
    const ArraySource<float> source({1, 0.5F}, 1, {1e8F, 1e6F}, 1);
    const TrainerOptions options{.optimizer = rule};
    auto trainer = trainer_for<float>(network, options);
    const double before = error_of(network, options, source);
    for (int s = 0; s < 200; ++s) {
      const auto step = trainer.step(source, all_patterns(2));
      ASSERT_TRUE(step) << s << ": " << step.error().message();
      if (s == 0 && name_of(rule) == "lm") {
        EXPECT_GT(number(trainer, "mu"), 1e3) << "no trial failed";
      }
    }
    EXPECT_LE(error_of(network, options, source), is_bayesian(rule) ? before * 1.001 : before * 0.9999);
  }
}

// ---- what they cannot do ----

TEST(RulesThatMoveAllTogether, DoNotLearnOnePatternAfterTheOther) {
  for (const UpdateEntry& entry : rules_together()) {
    auto network = plain_network<float>(3, {4, 2});
    const auto before = network;
    auto trainer = trainer_for<float>(network, {.optimizer = entry.defaults});
    const std::vector<float> x{0.1F, 0.2F, 0.3F}, t{0.5F, 0.25F}, wrong(5);
    std::vector<float> input_slopes(3, 7);
    EXPECT_EQ(trainer.learn_one(x, t), LearnStatus::needs_batch);
    EXPECT_EQ(trainer.learn_one(wrong, t), LearnStatus::shape_error);
    ASSERT_EQ(trainer.forward(x).size(), 2u);
    EXPECT_EQ(trainer.backward(t, input_slopes), LearnStatus::needs_batch);
    EXPECT_EQ(input_slopes, (std::vector<float>{7, 7, 7}));
    EXPECT_TRUE(same_weights(network, before));
    EXPECT_EQ(trainer.steps(), 0u);
    EXPECT_EQ(trainer.refused(), 0u);
  }
}

TEST(RulesThatMoveAllTogether, TakeBatchesOfOnePattern) {
  Dice dice(67);
  const auto source = random_patterns<double>(dice, 1, 3, 2);
  for (const UpdateEntry& entry : rules_together()) {
    auto network = plain_network<double>(3, {4, 2});
    const double before = error_of(network, {}, source);
    auto trainer = trainer_for<double>(network, {.optimizer = entry.defaults});
    ASSERT_TRUE(fit<double>(trainer, source, nullptr, {.epochs = 5, .batch_size = 0}));
    EXPECT_LT(error_of(network, {}, source), before);
  }
}

TEST(Fit, RefusesMiniBatchesForRulesThatMoveAllTogether) {
  Dice dice(68);
  const auto source = random_patterns<double>(dice, 10, 3, 2);
  for (const UpdateEntry& entry : rules_together())
    for (const std::size_t size : {1u, 4u, 32u}) {
      auto network = plain_network<double>(3, {4, 2});
      const auto before = network;
      auto trainer = trainer_for<double>(network, {.optimizer = entry.defaults});
      const auto fitted = fit<double>(trainer, source, nullptr, {.epochs = 5, .batch_size = size});
      ASSERT_FALSE(fitted);
      EXPECT_EQ(fitted.error().code, ErrorCode::spec);
      EXPECT_EQ(fitted.error().place, "batch_size");
      EXPECT_EQ(fitted.error().got, std::to_string(size) + " with the optimizer " + std::string(entry.name));
      EXPECT_EQ(fitted.error().needed,
                "0, all patterns per step: the rule moves all weights together by slopes of the same patterns");
      EXPECT_EQ(fitted.error().fix, "Set batch_size to 0, or use a rule for mini-batches such as adamw");
      EXPECT_TRUE(same_weights(network, before));
    }
}

Error refusal_of(const NetworkSpec& spec, const TrainerOptions& options) {
  auto network = network::Network<float>::create(spec);
  EXPECT_TRUE(network);
  const auto made = Trainer<float>::create(*network, options);
  EXPECT_FALSE(made);
  return made ? Error{} : made.error();
}

TEST(RulesThatMoveAllTogether, RefuseSlopesThatAreClippedAndWeightsThatAreLimited) {
  for (const UpdateEntry& entry : rules_together())
    for (const TrainerOptions& options :
         {TrainerOptions{.clip_value = 1}, TrainerOptions{.clip_norm = 1}, TrainerOptions{.max_norm = 1}}) {
      TrainerOptions own = options;
      own.optimizer = entry.defaults;
      const Error error = refusal_of({.inputs = 2, .layers = {{1, "identity"}}}, own);
      EXPECT_EQ(error.code, ErrorCode::spec);
      EXPECT_EQ(error.place, "optimizer " + std::string(entry.name));
      EXPECT_EQ(error.got, "slopes that are clipped or weights that are limited (max_norm)");
      EXPECT_EQ(error.needed, "the slopes of the error as they are, and its own steps");
    }
}

TEST(LevenbergMarquardtRule, RefusesWhatIsNoSumOfSquares) {
  for (const std::string loss : {"huber(1)", "mean_squared_error", "absolute_error"}) {
    const Error error =
        refusal_of({.inputs = 2, .layers = {{1, "identity"}}, .loss = loss}, {.optimizer = LevenbergMarquardt{}});
    EXPECT_EQ(error.code, ErrorCode::spec);
    EXPECT_EQ(error.place, "optimizer lm");
    EXPECT_EQ(error.needed, "the loss half_squared_error");
    EXPECT_EQ(error.fix, "Use that loss, or the optimizer lbfgs or scg, which take any");
  }
}

TEST(LevenbergMarquardtRule, RefusesAPenaltyBesideTheOneThatItFinds) {
  const NetworkSpec spec{.inputs = 2, .layers = {{1, "identity"}}};
  for (const TrainerOptions& options : {TrainerOptions{.optimizer = LevenbergMarquardt{.bayesian = 1}, .l2 = 0.1},
                                        TrainerOptions{.optimizer = LevenbergMarquardt{.bayesian = 1}, .l1 = 0.1}}) {
    const Error error = refusal_of(spec, options);
    EXPECT_EQ(error.code, ErrorCode::spec);
    EXPECT_EQ(error.got, "bayesian=1 with an l1 or l2 penalty");
    EXPECT_EQ(error.needed, "no penalty beside the one that it finds itself");
  }
}

/// What is drawn anew at every step would make two errors of one place.
TEST(MethodsOfTheWholeBatch, RefuseDropoutAndInputNoise) {
  const NetworkSpec spec{.inputs = 2, .layers = {{3, "tanh"}, {1, "identity"}}};
  for (const Optimizer& rule : every_rule(0.2)) {
    if (goes_by_weights(rule)) continue;
    for (const TrainerOptions& options : {TrainerOptions{.optimizer = rule, .dropout = {.hidden = 0.5}},
                                          TrainerOptions{.optimizer = rule, .input_noise = 0.1}}) {
      const Error error = refusal_of(spec, options);
      EXPECT_EQ(error.code, ErrorCode::spec);
      EXPECT_EQ(error.place, "optimizer " + std::string(name_of(rule)));
      EXPECT_EQ(error.got, "dropout or noise on the inputs");
    }
  }
}

/// 3000 weights: two halves of 3000² doubles are 70 MB, and 256 rows of 3000 are 6.
TEST(LevenbergMarquardtRule, RefusesMoreMemoryThanItMayTakeBeforeItTakesAny) {
  const NetworkSpec spec{.inputs = 59, .layers = {{50, "tanh"}}};
  const Error error = refusal_of(spec, {.optimizer = LevenbergMarquardt{.memory_mb = 70}});
  EXPECT_EQ(error.code, ErrorCode::spec);
  EXPECT_EQ(error.place, "optimizer lm");
  EXPECT_EQ(error.got, "3000 weights, which take 76 MB");
  EXPECT_EQ(error.needed, "at most memory_mb, 70 MB");
  EXPECT_NE(error.fix.find("lbfgs or scg"), std::string::npos);
  auto network = plain_network<float>(59, {50});
  EXPECT_TRUE(Trainer<float>::create(network, {.optimizer = LevenbergMarquardt{.memory_mb = 76}}));
  const Error huge = refusal_of({.inputs = 10000, .layers = {{1000, "tanh"}}}, {.optimizer = LevenbergMarquardt{}});
  EXPECT_NE(huge.got.find("10001000 weights"), std::string::npos) << huge.got;
}

}  // namespace
}  // namespace deltarule::training::testing
