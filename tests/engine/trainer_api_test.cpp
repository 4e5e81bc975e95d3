// The public trainer: the ladder from fit to backward, callbacks that throw, errors as values and as exceptions.
#include "deltarule/engine.hpp"

#include <gtest/gtest.h>

#include <array>
#include <limits>
#include <stdexcept>
#include <vector>

namespace deltarule {
namespace {

struct Xor {
  std::vector<float> x{0, 0, 0, 1, 1, 0, 1, 1}, t{0, 1, 1, 0};
  [[nodiscard]] Rows<float> inputs() const { return rows(std::span(x), 2); }
  [[nodiscard]] Rows<float> targets() const { return rows(std::span(t), 1); }
};

Network small_network() { return {{.inputs = 2, .layers = {{4, "tanh"}, {1, "identity"}}}, Seed{3}}; }

TEST(Trainer, ReadsLikeTheManual) {
  Network net({.inputs = 4, .layers = {{.units = 16, .activation = "tanh"}, {.units = 1, .activation = "identity"}}},
              Seed{42});
  Trainer trainer(net, {.optimizer = DeltaRule{.learning_rate = 0.05f}});
  std::vector<float> x(40), t(10), dE_dx(4);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i % 7) / 7.0F;
  for (std::size_t i = 0; i < t.size(); ++i) t[i] = x[4 * i] + x[4 * i + 1];
  const std::span<const float> xs(x), ts(t);
  const FitResult result = trainer.fit(rows(xs, 4), rows(ts, 1), {.epochs = 50, .batch_size = 32});
  EXPECT_EQ(result.epochs, 50u);
  EXPECT_LT(result.history.back().training_loss, result.history.front().training_loss);
  EXPECT_EQ(trainer.learn_one(xs.first(4), ts.first(1)), LearnStatus::learned);
  const auto y = trainer.forward(xs.first(4));
  ASSERT_EQ(y.size(), 1u);
  EXPECT_EQ(trainer.backward(std::array{y[0] - 0.3f}, dE_dx), LearnStatus::learned);
  EXPECT_NE(dE_dx[0], 0.0f);
  EXPECT_EQ(trainer.steps(), 52u);
}

TEST(Trainer, LearnsXorInEveryRule) {
  const Xor data;
  std::size_t learned = 0;
  const std::vector<Optimizer> by_pattern{DeltaRule{0.2},
                                          Momentum{0.05, 0.9},
                                          Nesterov{0.05, 0.9},
                                          Adam{0.02},
                                          AdamW{.learning_rate = 0.02, .weight_decay = 1e-4},
                                          RMSProp{.learning_rate = 0.005},
                                          Adagrad{0.1},
                                          Adadelta{},
                                          Lion{0.003}};
  const std::vector<Optimizer> by_batch{RpropMinus{}, RpropPlus{},         IRpropMinus{},
                                        IRpropPlus{}, Quickprop{0.5},      ScaledConjugateGradient{},
                                        LBFGS{},      LevenbergMarquardt{}};
  const auto learn = [&](const Optimizer& rule, std::size_t batch) {
    Network network = small_network();
    Trainer trainer(network, {.optimizer = rule, .reduction = Reduction::sum});
    const FitResult result =
        trainer.fit(data.inputs(), data.targets(), {.epochs = 5000, .batch_size = batch, .until_tss = 0.04});
    EXPECT_EQ(result.reason, StopReason::error_below) << "rule number " << rule.index();
    learned += result.reason == StopReason::error_below ? 1 : 0;
  };
  for (const Optimizer& rule : by_pattern) learn(rule, 1);
  for (const Optimizer& rule : by_batch) learn(rule, 0);
  EXPECT_EQ(learned, std::variant_size_v<Optimizer>);
}

TEST(Trainer, AStepReturnsTheMeanLossBeforeTheChange) {
  const Xor data;
  Network network = small_network();
  std::vector<float> y(4);
  ASSERT_TRUE(network.predict(data.inputs(), y));
  double E = 0;
  for (std::size_t p = 0; p < 4; ++p) E += 0.5 * double{y[p] - data.t[p]} * double{y[p] - data.t[p]};
  Trainer trainer(network);
  const auto loss = trainer.step(data.inputs(), data.targets());
  ASSERT_TRUE(loss);
  EXPECT_NEAR(*loss, E / 4, 16 * double{std::numeric_limits<float>::epsilon()});
}

TEST(Trainer, PassesOnWhatACallbackThrowsAndStaysUsable) {
  const Xor data;
  Network network = small_network();
  Trainer trainer(network, {.threads = 2});
  FitSettings settings{.epochs = 10, .batch_size = 1};
  settings.on_epoch = [](const EpochReport& report) -> bool {
    if (report.epoch == 3) throw std::runtime_error("enough");
    return false;
  };
  EXPECT_THROW(trainer.fit(data.inputs(), data.targets(), settings), std::runtime_error);
  EXPECT_EQ(trainer.steps(), 12u);
  EXPECT_THROW((void)trainer.try_fit(data.inputs(), data.targets(), settings), std::runtime_error);
  settings.on_epoch = {};
  settings.on_step = [](const StepReport& report) -> bool {
    if (report.step == 2) throw std::runtime_error("enough");
    return false;
  };
  const auto steps = trainer.steps();
  EXPECT_THROW(trainer.fit(data.inputs(), data.targets(), settings), std::runtime_error);
  EXPECT_EQ(trainer.steps(), steps + 2);
  settings.on_step = {};
  EXPECT_EQ(trainer.fit(data.inputs(), data.targets(), settings).epochs, 10u);
}

TEST(Trainer, NamesTheNumberThatIsNotFinite) {
  Xor data;
  data.x[5] = std::numeric_limits<float>::quiet_NaN();
  Network network = small_network();
  const auto before = network.weights();
  Trainer trainer(network);
  const auto result = trainer.try_fit(data.inputs(), data.targets());
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::data);
  EXPECT_NE(result.error().place.find("row 3, column 2"), std::string::npos) << result.error().place;
  EXPECT_THROW(trainer.fit(data.inputs(), data.targets()), Exception);
  EXPECT_EQ(trainer.step(data.inputs(), data.targets()).error().code, ErrorCode::diverged);
  EXPECT_EQ(network.weights(), before);
}

