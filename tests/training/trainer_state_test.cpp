// A trainer that was taken down and built anew goes on as though nothing had been: every rule, by batches and by single
// patterns, with what is pending and what looks ahead.
#include "training/trainer_state.hpp"

#include "every_rule.hpp"
#include "support.hpp"

namespace deltarule::training::testing {
namespace {

constexpr std::size_t kInputs = 13, kPatterns = 90;
const std::vector<std::size_t> kUnits = {21, 17, 3};

/// Everything that a later step could see.
template <class T>
void expect_same(const TrainerState<T>& a, const TrainerState<T>& b) {
  EXPECT_TRUE(same_bits<T>(a.parameters.span(), b.parameters.span()));
  ASSERT_EQ(a.update.arrays.size(), b.update.arrays.size());
  for (std::size_t k = 0; k < a.update.arrays.size(); ++k)
    EXPECT_TRUE(same_bits<T>(a.update.arrays[k].span(), b.update.arrays[k].span())) << "array " << k;
  EXPECT_EQ(a.update.numbers, b.update.numbers);
  EXPECT_EQ(a.update.steps, b.update.steps);
  EXPECT_EQ(std::memcmp(&a.update.errors, &b.update.errors, sizeof a.update.errors), 0);
  EXPECT_EQ(a.refused, b.refused);
}

/// Learns all patterns, in batches or one by one; `cut` patterns in, the trainer is replaced by another one.
template <class T>
struct Compared {
  std::size_t batch = 1;
  TrainerOptions options = {};
  std::vector<std::size_t> units = kUnits;
  std::size_t inputs = kInputs;

  void learn(Trainer<T>& trainer, const ArraySource<T>& source, std::size_t first, std::size_t last) const {
    const auto patterns = all_patterns(source.size());
    for (std::size_t p = first; p < last; p += batch) {
      const auto some = std::span(patterns).subspan(p, std::min(batch, last - p));
      std::size_t done = 0;
      if (batch > 1)
        ASSERT_TRUE(trainer.step(source, some));
      else
        ASSERT_TRUE(trainer.step_each(source, some, done));
    }
  }

