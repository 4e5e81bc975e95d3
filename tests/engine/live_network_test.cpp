// Weights handed from a training thread to reading threads: every prediction comes from exactly one published version,
// versions never go back, and nobody waits for anybody.
#include "deltarule/live_network.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <thread>
#include <utility>
#include <vector>

#include "deltarule/trainer.hpp"

namespace deltarule {
namespace {

constexpr std::size_t kInputs = 4, kHidden = 64, kOutputs = 48;

NetworkSpec spec() { return {.inputs = kInputs, .layers = {{kHidden, "identity"}, {kOutputs, "identity"}}}; }

/// Version v has all weights v. For inputs of one each hidden unit is then 5v and each output 320v² + v: exact in f64
/// up to millions, and an output of mixed versions is none of these.
void set_all(NetworkF64& network, std::vector<double>& weights, std::uint64_t version) {
  weights.assign(network.weight_count(), static_cast<double>(version));
  ASSERT_TRUE(network.set_weights(weights));
}
double expected(std::uint64_t version) {
  const double v = static_cast<double>(version);
  return 5 * v * v * kHidden + v;
}

struct Seen {
  std::size_t predictions = 0, versions = 0;
  bool torn = false, backwards = false;
};

Seen read_until(LiveNetworkF64::Reader reader, std::size_t predictions, std::size_t versions) {
  const std::vector<double> x(kInputs, 1.0);
  std::vector<double> y(kOutputs);
  Seen seen;
  std::uint64_t last = 0;
  while (seen.predictions < predictions || seen.versions < versions) {
    if (!reader.predict(std::span<const double>(x), y)) return seen;
    for (const double output : y) seen.torn |= output != expected(reader.version());
    seen.backwards |= reader.version() < last;
    seen.versions += reader.version() != last ? 1 : 0;
    last = reader.version();
    ++seen.predictions;
  }
  return seen;
}

TEST(LiveNetwork, EveryPredictionComesFromOneVersionAndVersionsNeverGoBack) {
  constexpr std::size_t kReaders = 3, kPredictions = 10'000, kVersions = 40;
  NetworkF64 network(spec(), Seed{1});
  std::vector<double> weights;
  set_all(network, weights, 1);
  LiveNetworkF64 live(network, kReaders);
  std::vector<Seen> seen(kReaders);
  std::atomic<std::size_t> reading{kReaders};
  std::vector<std::thread> threads;
  for (std::size_t r = 0; r < kReaders; ++r) {
    auto reader = live.reader();
    ASSERT_TRUE(reader);
    threads.emplace_back([&, r, handle = std::move(*reader)]() mutable {
      seen[r] = read_until(std::move(handle), kPredictions, kVersions);
      --reading;
    });
  }
  std::uint64_t version = 1;
  while (reading.load() > 0) {
    set_all(network, weights, ++version);
    ASSERT_TRUE(live.publish(network));
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(live.version(), version);
  for (const Seen& one : seen) {
    EXPECT_FALSE(one.torn);
    EXPECT_FALSE(one.backwards);
    EXPECT_GE(one.predictions, kPredictions);
    EXPECT_GE(one.versions, kVersions);
  }
}

TEST(LiveNetwork, ReadersSeeTheNewestVersionAtOnce) {
  NetworkF64 network(spec(), Seed{1});
  std::vector<double> weights;
  set_all(network, weights, 1);
  LiveNetworkF64 live(network, 2);
  auto first = live.reader(), second = live.reader();
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->version(), 0u);
  const std::vector<double> x(kInputs, 1.0);
  std::vector<double> y(kOutputs);
  for (std::uint64_t version = 2; version < 300; ++version) {
    set_all(network, weights, version);
    ASSERT_TRUE(live.publish(network));
    ASSERT_TRUE(first->predict(std::span<const double>(x), y));
    EXPECT_EQ(y.front(), expected(version));
    EXPECT_EQ(first->version(), version);
    if (version % 7 != 0) continue;  // the second reader sleeps for a while on an old version
    ASSERT_TRUE(second->predict(std::span<const double>(x), y));
    EXPECT_EQ(y.back(), expected(version));
  }
}

TEST(LiveNetwork, PredictsWithTheBitsOfTheNetwork) {
  NetworkSpec wiring{
      .inputs = 3, .layers = {{5, "tanh"}, {4, "gelu"}, {3, "softmax"}}, .loss = "softmax_cross_entropy"};
  wiring.layers[1].from = {Connection(0), Connection(1, {1, 0, 1, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 0, 1, 0, 1, 1, 1})};
  wiring.layers[2].from = {Connection(1), Connection(2)};
  Network network(wiring, Seed{3});
  Trainer trainer(network, {.optimizer = Adam{0.01}});
  LiveNetwork live(network);
  auto reader = live.reader();
  ASSERT_TRUE(reader);
  const std::vector<float> x{0.5F, -1.0F, 2.0F, 0.25F, 0.0F, -0.5F}, t{0, 1, 0};
  std::vector<float> alone(6), handed(6);
  std::size_t compared = 0;
  for (int step = 0; step < 50; ++step) {
    ASSERT_EQ(trainer.learn_one(std::span(x).first(3), t), LearnStatus::learned);
    ASSERT_TRUE(live.publish(network));
    ASSERT_TRUE(network.predict(rows(std::span(x), 3), alone));
    ASSERT_TRUE(reader->predict(rows(std::span(x), 3), handed));
    ASSERT_EQ(alone, handed);
    ++compared;
  }
  EXPECT_EQ(compared, 50u);
}

TEST(LiveNetwork, RefusesWhatDoesNotFit) {
  const Network network({.inputs = 2, .layers = {{3, "tanh"}, {1, "identity"}}}, Seed{1});
  const Network other({.inputs = 2, .layers = {{3, "relu"}, {1, "identity"}}}, Seed{1});
  LiveNetwork live(network, 1);
  const auto published = live.publish(other);
  ASSERT_FALSE(published);
  EXPECT_EQ(published.error().code, ErrorCode::spec);
  EXPECT_EQ(live.version(), 1u);
  auto reader = live.reader();
  ASSERT_TRUE(reader);
  std::vector<float> x(3), y(2);
  const auto predicted = reader->predict(std::span<const float>(x), y);
  ASSERT_FALSE(predicted);
  EXPECT_EQ(predicted.error().code, ErrorCode::shape);
  EXPECT_EQ(reader->version(), 0u);
}

TEST(LiveNetwork, AHandleThatEndsMakesRoomForAnother) {
  NetworkF64 network(spec(), Seed{1});
  std::vector<double> weights;
  LiveNetworkF64 live(network, 1);
  const std::vector<double> x(kInputs, 1.0);
  std::vector<double> y(kOutputs);
  for (std::uint64_t version = 2; version < 50; ++version) {
    auto reader = live.reader();
    ASSERT_TRUE(reader);
    const auto second = live.reader();
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, ErrorCode::usage);
    set_all(network, weights, version);
    ASSERT_TRUE(live.publish(network));
    LiveNetworkF64::Reader moved = std::move(*reader);
    ASSERT_TRUE(moved.predict(std::span<const double>(x), y));
    EXPECT_EQ(y.front(), expected(version));
  }
}

}  // namespace
}  // namespace deltarule