TEST(Trainer, RefusesArraysThatDoNotFit) {
  const Xor data;
  Network network = small_network();
  Trainer trainer(network);
  const std::span<const float> x(data.x), t(data.t);
  const std::pair<Rows<float>, Rows<float>> bad[] = {{rows(x, 3), rows(t, 1)},
                                                     {rows(x, 2), rows(t, 3)},
                                                     {rows(x, 4), rows(t, 2)},
                                                     {rows(x, 2), rows(t.first(3), 1)},
                                                     {rows(x.first(4), 2), rows(t, 2)}};
  for (const auto& [inputs, targets] : bad) {
    EXPECT_EQ(trainer.try_fit(inputs, targets).error().code, ErrorCode::shape);
    EXPECT_EQ(trainer.step(inputs, targets).error().code, ErrorCode::shape);
    EXPECT_EQ(trainer.try_fit(data.inputs(), data.targets(), inputs, targets, {}).error().code, ErrorCode::shape);
  }
  EXPECT_EQ(trainer.try_fit(Rows<float>{}, Rows<float>{}).error().code, ErrorCode::data);
  EXPECT_EQ(trainer.steps(), 0u);
}

TEST(Trainer, RefusesTargetsThatTheLossIsNotDefinedFor) {
  Network network({.inputs = 1, .layers = {{1, "exp"}}, .loss = "poisson"}, Seed{1});
  const std::vector<float> before = network.weights();
  Trainer trainer(network);
  const std::vector<float> x{1, 2, 3}, bad{0, 2, -1}, good{0, 2, 5};
  const auto xs = rows(std::span(x), 1), wrong = rows(std::span(bad), 1), right = rows(std::span(good), 1);
  const auto fitted = trainer.try_fit(xs, wrong);
  ASSERT_FALSE(fitted);
  EXPECT_EQ(fitted.error().code, ErrorCode::data);
  EXPECT_EQ(fitted.error().place, "training patterns, targets, row 3, column 1");
  EXPECT_EQ(fitted.error().got, "-1");
  EXPECT_EQ(fitted.error().needed, "a target from 0 up: the loss is poisson_deviance");
  EXPECT_EQ(fitted.error().fix, "Correct the target, or choose another loss");
  const auto validated = trainer.try_fit(xs, right, xs, wrong, {.epochs = 1});
  ASSERT_FALSE(validated);
  EXPECT_EQ(validated.error().place, "validation patterns, targets, row 3, column 1");
  EXPECT_EQ(trainer.step(xs, wrong).error().code, ErrorCode::data);
  EXPECT_EQ(trainer.learn_one(std::span(x).first(1), std::span(bad).last(1)), LearnStatus::target_out_of_range);
  EXPECT_EQ(network.weights(), before);
  EXPECT_TRUE(trainer.try_fit(xs, right, {.epochs = 2}));
}

TEST(Trainer, ARateFactorIsASmallerRateAndIsRefusedWhereThereIsNone) {
  Network one = small_network(), other = one;
  Trainer by_factor(one, {.optimizer = DeltaRule{0.5}}), by_rate(other, {.optimizer = DeltaRule{0.125}});
  ASSERT_TRUE(by_factor.set_rate_factor(0.25));
  const std::vector<float> x{0.5f, -1}, t{1};
  for (int k = 0; k < 3; ++k) {
    ASSERT_EQ(by_factor.learn_one(x, t), LearnStatus::learned);
    ASSERT_EQ(by_rate.learn_one(x, t), LearnStatus::learned);
  }
  EXPECT_EQ(one.weights(), other.weights());
  for (const float wrong : {-0.1f, 1.5f, std::numeric_limits<float>::quiet_NaN()})
    EXPECT_EQ(by_factor.set_rate_factor(wrong).error().needed, "a number from 0 to 1");
  Trainer without(one, {.optimizer = RpropPlus{}});
  EXPECT_EQ(without.set_rate_factor(0.5).error().needed, "an optimizer that has a learning rate");
  EXPECT_TRUE(without.set_rate_factor(1));
}

TEST(Trainer, ThrowsForSettingsThatMakeNoSense) {
  Network network = small_network();
  EXPECT_THROW(Trainer(network, {.optimizer = DeltaRule{-1}}), Exception);
  EXPECT_EQ(Trainer::create(network, {.threads = 0}).error().code, ErrorCode::spec);
  EXPECT_EQ(Trainer::create(network, {.label_smoothing = 0.1}).error().place, "label_smoothing");
}

}  // namespace
}  // namespace deltarule
