// The public network: building, weights, prediction, copies, errors as values and as exceptions.
#include "deltarule/engine.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <limits>
#include <stdexcept>
#include <thread>
#include <vector>

#include "base/random.hpp"

namespace deltarule {
namespace {

std::vector<float> random_numbers(std::size_t count, std::uint64_t seed) {
  base::Random random(seed, base::Stream::generate);
  std::vector<float> numbers(count);
  for (float& one : numbers) one = static_cast<float>(random.uniform(-1, 1));
  return numbers;
}

NetworkSpec skipping_spec() {
  NetworkSpec spec{.inputs = 7, .layers = {{19, "gelu"}, {5, "tanh"}, {3, "softmax"}}, .loss = "softmax_cross_entropy"};
  spec.layers[2].from = {0, 1, 2};
  return spec;
}

TEST(Network, PredictsTheSameBitsAloneAndInAnyBatch) {
  const Network network(skipping_spec(), Seed{1});
  const auto x = random_numbers(600 * 7, 2);
  std::vector<float> together(600 * 3), alone(600 * 3), in_parts(600 * 3);
  ASSERT_TRUE(network.predict(rows(std::span(x), 7), together));
  for (std::size_t p = 0; p < 600; ++p)
    ASSERT_TRUE(network.predict(std::span(x).subspan(p * 7, 7), std::span(alone).subspan(p * 3, 3)));
  for (std::size_t first = 0, count = 1; first < 600; first += count, count = std::min(count * 2, 600 - first))
    ASSERT_TRUE(network.predict(rows(std::span(x).subspan(first * 7, count * 7), 7),
                                std::span(in_parts).subspan(first * 3, count * 3)));
  EXPECT_EQ(std::memcmp(together.data(), alone.data(), together.size() * sizeof(float)), 0);
  EXPECT_EQ(std::memcmp(together.data(), in_parts.data(), together.size() * sizeof(float)), 0);
}

TEST(Network, PredictsFromSeveralThreadsAtOnce) {
  const Network network(skipping_spec(), Seed{1});
  const auto x = random_numbers(100 * 7, 3);
  std::vector<float> expected(300);
  ASSERT_TRUE(network.predict(rows(std::span(x), 7), expected));
  std::vector<std::vector<float>> got(4, std::vector<float>(300));
  std::vector<std::thread> threads;
  for (auto& mine : got)
    threads.emplace_back([&network, &x, &mine] {
      for (std::size_t p = 0; p < 100; ++p)
        (void)network.predict(std::span(x).subspan(p * 7, 7), std::span(mine).subspan(p * 3, 3)).ok();
    });
  for (auto& thread : threads) thread.join();
  for (const auto& mine : got) EXPECT_EQ(mine, expected);
}

TEST(Network, RefusesArraysThatDoNotFit) {
  const Network network(skipping_spec(), Seed{1});
  std::vector<float> x(14), y(6);
  for (const auto& result :
       {network.predict(std::span<const float>(x).first(6), std::span(y).first(3)),
        network.predict(std::span<const float>(x).first(7), std::span(y).first(2)),
        network.predict(rows(std::span(x), 7), std::span(y).first(5)),
        network.predict(rows(std::span(x), 2), std::span(y)), network.predict(rows(std::span(x), 4), std::span(y))}) {
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::shape);
  }
  EXPECT_TRUE(network.predict(rows(std::span(x), 7), y));
  EXPECT_TRUE(network.predict(Rows<float>{}, {})) << "no patterns are no mistake";
}

TEST(Network, CopiesAreTheirOwnAndMovesTakeAlong) {
  Network one(skipping_spec(), Seed{1});
  const auto weights = one.weights();
  Network copy = one;
  ASSERT_TRUE(copy.set_weights(std::vector<float>(weights.size(), 0.5F)));
  EXPECT_EQ(one.weights(), weights);
  const Network moved = std::move(one);
  EXPECT_EQ(moved.weights(), weights);
  copy = moved;
  EXPECT_EQ(copy.weights(), weights);
  Network other({.inputs = 1, .layers = {{1, "tanh"}}}, Seed{2});
  other = moved;
  EXPECT_EQ(other.weights(), weights);
  EXPECT_EQ(other.spec(), moved.spec());
}

TEST(Network, SaysOneWeightByAddress) {
  const NetworkF64 network({.inputs = 2, .layers = {{2, "tanh"}, {1, "identity"}}}, Seed{1}, "uniform(1)");
  const auto weights = network.weights();
  EXPECT_EQ(*network.weight("x2:h1.1"), weights[1]);
  EXPECT_EQ(*network.weight("1:h1.2"), weights[5]);
  EXPECT_EQ(*network.weight("h1.2:y1"), weights[7]);
  EXPECT_EQ(*network.weight("1:y1"), weights[8]);
  EXPECT_EQ(network.weight("x3:h1.1").error().code, ErrorCode::spec);
}

TEST(Network, ThrowsWhatCreateReturns) {
  const NetworkSpec bad{.inputs = 1, .layers = {{1, "tahn"}}};
  const auto result = Network::create(bad, Seed{1});
  ASSERT_FALSE(result);
  try {
    const Network network(bad, Seed{1});
    FAIL() << "no exception";
  } catch (const Exception& exception) {
    EXPECT_EQ(exception.error().code, ErrorCode::spec);
    EXPECT_EQ(exception.what(), result.error().message());
    EXPECT_NE(std::string(exception.what()).find("tanh"), std::string::npos) << "the nearest spelling";
  }
  EXPECT_THROW(Network({.inputs = 1, .layers = {{1, "tanh"}}}, Seed{1}, "xavier"), Exception);
}

TEST(Registry, TakesActivationsAndLossesOfOnesOwn) {
  const auto before = activation_names().size();
  ASSERT_TRUE(register_activation({.name = "cube_test",
                                   .value = [](double I) { return I * I * I; },
                                   .derivative = [](double I) { return 3 * I * I; }}));
  ASSERT_TRUE(register_loss({.name = "fourth_power_test",
                             .value = [](double a, double t) { return (a - t) * (a - t) * (a - t) * (a - t); },
                             .slope = [](double a, double t) { return 4 * (a - t) * (a - t) * (a - t); }}));
  EXPECT_EQ(activation_names().size(), before + 1);
  EXPECT_FALSE(register_activation(
      {.name = "cube_test", .value = [](double I) { return I; }, .derivative = [](double) { return 1.0; }}))
      << "the name is taken";
  EXPECT_FALSE(register_activation(
      {.name = "wrong_slope_test", .value = [](double I) { return I * I; }, .derivative = [](double I) { return I; }}));
  NetworkF64 network({.inputs = 1, .layers = {{1, "cube_test"}}, .loss = "fourth_power_test"}, Seed{1},
                     "constant(0.5)");
  TrainerF64 trainer(network, {.optimizer = DeltaRule{0.1}});
  const double x = 1, t = 0;  // I = 1, a = 1, E = 1, ∂E/∂a = 4, f′ = 3, slope 12
  ASSERT_EQ(trainer.learn_one({&x, 1}, {&t, 1}), LearnStatus::learned);
  for (const double w : network.weights()) EXPECT_DOUBLE_EQ(w, 0.5 - 0.1 * 12);
}

TEST(Registry, AFunctionThatThrowsCountsAsNaN) {
  ASSERT_TRUE(register_activation({.name = "throws_far_out_test",
                                   .value =
                                       [](double I) {
                                         if (I > 100) throw std::range_error("too far out");
                                         return I;
                                       },
                                   .derivative = [](double) { return 1.0; }}));
  EXPECT_FALSE(register_activation({.name = "always_throws_test",
                                    .value = [](double) -> double { throw std::range_error("never"); },
                                    .derivative = [](double) { return 1.0; }}));
  Network network({.inputs = 1, .layers = {{1, "throws_far_out_test"}}}, Seed{1}, "constant(1)");
  Trainer trainer(network);
  const auto before = network.weights();
  const float near = 1, far = 200, t = 0;
  EXPECT_EQ(trainer.learn_one({&far, 1}, {&t, 1}), LearnStatus::not_finite);
  EXPECT_EQ(network.weights(), before);
  EXPECT_EQ(trainer.refused(), 1u);
  EXPECT_EQ(trainer.learn_one({&near, 1}, {&t, 1}), LearnStatus::learned);
}

}  // namespace
}  // namespace deltarule
