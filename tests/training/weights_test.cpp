// Weights of patterns: weight k is k times E_p, in every loss, rule and way of learning. 1 is none, to the bit; 0 is a
// pattern that is not there; a whole number is a pattern that is there so often.
#include <cmath>
#include <limits>

#include "support.hpp"
#include "training/evaluate.hpp"
#include "training/loop.hpp"
#include "training/updates/registry.hpp"

namespace deltarule::training::testing {
namespace {

/// Every pattern as often as its weight says.
template <class T>
ArraySource<T> repeated(const ArraySource<T>& from, const std::vector<T>& weights) {
  std::vector<T> x, t;
  for (std::size_t p = 0; p < from.size(); ++p)
    for (T k = 0; k < weights[p]; k += 1) {
      x.insert(x.end(), from.input(p).begin(), from.input(p).end());
      t.insert(t.end(), from.target(p).begin(), from.target(p).end());
    }
  return {std::move(x), from.inputs(), std::move(t), from.targets()};
}

/// 0, 1, 2 or 3 each, and not all 0.
template <class T>
std::vector<T> whole_weights(Dice& dice, std::size_t count) {
  std::vector<T> weights;
  for (std::size_t p = 0; p < count; ++p) weights.push_back(static_cast<T>(dice.between(0, 3)));
  weights[count / 2] = 3;
  return weights;
}

template <class T>
std::vector<T> uneven_weights(Dice& dice, std::size_t count) {
  std::vector<T> weights;
  for (std::size_t p = 0; p < count; ++p) weights.push_back(static_cast<T>(dice.uniform(0.1, 4)));
  weights[count / 3] = 0;
  return weights;
}

/// Every rule of one weight at a time, with steps that no test here diverges by.
std::vector<Optimizer> every_rule() {
  std::vector<Optimizer> rules;
  for (const UpdateEntry& entry : update_rules()) {
    if (entry.together) continue;
    Optimizer rule = entry.defaults;
    for (const auto& [name, value] : settings_of(rule))
      if (name == "learning_rate") static_cast<void>(set_setting(rule, name, std::min(value, 0.02)).ok());
    rules.push_back(rule);
  }
  return rules;
}

struct Way {
  std::string name;
  NetworkSpec spec;
  std::size_t batch, patterns, threads;
};

/// Every way that patterns are learnt: the kernel for narrow chains, layer by layer, look-ahead, batches, chunks.
std::vector<Way> ways() {
  const NetworkSpec chain{.inputs = 5, .layers = {{7, "tanh"}, {3, "sigmoid"}}};
  const NetworkSpec wide{.inputs = 40, .layers = {{70, "relu"}, {3, "softmax"}}, .loss = "softmax_cross_entropy"};
  NetworkSpec skips{.inputs = 9, .layers = {{11, "tanh"}, {6, "gelu"}, {2, "identity"}}, .loss = "huber(1)"};
  skips.layers[2].from = {0, 2};
  const NetworkSpec large{.inputs = 700, .layers = {{400, "tanh"}, {2, "identity"}}};  // more than 2^18 weights
  return {{"chain", chain, 1, 40, 1},     {"layers", wide, 1, 40, 1},   {"skips", skips, 1, 40, 1},
          {"look-ahead", large, 1, 9, 1}, {"batches", wide, 7, 40, 1},  {"last batch of one", chain, 3, 40, 1},
          {"chunks", skips, 0, 600, 1},   {"threads", wide, 0, 600, 3}, {"one by one, threads", skips, 1, 30, 2}};
}

template <class T>
network::Network<T> network_of(const Way& way) {
  auto network = network::Network<T>::create(way.spec);
  EXPECT_TRUE(network) << network.error().message();
  network::draw_weights(*network, Seed{3}, {});
  return std::move(*network);
}

template <class T>
struct Learned {
  std::vector<T> weights;
  FitResult result;
};

template <class T>
Learned<T> learned(const Way& way, const TrainerOptions& given, const base::PatternSource<T>& source,
                   std::size_t epochs = 2) {
  auto network = network_of<T>(way);
  TrainerOptions options = given;
  options.threads = way.threads;
  auto trainer = trainer_for<T>(network, options, way.threads > 1 ? 0 : kWorkPerThread);
  auto result = fit<T>(trainer, source, &source, {.epochs = epochs, .batch_size = way.batch, .until_tss = 0.0});
  EXPECT_TRUE(result) << way.name << ": " << result.error().message();
  return {network.weights(), result ? std::move(*result) : FitResult{}};
}

template <class T>
void expect_same(const Learned<T>& one, const Learned<T>& other, const std::string& what) {
  EXPECT_TRUE(same_bits<T>(one.weights, other.weights)) << what;
  ASSERT_EQ(one.result.history.size(), other.result.history.size()) << what;
  for (std::size_t e = 0; e < one.result.history.size(); ++e) {
    EXPECT_EQ(one.result.history[e].training_loss, other.result.history[e].training_loss) << what;
    EXPECT_EQ(one.result.history[e].validation_loss, other.result.history[e].validation_loss) << what;
    EXPECT_EQ(one.result.history[e].steps, other.result.history[e].steps) << what;
  }
}

template <class T>
std::size_t compare_ones() {
  std::size_t compared = 0;
  for (const Way& way : ways())
    for (const Optimizer& rule : way.name == "look-ahead" ? std::vector<Optimizer>{DeltaRule{0.01}} : every_rule())
      for (const bool resident : {true, false}) {
        Dice dice(41);
        const auto patterns = random_patterns<T>(dice, way.patterns, way.spec.inputs, way.spec.layers.back().units);
        const WeightedSource<T> none(patterns, {}, resident);
        const WeightedSource<T> ones(patterns, std::vector<T>(way.patterns, 1), resident);
        const std::string what = way.name + ", " + std::string(name_of(rule));
        expect_same(learned<T>(way, {.optimizer = rule}, none), learned<T>(way, {.optimizer = rule}, ones), what);
        ++compared;
      }
  return compared;
}
TEST(Weights, OfOneAreNoneToTheBitInF32) { EXPECT_GE(compare_ones<float>(), 98u); }
TEST(Weights, OfOneAreNoneToTheBitInF64) { EXPECT_GE(compare_ones<double>(), 98u); }

// Twos are exact: η (2 δ) is (2 η) δ to the bit.
template <class T>
std::size_t compare_twos() {
  std::size_t compared = 0;
  for (const Way& way : ways()) {
    Dice dice(42);
    const auto patterns = random_patterns<T>(dice, way.patterns, way.spec.inputs, way.spec.layers.back().units);
    const WeightedSource<T> none(patterns, {}), twos(patterns, std::vector<T>(way.patterns, 2));
    const TrainerOptions plain{.optimizer = DeltaRule{0.01}, .reduction = Reduction::sum};
    const TrainerOptions twice{.optimizer = DeltaRule{0.02}, .reduction = Reduction::sum};
    const auto weighted = learned<T>(way, plain, twos), quicker = learned<T>(way, twice, none);
    EXPECT_TRUE(same_bits<T>(weighted.weights, quicker.weights)) << way.name;
    EXPECT_EQ(weighted.result.history[1].training_loss, quicker.result.history[1].training_loss) << "a mean";
    const TrainerOptions mean{.optimizer = DeltaRule{0.01}};
    const auto& expected = way.batch == 1 ? TrainerOptions{.optimizer = DeltaRule{0.02}} : mean;
    expect_same(learned<T>(way, mean, twos), learned<T>(way, expected, none), way.name + ", mean");
    ++compared;
  }
  return compared;
}
TEST(Weights, OfTwoAreTwiceTheRateButForTheMeanOfABatchInF32) { EXPECT_EQ(compare_twos<float>(), 9u); }
TEST(Weights, OfTwoAreTwiceTheRateButForTheMeanOfABatchInF64) { EXPECT_EQ(compare_twos<double>(), 9u); }

TEST(Weights, AreHonouredWhereverAPatternLies) {
  const TrainerOptions options{.optimizer = DeltaRule{0.002}};
  for (const Way& way : ways()) {
    Dice dice(43);
    const auto patterns = random_patterns<float>(dice, way.patterns, way.spec.inputs, way.spec.layers.back().units);
    const auto weights = uneven_weights<float>(dice, way.patterns);
    const auto here = learned<float>(way, options, WeightedSource<float>(patterns, weights, true));
    expect_same(here, learned<float>(way, options, WeightedSource<float>(patterns, weights, false)), way.name);
    Way alone = way;
    alone.threads = 1;
    expect_same(here, learned<float>(alone, options, WeightedSource<float>(patterns, weights, true)), way.name);
    EXPECT_FALSE(same_bits<float>(here.weights, learned<float>(way, options, patterns).weights)) << way.name;
  }
}

TEST(Weights, OfOnePatternAreThoseOfAStepWithItAlone) {
  for (const Optimizer& rule : every_rule())
    for (const Way& way : ways()) {
      if (way.name == "look-ahead" || way.batch != 1) continue;
      Dice dice(44);
      const auto patterns = random_patterns<double>(dice, 20, way.spec.inputs, way.spec.layers.back().units);
      const WeightedSource<double> source(patterns, uneven_weights<double>(dice, 20));
      auto one = network_of<double>(way), other = one, epoch = one;
      const TrainerOptions options{.optimizer = rule, .reduction = Reduction::sum};
      auto learner = trainer_for<double>(one, options), stepper = trainer_for<double>(other, options);
      auto fitter = trainer_for<double>(epoch, options);
      for (std::uint32_t p = 0; p < 20; ++p) {
        EXPECT_EQ(learner.learn_one(patterns.input(p), patterns.target(p), source.weight(p)), LearnStatus::learned);
        EXPECT_TRUE(stepper.step(source, std::span(&p, 1)));
      }
      ASSERT_TRUE(fit<double>(fitter, source, nullptr, {.epochs = 1, .batch_size = 1, .shuffle = false}));
      EXPECT_TRUE(same_weights(one, other)) << way.name << ", " << name_of(rule);
      EXPECT_TRUE(same_weights(one, epoch)) << way.name << ", " << name_of(rule);
      EXPECT_EQ(learner.steps(), 19u) << "a pattern of weight 0 is no step";
      EXPECT_EQ(fitter.steps(), 19u);
      EXPECT_EQ(stepper.steps(), 19u);
    }
}

/// What rounding may do to a slope, from sizes and epsilon: every E_p's slopes, weighted, summed over all of a layer.
template <class T>
std::vector<double> slope_bounds(Trainer<T>& trainer, const ArraySource<T>& patterns, const std::vector<T>& weights,
                                 double factor) {
  double largest = 0;
  std::size_t weight_count = 0;
  for (std::uint32_t p = 0; p < patterns.size(); ++p) {
    const auto slopes = *trainer.slopes(patterns, std::span(&p, 1));
    double most = 0;
    for (const T slope : slopes) most = std::max(most, std::fabs(static_cast<double>(slope)));
    largest += static_cast<double>(weights[p]) * most * factor;
    weight_count = slopes.size();
  }
  const double sums = 2.0 * static_cast<double>(patterns.size()) + 64;
  return std::vector<double>(weight_count, sums * std::numeric_limits<T>::epsilon() * largest);
}

template <class T>
struct StepOf {
  network::Network<T> network;
  std::vector<T> before, slopes;
  double loss = 0;
};
template <class T>
StepOf<T> one_step(const network::Network<T>& start, const TrainerOptions& options,
                   const base::PatternSource<T>& source) {
  StepOf<T> step{start, start.weights(), {}};
  auto trainer = trainer_for<T>(step.network, options);
  const auto all = all_patterns(source.size());
  step.slopes = *trainer.slopes(source, all);
  const auto loss = trainer.step(source, all);
  EXPECT_TRUE(loss);
  step.loss = loss ? *loss : 0;
  return step;
}

/// The first change of a rule grows no quicker than the slope: a relative error of the slope is at most one of the
/// change. Slopes that may be 0 within their bound are left out, and counted.
template <class T>
void compare_step(const StepOf<T>& weighted, const StepOf<T>& often, const std::vector<double>& bounds,
                  std::size_t& compared, std::size_t& left_out, const std::string& what) {
  constexpr double kEpsilon = std::numeric_limits<T>::epsilon();
  const auto after = weighted.network.weights(), expected = often.network.weights();
  for (std::size_t i = 0; i < bounds.size(); ++i) {
    const auto slope = static_cast<double>(often.slopes[i]);
    ASSERT_LE(std::fabs(static_cast<double>(weighted.slopes[i]) - slope), bounds[i]) << what;
    if (std::fabs(slope) <= 2 * bounds[i] && slope != static_cast<double>(weighted.slopes[i])) {
      ++left_out;
      continue;
    }
    const double w = static_cast<double>(often.before[i]), to = static_cast<double>(expected[i]);
    const double relative = slope == 0 ? 0 : 2 * bounds[i] / std::fabs(slope);
    const double allowed = std::fabs(to - w) * relative + 8 * kEpsilon * (std::fabs(w) + std::fabs(to));
    ASSERT_LE(std::fabs(static_cast<double>(after[i]) - to), allowed) << what;
    ++compared;
  }
}

template <class T>
void compare_repetition(const TrainerOptions& options, const NetworkSpec& spec, std::uint64_t seed,
                        std::size_t& compared, std::size_t& left_out) {
  Dice dice(seed);
  const auto start = random_network<T>(dice, spec);
  const auto patterns = random_patterns<T>(dice, 30, spec.inputs, spec.layers.back().units);
  const auto weights = whole_weights<T>(dice, patterns.size());
  const auto all_often = repeated(patterns, weights);
  const WeightedSource<T> source(patterns, weights);
  const auto weighted = one_step<T>(start, options, source), often = one_step<T>(start, options, all_often);
  auto bounding = start;
  auto trainer = trainer_for<T>(bounding, {});
  const double factor = options.reduction == Reduction::mean ? 1.0 / static_cast<double>(all_often.size()) : 1.0;
  const std::string what = spec.loss + ", " + std::string(name_of(options.optimizer));
  compare_step(weighted, often, slope_bounds(trainer, patterns, weights, factor), compared, left_out, what);
  EXPECT_NEAR(weighted.loss, often.loss, 1e-5 * std::fabs(often.loss)) << what;
}

TEST(Weights, OfKAreKRepetitionsInEveryRule) {
  std::size_t compared = 0, left_out = 0;
  const NetworkSpec spec{.inputs = 6, .layers = {{9, "tanh"}, {3, "identity"}}};
  for (const Optimizer& rule : every_rule())
    for (const Reduction reduction : {Reduction::mean, Reduction::sum}) {
      compare_repetition<double>({.optimizer = rule, .reduction = reduction}, spec, 51, compared, left_out);
      compare_repetition<float>({.optimizer = rule, .reduction = reduction}, spec, 52, compared, left_out);
    }
  EXPECT_GT(compared, every_rule().size() * 4 * 93 * 9 / 10);
  EXPECT_LT(left_out * 50, compared);
}

TEST(Weights, OfKAreKRepetitionsInEveryLoss) {
  std::size_t compared = 0, left_out = 0, losses = 0;
  for (const Pair& pair : derivation::testing::valid_pairs()) {
    const NetworkSpec spec{.inputs = 5, .layers = {{8, "tanh"}, {3, pair.activation}}, .loss = pair.loss};
    for (const double smoothing : {0.0, 0.1}) {
      if (smoothing > 0 && pair.loss.find("cross_entropy") == std::string::npos) continue;
      const TrainerOptions options{.optimizer = DeltaRule{0.01}, .label_smoothing = smoothing};
      compare_repetition<double>(options, spec, 60 + losses, compared, left_out);
      ++losses;
    }
  }
  EXPECT_GE(losses, 30u);
  EXPECT_GT(compared, losses * 50);
}

TEST(Weights, OfKStayKRepetitionsOverFiftyFullBatches) {
  const Way way{.name = "full batch",
                .spec = {.inputs = 5, .layers = {{8, "tanh"}, {6, "sigmoid"}, {2, "identity"}}},
                .batch = 0,
                .patterns = 300,
                .threads = 1};
  const std::vector<Optimizer> smooth = {DeltaRule{0.05}, Momentum{0.02, 0.9}, Nesterov{0.02, 0.9}, Adam{}, AdamW{},
                                         RMSProp{}};
  double largest = 0;
  for (const Optimizer& rule : smooth) {
    Dice dice(71);
    const auto patterns = random_patterns<double>(dice, way.patterns, 5, 2);
    const auto weights = whole_weights<double>(dice, way.patterns);
    const WeightedSource<double> source(patterns, weights);
    const auto weighted = learned<double>(way, {.optimizer = rule, .l2 = 1e-3}, source, 50);
    const auto often = learned<double>(way, {.optimizer = rule, .l2 = 1e-3}, repeated(patterns, weights), 50);
    for (std::size_t i = 0; i < often.weights.size(); ++i)
      largest = std::max(largest, std::fabs(weighted.weights[i] - often.weights[i]));
    ASSERT_EQ(weighted.result.history.size(), 50u);
    EXPECT_NEAR(weighted.result.history[49].training_loss, often.result.history[49].training_loss, 1e-9);
    EXPECT_NEAR(weighted.result.history[49].validation_loss, often.result.history[49].validation_loss, 1e-9);
    EXPECT_NE(weighted.weights, learned<double>(way, {.optimizer = rule, .l2 = 1e-3}, patterns, 50).weights);
  }
  EXPECT_LE(largest, 1e-9);
  EXPECT_GT(largest, 0.0) << "the sums have other chunks: nothing was compared";
}

TEST(Weights, OfZeroAreAsIfTheRowWereNotThere) {
  for (const Reduction reduction : {Reduction::mean, Reduction::sum})
    for (const std::size_t batch : {1u, 0u}) {
      Way way = ways()[batch == 1 ? 0 : 2];
      way.batch = batch;
      Dice dice(81);
      const auto patterns = random_patterns<double>(dice, 40, way.spec.inputs, way.spec.layers.back().units);
      std::vector<double> weights(40);
      for (std::size_t p = 0; p < 40; ++p) weights[p] = p % 3 == 0 ? 0 : 1;
      const auto rest = repeated(patterns, weights);
      const WeightedSource<double> source(patterns, weights);
      const TrainerOptions options{.optimizer = Momentum{0.01, 0.5}, .reduction = reduction};
      auto one = network_of<double>(way), other = one;
      auto with = trainer_for<double>(one, options), without = trainer_for<double>(other, options);
      const FitSettings settings{.epochs = 3, .batch_size = batch, .shuffle = false};
      const auto fitted = fit<double>(with, source, &source, settings);
      const auto expected = fit<double>(without, rest, &rest, settings);
      ASSERT_TRUE(fitted && expected);
      EXPECT_TRUE(same_weights(one, other)) << batch;
      EXPECT_EQ(fitted->history[2].training_loss, expected->history[2].training_loss);
      EXPECT_EQ(fitted->history[2].validation_loss, expected->history[2].validation_loss);
      EXPECT_EQ(fitted->steps, expected->steps);
      EXPECT_EQ(total_squared_error<double>(one, source, with.team()),
                total_squared_error<double>(other, rest, without.team()));
    }
}

TEST(Weights, OfABatchThatAreAllZeroMakeNoStep) {
  const Way way = ways()[0];
  Dice dice(82);
  const auto patterns = random_patterns<float>(dice, 6, way.spec.inputs, 3);
  const WeightedSource<float> source(patterns, {0, 0, 0, 1, 0, 2});
  auto network = network_of<float>(way);
  const auto before = network.weights();
  auto trainer = trainer_for<float>(network, {.optimizer = Adam{}});
  const auto zeros = trainer.step(source, std::vector<std::uint32_t>{0, 1, 2});
  ASSERT_TRUE(zeros);
  EXPECT_EQ(*zeros, 0.0);
  EXPECT_EQ(trainer.steps(), 0u);
  EXPECT_EQ(network.weights(), before);
  const auto slopes = trainer.slopes(source, std::vector<std::uint32_t>{0, 1});
  ASSERT_TRUE(slopes);
  for (const float slope : *slopes) EXPECT_EQ(slope, 0.0F);
  const auto fitted = fit<float>(trainer, source, nullptr, {.epochs = 2, .batch_size = 3, .shuffle = false});
  ASSERT_TRUE(fitted);
  EXPECT_EQ(fitted->steps, 2u) << "one of two batches";
  EXPECT_EQ(trainer.steps(), 2u);
}

TEST(Weights, OfAStepThatAreAllZeroMakeNoneToReport) {
  const Way way = ways()[0];
  Dice dice(83);
  const auto patterns = random_patterns<float>(dice, 4, way.spec.inputs, 3);
  const WeightedSource<float> source(patterns, {1, 0, 0, 2});
  for (const std::size_t size : {1u, 2u}) {
    auto network = network_of<float>(way);
    auto trainer = trainer_for<float>(network, {.optimizer = DeltaRule{0.01}});
    std::vector<std::size_t> presented;
    FitSettings settings{.epochs = 1, .batch_size = size, .order = {{1, 2, 0, 3}}};
    settings.on_step = [&](const StepReport& report) {
      presented.push_back(report.patterns);
      return false;
    };
    ASSERT_TRUE(fit<float>(trainer, source, nullptr, settings));
    EXPECT_EQ(presented, (size == 1 ? std::vector<std::size_t>{3, 4} : std::vector<std::size_t>{4}));
  }
}

TEST(Weights, ThatAreNoneAreRefusedByLearnOneAndLeaveNoTrace) {
  const Way way = ways()[0];
  Dice dice(83);
  const auto patterns = random_patterns<float>(dice, 1, way.spec.inputs, 3);
  auto network = network_of<float>(way);
  auto trainer = trainer_for<float>(network, {.optimizer = Momentum{}});
  const auto before = network.weights();
  for (const float bad : {-1.0F, -std::numeric_limits<float>::infinity(), std::numeric_limits<float>::infinity(),
                          std::numeric_limits<float>::quiet_NaN()})
    EXPECT_EQ(trainer.learn_one(patterns.input(0), patterns.target(0), bad), LearnStatus::weight_out_of_range) << bad;
  EXPECT_EQ(trainer.refused(), 4u);
  EXPECT_EQ(trainer.learn_one(patterns.input(0), patterns.target(0), 0.0F), LearnStatus::learned);
  EXPECT_EQ(trainer.steps(), 0u);
  EXPECT_EQ(network.weights(), before);
}

TEST(Weights, ThatMakeADeltaTooLargeAreRefusedLikeTheDelta) {
  const Way way = ways()[0];
  Dice dice(84);
  const auto patterns = random_patterns<float>(dice, 4, way.spec.inputs, 3);
  auto network = network_of<float>(way);
  auto trainer = trainer_for<float>(network, {.reduction = Reduction::sum});
  const auto before = network.weights();
  EXPECT_EQ(trainer.learn_one(patterns.input(0), patterns.target(0), 1e38F), LearnStatus::not_finite);
  const WeightedSource<float> source(patterns, {1, 1, 1e38F, 1});
  const auto step = trainer.step(source, all_patterns(4));
  ASSERT_FALSE(step);
  EXPECT_EQ(step.error().code, ErrorCode::diverged);
  EXPECT_NE(step.error().place.find("pattern 3"), std::string::npos) << step.error().place;
  EXPECT_EQ(network.weights(), before);
}

}  // namespace
}  // namespace deltarule::training::testing
