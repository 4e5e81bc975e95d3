// The order in which a unit's sums take up the layers it is connected with: part of the bits. Numbers are chosen so
// that another order gives another float. Passes against the derivation are tested in tests/training.
#include "network/passes.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace deltarule::network {
namespace {

constexpr float kLarge = 1e8F;  // kLarge + 1 is kLarge in float

Network<float> linear_network(const std::vector<std::vector<Connection>>& from, const std::vector<float>& weights,
                              bool bias) {
  NetworkSpec spec{.inputs = 1};
  for (const auto& sources : from) {
    spec.layers.push_back({1, "identity"});
    spec.layers.back().from = sources;
    spec.layers.back().bias = bias && &sources == &from.back();
  }
  auto network = Network<float>::create(spec);
  EXPECT_TRUE(network) << network.error().message();
  EXPECT_TRUE(network->set_weights(weights));
  return std::move(*network);
}

/// A pass with input x and target t.
Workspace<float> passed(const Network<float>& network, float x, float t) {
  Workspace<float> workspace(network, 1, true);
  workspace.put_inputs(0, &x);
  workspace.put_targets(0, &t);
  forward(network, workspace, {0, 1});
  deltas(network, workspace, {0, 1});
  return workspace;
}

TEST(NetInput, IsTheBiasThenTheSourcesAscending) {
  // Input 1 and two hidden units that copy it; the output adds what comes from 0, 1, 2 and its bias, in this order.
  const auto net = [](float w0, float w1, float w2, float bias) {
    const auto network = linear_network({{0}, {0}, {0, 1, 2}}, {1, 1, w0, w1, w2, bias}, true);
    return passed(network, 1, 0).net(2)(0, 0);
  };
  EXPECT_EQ(net(kLarge, -kLarge, 1, 0), 1.0F);
  EXPECT_EQ(net(1, kLarge, -kLarge, 0), 0.0F);
  EXPECT_EQ(net(-kLarge, 1, 0, kLarge), 1.0F) << "the bias comes before every source";
  EXPECT_EQ(net(kLarge, -kLarge, 0, 1), 0.0F);
}

TEST(Equation11, SumsTheLayersThatAHiddenUnitFeedsLastFirst) {
  // The first hidden unit feeds layers 2, 3 and 4, all with delta 1.
  const auto delta = [](float w2, float w3, float w4) {
    const auto network = linear_network({{0}, {1}, {1}, {1, 2, 3}}, {1, w2, w3, w4, 1, 1}, false);
    return passed(network, 0, 1).deltas(0)(0, 0);
  };
  EXPECT_EQ(delta(1, -kLarge, kLarge), 1.0F);
  EXPECT_EQ(delta(-kLarge, kLarge, 1), 0.0F);
  EXPECT_EQ(delta(-kLarge, 1, kLarge), 0.0F);
}

TEST(Equation11, SumsTheLayersThatAnInputFeedsLastFirst) {
  const auto sum = [](float w1, float w2, float w3) {
    const auto network = linear_network({{0}, {0}, {0, 1, 2}}, {w1, w2, w3, 1, 1}, false);
    Workspace<float> workspace = passed(network, 0, 1);
    sum_above_inputs(network, workspace);
    return workspace.input_sums()(0, 0);
  };
  EXPECT_EQ(sum(1, -kLarge, kLarge), 1.0F);
  EXPECT_EQ(sum(-kLarge, kLarge, 1), 0.0F);
  EXPECT_EQ(sum(-kLarge, 1, kLarge), 0.0F);
}

}  // namespace
}  // namespace deltarule::network
