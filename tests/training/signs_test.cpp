// Weights that keep their signs under every rule and way of learning: a step is the rule's, and then what has the wrong
// sign is 0.
#include "training/signs.hpp"

#include "every_rule.hpp"
#include "support.hpp"
#include "training/loop.hpp"

namespace deltarule::training::testing {
namespace {

constexpr std::size_t kInputs = 11;
const std::vector<std::size_t> kUnits = {37, 9, 2};

std::vector<std::int8_t> random_signs(Dice& dice, std::size_t count) {
  std::vector<std::int8_t> signs(count);
  for (auto& sign : signs) sign = static_cast<std::int8_t>(static_cast<int>(dice.between(0, 2)) - 1);
  return signs;
}

template <class T>
std::size_t wrong(const std::vector<std::int8_t>& signs, const std::vector<T>& weights) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) count += signs[i] * weights[i] < 0 ? 1 : 0;
  return count;
}

template <class T>
std::vector<T> projected(const std::vector<std::int8_t>& signs, std::vector<T> weights) {
  for (std::size_t i = 0; i < weights.size(); ++i)
    if (signs[i] * weights[i] < 0) weights[i] = 0;
  return weights;
}

/// A step with signs is a step without, projected; after many the rule has pushed against every wall.
template <class T>
void check_rule(const Optimizer& rule, std::size_t batch, double l2) {
  Dice dice(91);
  const auto source = random_patterns<T>(dice, 60, kInputs, kUnits.back());
  auto network = plain_network<T>(kInputs, kUnits);
  const auto signs = random_signs(dice, network.graph().weight_count());
  TrainerOptions options{.optimizer = rule, .l2 = l2};
  ASSERT_TRUE(network.set_weights(projected(signs, network.weights())));
  auto free = network;
  auto free_trainer = trainer_for<T>(free, options);
  options.signs = signs;
  auto trainer = trainer_for<T>(network, options);
  const auto patterns = all_patterns(60);
  ASSERT_TRUE(trainer.step(source, std::span(patterns).first(batch)));
  ASSERT_TRUE(free_trainer.step(source, std::span(patterns).first(batch)));
  EXPECT_GT(wrong(signs, free.weights()), 0u) << "nothing to project";
  EXPECT_TRUE(same_bits<T>(network.weights(), projected(signs, free.weights())));
  for (int epoch = 0; epoch < 5; ++epoch) {
    ASSERT_TRUE(fit<T>(trainer, source, nullptr, {.epochs = 1, .batch_size = batch == 60 ? 0 : batch}));
    EXPECT_EQ(wrong(signs, network.weights()), 0u);
  }
}

void check_refused(const Optimizer& rule) {
  auto network = plain_network<double>(2, {2, 1});
  const auto trainer = Trainer<double>::create(network, {.optimizer = rule, .signs = std::vector<std::int8_t>(9, 1)});
  ASSERT_FALSE(trainer);
  EXPECT_EQ(trainer.error().message(),
            "optimizer " + std::string(name_of(rule)) +
                ": weights that must keep their signs; needed steps that may be cut off weight by weight: that of all "
                "weights together would lose its direction. Use a rule that changes one weight at a time, as adam");
}

TEST(Signs, AreKeptUnderEveryRule) {
  std::size_t rules = 0;
  for (const Optimizer& rule : every_rule()) {
    SCOPED_TRACE(name_of(rule));
    ++rules;
    if (!goes_by_weights(rule)) {
      check_refused(rule);
      continue;
    }
    // A penalty that adds nothing keeps the free trainer from the per-pattern path, which rounds its own way.
    for (const std::size_t batch : {1u, 16u, 60u}) {
      check_rule<float>(rule, batch, batch == 1 ? 1e-30 : 0);
      check_rule<double>(rule, batch, batch == 1 ? 1e-30 : 1e-3);
    }
  }
  EXPECT_EQ(rules, std::variant_size_v<Optimizer>);
}

TEST(Signs, AreKeptByLearningOnePatternAtATimeAndFromSlopesOfTheCaller) {
  Dice dice(92);
  const auto source = random_patterns<float>(dice, 80, kInputs, kUnits.back());
  auto network = plain_network<float>(kInputs, kUnits);
  const auto signs = random_signs(dice, network.graph().weight_count());
  EXPECT_GT(wrong(signs, network.weights()), 50u);
  auto trainer = trainer_for<float>(network, {.optimizer = DeltaRule{0.05}, .signs = signs});
  EXPECT_EQ(wrong(signs, network.weights()), 0u) << "from the first";
  const auto start = network.weights();
  for (std::size_t p = 0; p < 80; ++p) {
    ASSERT_EQ(trainer.learn_one(source.input(p), source.target(p)), LearnStatus::learned);
    EXPECT_EQ(wrong(signs, network.weights()), 0u);
    const auto a = trainer.forward(source.input(p));
    std::vector<float> slopes(a.begin(), a.end());
    ASSERT_EQ(trainer.backward(slopes, {}), LearnStatus::learned);
    EXPECT_EQ(wrong(signs, network.weights()), 0u);
  }
  EXPECT_FALSE(same_bits<float>(network.weights(), start));
}

TEST(Signs, OfNothingChangeNoBit) {
  Dice dice(93);
  const auto source = random_patterns<float>(dice, 64, kInputs, kUnits.back());
  auto plain = plain_network<float>(kInputs, kUnits), other = plain;
  auto trainer = trainer_for<float>(plain, {.optimizer = Adam{}}),
       with = trainer_for<float>(
           other, {.optimizer = Adam{}, .signs = std::vector<std::int8_t>(other.graph().weight_count())});
  for (auto* one : {&trainer, &with}) ASSERT_TRUE(fit<float>(*one, source, nullptr, {.epochs = 3, .batch_size = 16}));
  EXPECT_TRUE(same_weights(plain, other));
}

TEST(Signs, GiveTheSameBitsForAnyNumberOfThreads) {
  Dice dice(94);
  const auto source = random_patterns<float>(dice, 300, kInputs, kUnits.back());
  const auto first = plain_network<float>(kInputs, kUnits);
  const auto signs = random_signs(dice, first.graph().weight_count());
  std::vector<float> alone;
  for (const std::size_t threads : {1u, 2u, 4u}) {
    auto network = first;
    auto trainer = trainer_for<float>(network, {.optimizer = Adam{}, .signs = signs, .threads = threads}, 0);
    ASSERT_TRUE(fit<float>(trainer, source, nullptr, {.epochs = 3, .batch_size = 0}));
    if (threads == 1) alone = network.weights();
    EXPECT_TRUE(same_bits<float>(network.weights(), alone)) << threads;
  }
}

TEST(Signs, ThatAreNoneAreRefused) {
  auto network = plain_network<float>(2, {2, 1});
  const auto refusal = [&](std::vector<std::int8_t> signs) {
    const auto trainer = Trainer<float>::create(network, {.signs = std::move(signs)});
    return trainer ? std::string("accepted") : trainer.error().message();
  };
  EXPECT_EQ(refusal({1, 0}), "signs: 2 of them; needed one for each of the 9 weights, in canonical order");
  EXPECT_EQ(refusal({0, 0, 2, 0, 0, 0, 0, 0, 0}), "signs: 2 for weight 3; needed -1, 0 or 1");
  EXPECT_EQ(refusal({0, 0, 1, 0, 0, 0, 0, 0, -1}), "accepted");
}

}  // namespace
}  // namespace deltarule::training::testing
