// Networks in lanes: every table that runs here gives each lane the bits of the scalar twin, which has one lane, for
// every rule, loss and wiring; lanes that take no part keep theirs.
#include "kernels/lanes.hpp"

#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cstring>
#include <vector>

#include "base/aligned.hpp"
#include "network/lane_plan.hpp"
#include "training/support.hpp"

namespace deltarule::kernels {
namespace {

using derivation::testing::Dice;
using derivation::testing::Pair;

/// Tells −0 from 0 and a NaN from another.
template <class T>
auto bytes_of(T number) {
  return std::bit_cast<std::array<unsigned char, sizeof(T)>>(number);
}

/// A plan with the memory that a table works in.
template <class T>
struct Bench {
  const LaneKernels<T>& table;
  network::LaneLossContext<T> context;
  LanePlan<T> plan;
  base::AlignedBuffer<T> numbers;
  std::vector<double> loss, scratch;
  LaneMemory<T> memory;
  T *x, *t;
  std::size_t state_numbers;  // weights, rule state and slopes, which come first

  Bench(const LaneKernels<T>& of, const network::Network<T>& network, LaneRule rule, bool l1, bool l2)
      : table(of), loss(of.lanes), scratch(4 * network.outputs()) {
    context = {&network.loss(), &network.activation(network.graph().layers().size() - 1)};
    context.lanes = of.lanes;
    context.outputs = network.outputs();
    context.scratch = scratch.data();
    plan = network::lane_plan(network, context);
    plan.rule = rule;
    plan.l1 = l1;
    plan.l2 = l2;
    numbers = base::AlignedBuffer<T>(
        (4 * plan.weights + 3 * plan.units + kLaneSettings + 4 + plan.inputs + plan.outputs) * of.lanes);
    T* free = numbers.data();
    const auto take = [&](std::size_t n) { return std::exchange(free, free + n * of.lanes); };
    memory.weights = take(plan.weights);
    memory.first_state = take(plan.weights);
    memory.second_state = take(plan.weights);
    memory.slopes = take(plan.weights);
    state_numbers = 4 * plan.weights;
    memory.net = take(plan.units);
    memory.activations = take(plan.units);
    memory.deltas = take(plan.units);
    memory.settings = take(kLaneSettings);
    memory.softmax = take(2);
    memory.active = take(1);
    memory.size = take(1);
    x = take(plan.inputs);
    t = take(plan.outputs);
    memory.loss = loss.data();
    context.active = memory.active;
    context.softmax = memory.softmax;
  }
  Bench(const Bench&) = delete;

