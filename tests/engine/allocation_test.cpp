// Nothing allocates from batch view to update once buffers have their size: counted by this program's own malloc, or by
// the sanitizer that it was built with.
#include <gtest/gtest.h>

#include <vector>

#include "counted_allocations.hpp"
#include "deltarule/engine.hpp"

namespace deltarule {
namespace {

using testing::heap_calls;

/// Allocations of the second and later of some calls.
template <class Call>
std::size_t allocations_of_later_calls(const Call& call) {
  call();
  const std::size_t before = heap_calls();
  for (int i = 0; i < 10; ++i) call();
  return heap_calls() - before;
}

struct Patterns {
  std::vector<float> x = std::vector<float>(600 * 5, 0.25F), t = std::vector<float>(600 * 2, 0.5F);
};

TEST(Allocation, IsSeenByThisTest) {
  const std::size_t before = heap_calls();
  const std::vector<float> some(100);
  [[maybe_unused]] const float* const volatile seen = some.data();  // a vector that nobody looks at may be left out
  EXPECT_GT(heap_calls(), before);
  EXPECT_EQ(some.size(), 100u);
}

TEST(Allocation, DoesNotHappenWhileLearning) {
  const Patterns patterns;
  const std::span<const float> x(patterns.x), t(patterns.t);
  for (const std::size_t threads : {1u, 3u})
    for (const Optimizer& rule : {Optimizer{DeltaRule{}}, Optimizer{Adam{}}}) {
      NetworkSpec spec{.inputs = 5, .layers = {{300, "tanh"}, {80, "relu"}, {2, "identity"}}};
      Network network(spec, Seed{1}, "constant(1e-9)");
      Trainer trainer(network, {.optimizer = rule, .l2 = 1e-3, .threads = threads});
      EXPECT_EQ(allocations_of_later_calls([&] { (void)trainer.learn_one(x.first(5), t.first(2)); }), 0u);
      EXPECT_EQ(allocations_of_later_calls([&] {
                  (void)trainer.forward(x.first(5));
                  (void)trainer.backward(t.first(2));
                }),
                0u);
      for (const std::size_t count : {1u, 32u, 600u})
        EXPECT_EQ(allocations_of_later_calls(
                      [&] { (void)trainer.step(rows(x.first(count * 5), 5), rows(t.first(count * 2), 2)).ok(); }),
                  0u)
            << count << " patterns, " << threads << " threads";
    }
}

TEST(Allocation, DoesNotHappenWithWeights) {
  const Patterns patterns;
  const std::span<const float> x(patterns.x), t(patterns.t);
  std::vector<float> weights;
  for (int r = 0; r < 600; ++r) weights.push_back(static_cast<float>(r % 3));
  const std::span<const float> w(weights);
  for (const Optimizer& rule : {Optimizer{DeltaRule{1e-4}}, Optimizer{Adam{}}}) {
    Network network({.inputs = 5, .layers = {{30, "tanh"}, {2, "identity"}}}, Seed{1});
    Trainer trainer(network, {.optimizer = rule});
    for (const float weight : {2.0F, 0.0F, -1.0F})
      EXPECT_EQ(allocations_of_later_calls([&] { (void)trainer.learn_one(x.first(5), t.first(2), weight); }), 0u);
    for (const std::size_t count : {32u, 600u})
      EXPECT_EQ(allocations_of_later_calls([&] {
                  (void)trainer.step(rows(x.first(count * 5), 5), rows(t.first(count * 2), 2), w.first(count)).ok();
                }),
                0u);
  }
}

TEST(Allocation, DoesNotHappenWithCountsAmountsQuantilesOrSmoothedLabels) {
  const Patterns patterns;
  const std::span<const float> x(patterns.x), t(patterns.t);
  const std::vector<float> bad{1, -1};
  struct Kind {
    const char *output, *loss;
    double label_smoothing;
  };
  for (const Kind& kind : {Kind{"exp", "poisson_deviance", 0}, Kind{"exp", "gamma_deviance", 0},
                           Kind{"identity", "pinball(0.9)", 0}, Kind{"sigmoid", "binary_cross_entropy", 0.1}}) {
    Network network({.inputs = 5, .layers = {{30, "tanh"}, {2, kind.output}}, .loss = kind.loss}, Seed{1});
    Trainer trainer(network, {.optimizer = DeltaRule{.learning_rate = 1e-3}, .label_smoothing = kind.label_smoothing});
    EXPECT_EQ(allocations_of_later_calls([&] { (void)trainer.learn_one(x.first(5), t.first(2)); }), 0u) << kind.loss;
    EXPECT_EQ(allocations_of_later_calls([&] { (void)trainer.learn_one(x.first(5), bad); }), 0u) << kind.loss;
    EXPECT_EQ(allocations_of_later_calls([&] { (void)trainer.step(rows(x.first(160), 5), rows(t.first(64), 2)).ok(); }),
              0u);
  }
}

TEST(Allocation, DoesNotHappenWithDropoutAndInputNoise) {
  const Patterns patterns;
  const std::span<const float> x(patterns.x), t(patterns.t);
  Network network({.inputs = 5, .layers = {{30, "tanh"}, {2, "identity"}}}, Seed{1});
  Trainer trainer(
      network,
      {.optimizer = DeltaRule{1e-3}, .dropout = {.inputs = 0.2, .hidden = 0.5}, .input_noise = 0.1, .seed = Seed{1}});
  std::vector<float> input_slopes(5);
  EXPECT_EQ(allocations_of_later_calls([&] { (void)trainer.learn_one(x.first(5), t.first(2)); }), 0u);
  EXPECT_EQ(allocations_of_later_calls([&] {
              (void)trainer.forward(x.first(5));
              (void)trainer.backward(t.first(2), input_slopes);
            }),
            0u);
  for (const std::size_t count : {1u, 32u, 600u})
    EXPECT_EQ(allocations_of_later_calls(
                  [&] { (void)trainer.step(rows(x.first(count * 5), 5), rows(t.first(count * 2), 2)).ok(); }),
              0u);
}

TEST(Allocation, DoesNotHappenInRepeatedPredictions) {
  const Patterns patterns;
  const Network network({.inputs = 5, .layers = {{30, "tanh"}, {2, "softmax"}}, .loss = "softmax_cross_entropy"},
                        Seed{1});
  std::vector<float> y(600 * 2);
  const std::span<const float> x(patterns.x);
  EXPECT_EQ(allocations_of_later_calls([&] { (void)network.predict(x.first(5), std::span(y).first(2)).ok(); }), 0u);
  EXPECT_EQ(allocations_of_later_calls([&] { (void)network.predict(rows(x, 5), y).ok(); }), 0u);
}

}  // namespace
}  // namespace deltarule
