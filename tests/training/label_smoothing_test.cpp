// Label smoothing: learning from t (1 − ε) + ε/K, in every way that patterns are learnt, and nowhere else.
#include "network/targets.hpp"

#include "support.hpp"
#include "training/evaluate.hpp"
#include "training/loop.hpp"

namespace deltarule::training::testing {
namespace {

struct Kind {
  std::string activation, loss;
  std::size_t classes;  // K
};
const std::vector<Kind> kKinds = {{"softmax", "softmax_cross_entropy", 3}, {"sigmoid", "binary_cross_entropy", 2}};
constexpr double kEpsilon = 0.125;

template <class T>
network::Network<T> network_of(const Kind& kind) {
  Dice dice(5);
  return random_network<T>(dice, {.inputs = 4, .layers = {{5, "tanh"}, {3, kind.activation}}, .loss = kind.loss});
}

/// 0 and 1 as targets: what is certain.
template <class T>
ArraySource<T> certain_patterns(std::size_t count) {
  Dice dice(6);
  auto source = random_patterns<T>(dice, count, 4, 3);
  for (std::size_t p = 0; p < count; ++p) {
    const std::size_t hit = dice.between(0, 2);
    for (std::size_t j = 0; j < 3; ++j) source.t[3 * p + j] = j == hit ? T{1} : T{0};
  }
  return source;
}

template <class T>
ArraySource<T> smoothed_by_hand(ArraySource<T> source, std::size_t classes) {
  for (T& t : source.t) t = static_cast<T>((1 - kEpsilon) * double{t} + kEpsilon / static_cast<double>(classes));
  return source;
}

template <class T>
void compare_with_smoothed_targets() {
  const std::vector<Optimizer> rules = {DeltaRule{0.1}, Momentum{0.05, 0.9}, Adam{0.01}};
  std::size_t compared = 0;
  for (const Kind& kind : kKinds)
    for (const Optimizer& rule : rules)
      for (const std::size_t batch : {1u, 7u, 0u}) {
        const auto source = certain_patterns<T>(300);
        const auto by_hand = smoothed_by_hand(source, kind.classes);
        auto smooth = network_of<T>(kind), plain = smooth, threaded = smooth;
        const TrainerOptions options{.optimizer = rule, .label_smoothing = kEpsilon};
        auto learns = trainer_for<T>(smooth, options), other = trainer_for<T>(plain, {.optimizer = rule});
        const FitSettings settings{.epochs = 2, .batch_size = batch};
        const auto fitted = fit<T>(learns, source, &source, settings);
        const auto expected = fit<T>(other, by_hand, &source, settings);
        ASSERT_TRUE(fitted) << fitted.error().message();
        ASSERT_TRUE(expected);
        EXPECT_TRUE(same_weights(smooth, plain)) << kind.loss << ", batch " << batch;
        EXPECT_EQ(fitted->history[1].training_loss, expected->history[1].training_loss);
        EXPECT_EQ(fitted->history[1].validation_loss, expected->history[1].validation_loss) << "of the true targets";
        auto several = trainer_for<T>(threaded, {.optimizer = rule, .label_smoothing = kEpsilon, .threads = 3}, 0);
        ASSERT_TRUE(fit<T>(several, source, nullptr, settings));
        EXPECT_TRUE(same_weights(smooth, threaded)) << "three threads";
        ++compared;
      }
  EXPECT_EQ(compared, 18u);
}

TEST(LabelSmoothing, IsLearningFromSmoothedTargetsInF32) { compare_with_smoothed_targets<float>(); }
TEST(LabelSmoothing, IsLearningFromSmoothedTargetsInF64) { compare_with_smoothed_targets<double>(); }

TEST(LabelSmoothing, OfOnePatternIsAStepOfOne) {
  for (const Kind& kind : kKinds) {
    const auto source = certain_patterns<float>(20);
    auto one = network_of<float>(kind), other = one;
    const TrainerOptions options{.optimizer = DeltaRule{0.2}, .label_smoothing = kEpsilon};
    auto by_learning = trainer_for<float>(one, options), by_steps = trainer_for<float>(other, options);
    for (std::uint32_t p = 0; p < 20; ++p) {
      EXPECT_EQ(by_learning.learn_one(source.input(p), source.target(p)), LearnStatus::learned);
      EXPECT_TRUE(by_steps.step(source, std::vector<std::uint32_t>{p}));
    }
    EXPECT_TRUE(same_weights(one, other));
  }
}

TEST(LabelSmoothing, KeepsTheSumOfTheTargetsOfASoftmax) {
  const auto smoothing = network::label_smoothing(*derivation::find_loss("softmax_cross_entropy"), 4, kEpsilon);
  ASSERT_TRUE(smoothing);
  EXPECT_EQ(smoothing->of(1.0) + 3 * smoothing->of(0.0), 1.0);
  EXPECT_EQ(smoothing->of(0.0), kEpsilon / 4);
  const auto binary = network::label_smoothing(*derivation::find_loss("binary_cross_entropy"), 4, kEpsilon);
  EXPECT_EQ(binary->of(1.0), 1 - kEpsilon / 2);
  EXPECT_EQ(binary->of(0.0), kEpsilon / 2);
}

TEST(LabelSmoothing, OfZeroIsNone) {
  const Kind& kind = kKinds[0];
  const auto source = certain_patterns<double>(10);
  auto one = network_of<double>(kind), other = one;
  auto zero = trainer_for<double>(one, {.label_smoothing = 0}), none = trainer_for<double>(other, {});
  ASSERT_TRUE(fit<double>(zero, source, nullptr, {.epochs = 3, .batch_size = 1}));
  ASSERT_TRUE(fit<double>(none, source, nullptr, {.epochs = 3, .batch_size = 1}));
  EXPECT_TRUE(same_weights(one, other));
}

TEST(LabelSmoothing, IsRefusedOutsideItsRangeAndForOtherLosses) {
  auto labels = network_of<double>(kKinds[0]);
  for (const double bad : {-0.1, 1.0, 2.0, std::nan("")}) {
    const auto made = Trainer<double>::create(labels, {.label_smoothing = bad});
    ASSERT_FALSE(made) << bad;
    EXPECT_EQ(made.error().code, ErrorCode::spec);
    EXPECT_EQ(made.error().needed, "a number from 0 up to, not with, 1");
  }
  auto numbers = plain_network<double>(2, {3, 1});
  const auto made = Trainer<double>::create(numbers, {.label_smoothing = 0.1});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().got, "0.100000 with the loss half_squared_error");
  EXPECT_EQ(made.error().needed, "softmax_cross_entropy or binary_cross_entropy, whose targets are labels");
}

}  // namespace
}  // namespace deltarule::training::testing