  /// Lane `lane` of another bench into the only lane of this one.
  void copy_lane(const Bench& from, std::size_t lane) {
    for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = from.numbers[i * from.table.lanes + lane];
  }
  bool step(bool batch, bool partial) {
    if (!batch) return table.learn_one(plan, memory, x, t, partial);
    for (int row = 0; row < 2; ++row) table.add_pattern(plan, memory, x, t, partial);
    return table.change_weights(plan, memory, partial);
  }
};

template <class T>
void fill(Dice& dice, Bench<T>& bench, const std::vector<T>& weights) {
  const std::size_t lanes = bench.table.lanes;
  for (T& number : bench.numbers.span()) number = static_cast<T>(dice.uniform(0.01, 0.5));
  for (std::size_t l = 0; l < lanes; ++l) {
    for (std::size_t e = 0; e < weights.size(); ++e)
      bench.memory.weights[e * lanes + l] = weights[e] * static_cast<T>(dice.uniform(0.5, 1));
    for (std::size_t e = 0; e < weights.size(); ++e) bench.memory.slopes[e * lanes + l] = T{0};
    bench.memory.size[l] = T{0};
    bench.memory.active[l] = dice.chance(0.7) ? T{1} : T{0};
    for (std::size_t i = 0; i < bench.plan.inputs; ++i) bench.x[i * lanes + l] = static_cast<T>(dice.uniform(-2, 2));
  }
}

/// Compares all lanes with the twin after a step; how many lanes took part.
template <class T>
std::size_t compare(Dice& dice, const LaneKernels<T>& table, const Pair& output) {
  const NetworkSpec spec = training::testing::random_spec(dice, output, 11);
  const network::Network<T> network = training::testing::random_network<T>(dice, spec);
  const auto rule = static_cast<LaneRule>(dice.between(0, 4));
  const bool l1 = dice.chance(0.2), l2 = dice.chance(0.2), batch = dice.chance(0.5);
  Bench<T> wide(table, network, rule, l1, l2), narrow(lane_twin<T>(table.fused), network, rule, l1, l2);
  fill(dice, wide, network.weights());
  const base::AlignedBuffer<T> before = wide.numbers;
  Bench<T> given(table, network, rule, l1, l2);
  given.numbers = before;
  EXPECT_TRUE(wide.step(batch, true));
  std::size_t took_part = 0;
  for (std::size_t l = 0; l < table.lanes; ++l) {
    narrow.copy_lane(given, l);
    const bool active = narrow.memory.active[0] != T{0};
    if (active) {
      EXPECT_TRUE(narrow.step(batch, false));
    }
    for (std::size_t i = 0; i < narrow.state_numbers; ++i) {
      const T got = wide.numbers[i * table.lanes + l], wanted = narrow.numbers[i];
      EXPECT_EQ(bytes_of(got), bytes_of(wanted))
          << table.name << ", lane " << l << ", number " << i << " of " << narrow.plan.weights << " weights, rule "
          << int(rule) << ", batch " << batch << ": " << got << " instead of " << wanted;
      if (::testing::Test::HasFailure()) return 0;
    }
    took_part += active ? 1 : 0;
  }
  return took_part;
}

template <class T>
void compare_tables(std::uint64_t seed) {
  Dice dice(seed);
  std::size_t tables = 0;
  for (const LaneKernels<T>* table : runnable_lanes<T>()) {
    std::size_t lanes = 0;
    for (int round = 0; round < 3; ++round)
      for (const Pair& output : derivation::testing::valid_pairs()) {
        lanes += compare(dice, *table, output);
        if (::testing::Test::HasFailure()) return;
      }
    EXPECT_GT(lanes, 150 * table->lanes) << table->name;
    ++tables;
  }
  EXPECT_GE(tables, 1u);
}

TEST(NetworksInLanes, HaveTheBitsOfTheTwinInF32) { compare_tables<float>(81); }
TEST(NetworksInLanes, HaveTheBitsOfTheTwinInF64) { compare_tables<double>(82); }

TEST(NetworksInLanes, RefuseALaneWithLargeNumbersAndChangeNothing) {
  Dice dice(83);
  const network::Network<float> network =
      training::testing::random_network<float>(dice, {.inputs = 2, .layers = {{3, "tanh"}, {1, "identity"}}});
  std::size_t refused = 0;
  for (const LaneKernels<float>* table : runnable_lanes<float>())
    for (const bool batch : {false, true}) {
      Bench<float> bench(*table, network, LaneRule::delta_rule, false, false);
      fill(dice, bench, network.weights());
      const std::size_t bad = table->lanes - 1;
      bench.memory.active[bad] = 1;
      bench.t[bad] = 1e30F;
      const std::vector<float> before(bench.memory.weights, bench.memory.weights + bench.plan.weights * table->lanes);
      EXPECT_FALSE(bench.step(batch, true));
      EXPECT_EQ(std::memcmp(before.data(), bench.memory.weights, before.size() * sizeof(float)), 0) << table->name;
      EXPECT_FALSE(bench.memory.size[bad] < kLaneLimit<float>);
      ++refused;
      bench.memory.active[bad] = 0;
      bench.memory.size[bad] = 0;
      if (table->lanes > 1) {
        EXPECT_TRUE(bench.table.learn_one(bench.plan, bench.memory, bench.x, bench.t, true));
      }
    }
  EXPECT_GE(refused, 2u);
}

TEST(NetworksInLanes, HaveATableForTheInstructionSetInUse) {
  const LaneKernels<float>& many = lane_kernels<float>(1000);
  EXPECT_STREQ(many.name, kernels<float>().name);
  for (const std::size_t networks : {1u, 3u, 8u, 9u, 16u, 1000u}) {
    EXPECT_EQ(lane_kernels<float>(networks).fused, kernels<float>().fused);
    EXPECT_GE(lane_kernels<float>(networks).lanes, std::min(networks, many.lanes));
  }
}

}  // namespace
}  // namespace deltarule::kernels