  void run(std::size_t count, std::size_t cut) const {
    Dice dice(71);
    const auto source = random_patterns<T>(dice, count, inputs, units.back());
    auto first = plain_network<T>(inputs, units), second = plain_network<T>(inputs, units, 99);
    auto trainer = trainer_for<T>(first, options);
    learn(trainer, source, 0, cut);
    const TrainerState<T> taken = trainer.snapshot();
    learn(trainer, source, cut, count);

    auto other = trainer_for<T>(second, options);
    learn(other, source, cut / 2, cut);  // a past of its own, something pending, perhaps
    ASSERT_FALSE(same_weights(first, second));
    const auto restored = other.restore(taken);
    ASSERT_TRUE(restored) << restored.error().message();
    expect_same(other.snapshot(), taken);
    learn(other, source, cut, count);
    expect_same(other.snapshot(), trainer.snapshot());
    EXPECT_GT(trainer.steps(), taken.update.steps);
  }
};

TEST(ARestoredTrainer, GoesOnWithTheSameBitsUnderEveryRule) {
  std::size_t rules = 0;
  for (const Optimizer& rule : every_rule(0.05)) {
    SCOPED_TRACE(name_of(rule));
    for (const std::size_t batch : {1u, 30u}) {
      Compared<float>{batch, {.optimizer = rule}}.run(kPatterns, 30);
      Compared<double>{batch, {.optimizer = rule, .l2 = 1e-3}}.run(kPatterns, 60);
    }
    ++rules;
  }
  EXPECT_EQ(rules, std::variant_size_v<Optimizer>);
}

TEST(ARestoredTrainer, GoesOnInTheMiddleOfPatternsThatLookAhead) {
  const Compared<float> wide{1, {.optimizer = DeltaRule{0.001}}, {270, 3}, 1000};  // more than 2^18 weights of inputs
  Dice dice(72);
  const auto source = random_patterns<float>(dice, 12, wide.inputs, 3);
  const auto patterns = all_patterns(12);
  auto whole = plain_network<float>(wide.inputs, wide.units), parted = whole;
  auto at_once = trainer_for<float>(whole, wide.options), before = trainer_for<float>(parted, wide.options);
  std::size_t done = 0;
  ASSERT_TRUE(at_once.step_each(source, patterns, done));
  ASSERT_TRUE(before.step_each(source, std::span(patterns).first(6), done));
  const TrainerState<float> taken = before.snapshot();
  auto anew = plain_network<float>(wide.inputs, wide.units, 5);
  auto after = trainer_for<float>(anew, wide.options);
  ASSERT_TRUE(after.step_each(source, std::span(patterns).first(4), done));
  ASSERT_TRUE(after.restore(taken));
  ASSERT_TRUE(after.step_each(source, std::span(patterns).subspan(6), done));
  expect_same(after.snapshot(), at_once.snapshot());
}

TEST(ASnapshot, DisturbsNothingWhateverIsPending) {
  Dice dice(73);
  const auto source = random_patterns<float>(dice, kPatterns, kInputs, kUnits.back());
  for (const Optimizer& rule : {Optimizer{DeltaRule{0.05}}, Optimizer{Momentum{0.05, 0.9}}, Optimizer{Adam{}}}) {
    auto looked = plain_network<float>(kInputs, kUnits), alone = looked;
    auto one = trainer_for<float>(looked, {.optimizer = rule}), other = trainer_for<float>(alone, {.optimizer = rule});
    for (std::uint32_t p = 0; p < kPatterns; ++p) {
      ASSERT_EQ(one.learn_one(source.input(p), source.target(p)), LearnStatus::learned);
      EXPECT_EQ(one.snapshot().update.steps, p + 1);
      ASSERT_EQ(other.learn_one(source.input(p), source.target(p)), LearnStatus::learned);
    }
    expect_same(one.snapshot(), other.snapshot());
  }
}

TEST(ARestoredTrainer, KnowsWhatItRefused) {
  auto network = plain_network<double>(2, {3, 1});
  auto trainer = trainer_for<double>(network, {});
  const std::vector<double> bad = {1.0, std::numeric_limits<double>::quiet_NaN()}, good = {1.0, 2.0}, t = {0.5};
  ASSERT_EQ(trainer.learn_one(bad, t), LearnStatus::not_finite);
  const auto taken = trainer.snapshot();
  ASSERT_EQ(trainer.learn_one(bad, t), LearnStatus::not_finite);
  ASSERT_EQ(trainer.learn_one(good, t), LearnStatus::learned);
  ASSERT_FALSE(trainer.forward(good).empty());
  ASSERT_TRUE(trainer.restore(taken));
  EXPECT_EQ(trainer.refused(), 1u);
  EXPECT_EQ(trainer.steps(), 0u);
  EXPECT_EQ(trainer.backward(t, {}), LearnStatus::shape_error) << "that forward pass was of other weights";
}

TEST(AStateOfAnotherTrainer, IsRefusedAndChangesNothing) {
  auto small = plain_network<float>(2, {3, 1}), large = plain_network<float>(40, {50, 1});
  auto taken_from = trainer_for<float>(small, {.optimizer = Adam{}});
  for (const Optimizer& rule : {Optimizer{Adam{}}, Optimizer{Momentum{}}}) {
    auto& network = rule.index() == Optimizer{Adam{}}.index() ? large : small;
    auto trainer = trainer_for<float>(network, {.optimizer = rule});
    const auto before = trainer.snapshot();
    const auto refused = trainer.restore(taken_from.snapshot());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::shape);
    EXPECT_NE(refused.error().message().find("2 arrays of a rule"), std::string::npos) << refused.error().message();
    expect_same(trainer.snapshot(), before);
  }
  auto state = taken_from.snapshot();
  state.update.arrays[1] = base::AlignedBuffer<float>(3);
  EXPECT_FALSE(taken_from.restore(state));
}

}  // namespace
}  // namespace deltarule::training::testing
