// Laws of the measured limits and of the port limit that is made from them. Numbers of the model are checked on a
// machine made up for the purpose; of the real one only what holds on every machine.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <vector>

#include "deltarule/machine.hpp"

namespace deltarule {
namespace {

/// Loads 64 bytes, stores 32 bytes and makes 32 operations per nanosecond in L1, half the loads in L2; slower behind.
MachineLimits plain_machine() {
  MachineLimits machine;
  machine.multiply_add_f32 = 32;
  machine.multiply_add_f64 = 16;
  machine.levels = {{"L1", 32 << 10, 64, 32, 64},
                    {"L2", 1 << 20, 32, 32, 64},
                    {"L3", 32 << 20, 27, 27, 54},
                    {"memory", std::numeric_limits<std::size_t>::max(), 8, 8, 16}};
  return machine;
}

NetworkSpec chain(const std::vector<std::size_t>& units) {
  NetworkSpec spec{.inputs = units.front()};
  for (std::size_t i = 1; i < units.size(); ++i) spec.layers.push_back({.units = units[i], .bias = false});
  return spec;
}

double nanoseconds(const Result<WorkLimit>& limit) { return limit.value().seconds * 1e9; }

TEST(PortLimit, AFirstLayerTakesOneLoadAndOneStorePerWeight) {
  // 784 · 32 weights, eight to a vector, lie in L2: one cycle a vector, by stores and multiply-adds alike.
  EXPECT_NEAR(nanoseconds(step_limit(plain_machine(), chain({784, 32}), 1, DeltaRule{})), 784.0 * 4, 1e-6);
}

TEST(PortLimit, AnUpperLayerIsReadOnceMore) {
  // Both layers lie in L1: 64 · 32 weights at 1 cycle per eight; 32 · 16 at 1.5, the three multiply-adds.
  const auto limit = step_limit(plain_machine(), chain({64, 32, 16}), 1, DeltaRule{});
  EXPECT_NEAR(nanoseconds(limit), 64.0 * 4 + 32.0 * 2 * 1.5, 1e-6);
  EXPECT_EQ(limit->operations, 4.0 * 64 * 32 + 6.0 * 32 * 16);
}

TEST(PortLimit, MomentumTakesTwoLoadsAndTwoStores) {
  const auto plain = step_limit(plain_machine(), chain({784, 32}), 1, DeltaRule{});
  const auto momentum = step_limit(plain_machine(), chain({784, 32}), 1, Momentum{});
  EXPECT_NEAR(nanoseconds(momentum), 2 * nanoseconds(plain), 1e-6);
}

TEST(PortLimit, LargeBatchesAreBoundByArithmetic) {
  const auto limit = step_limit(plain_machine(), chain({784, 512, 512, 10}), 128, Adam{});
  EXPECT_NEAR(nanoseconds(limit), limit->operations / 32, 1e-3);
  EXPECT_EQ(limit->operations, 128.0 * (4.0 * 784 * 512 + 6.0 * (512 * 512 + 512 * 10)));
}

TEST(PortLimit, OnePredictionIsBoundByLoadsAndManyByArithmetic) {
  const auto one = prediction_limit(plain_machine(), chain({784, 100, 10}), 1);
  EXPECT_NEAR(nanoseconds(one), (784.0 * 100 + 100 * 10) * 4 / 32, 1e-6);
  const auto many = prediction_limit(plain_machine(), chain({784, 100, 10}), 1000);
  EXPECT_NEAR(nanoseconds(many), 1000 * (784.0 * 100 + 100 * 10) * 2 / 32, 1e-3);
}

TEST(PortLimit, DoublesTakeTwiceAsLong) {
  for (const std::size_t batch : {std::size_t{1}, std::size_t{32}}) {
    const auto f32 = step_limit(plain_machine(), chain({64, 32, 10}), batch, DeltaRule{}, false);
    const auto f64 = step_limit(plain_machine(), chain({64, 32, 10}), batch, DeltaRule{}, true);
    EXPECT_NEAR(nanoseconds(f64), 2 * nanoseconds(f32), 1e-6);
  }
}

TEST(PortLimit, GrowsWithEveryUnit) {
  double before = 0.0;
  std::size_t compared = 0;
  for (std::size_t units = 1; units < 2000; units += 37) {
    const double now = nanoseconds(step_limit(plain_machine(), chain({units, units, 10}), 1, DeltaRule{}));
    EXPECT_GT(now, before) << units;
    before = now;
    ++compared;
  }
  EXPECT_GT(compared, 50U);
}

TEST(PortLimit, ResourcesNotMeasuredBoundNothing) {
  EXPECT_EQ(step_limit(MachineLimits{}, chain({64, 32}), 1, DeltaRule{})->seconds, 0.0);
}

TEST(PortLimit, ANetworkThatCannotBeBuiltIsASpecError) {
  EXPECT_EQ(step_limit(plain_machine(), NetworkSpec{}, 1, DeltaRule{}).error().code, ErrorCode::spec);
  EXPECT_EQ(prediction_limit(plain_machine(), NetworkSpec{}, 1).error().code, ErrorCode::spec);
}

TEST(LimitProbe, MeasuresEveryResourceOfThisMachine) {
  constexpr double kShort = 1e-4;
  const MachineLimits machine = measure_limits(1, kShort);
  EXPECT_FALSE(machine.processor.empty());
  EXPECT_FALSE(machine.arithmetic.empty());
  EXPECT_GT(machine.multiply_add_f32, 0.0);
  EXPECT_GT(machine.multiply_add_f64, 0.0);
  ASSERT_EQ(machine.levels.size(), 4U);
  std::size_t before = 0;
  for (const MemoryLevel& level : machine.levels) {
    EXPECT_GT(level.capacity, before) << level.name;
    EXPECT_TRUE(level.read > 0.0 && level.write > 0.0 && level.update > 0.0) << level.name;
    before = level.capacity;
  }
}

TEST(LimitProbe, FurtherWindowsNeverLowerALimit) {
  constexpr double kShort = 1e-4;
  LimitProbe probe(kShort);
  double best = 0.0;
  for (int i = 0; i < 20; ++i) {
    probe.window(LimitLoop::multiply_add_f32);
    EXPECT_GE(probe.limits().multiply_add_f32, best);
    best = probe.limits().multiply_add_f32;
  }
  EXPECT_GT(best, 0.0);
  EXPECT_EQ(probe.limits().multiply_add_f64, 0.0);
}

}  // namespace
}  // namespace deltarule
