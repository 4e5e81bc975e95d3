// The flat block and its canonical order, weight addresses, and what a spec may not say.
#include "network/network.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <numeric>

#include "network/address.hpp"

namespace deltarule::network {
namespace {

/// Skip connections, a mask, frozen biases, and a layer without any.
NetworkSpec rich_spec() {
  NetworkSpec spec{.inputs = 3, .layers = {{2, "tanh"}, {9, "sigmoid"}, {2, "identity"}}};
  spec.layers[0].from = {Connection(0, {1, 0, 1, 1, 1, 1})};
  spec.layers[1].from = {Connection(0), Connection(1)};
  spec.layers[1].train_bias = false;
  spec.layers[2].from = {Connection(1), Connection(2)};
  spec.layers[2].bias = false;
  return spec;
}

template <class T>
std::vector<T> counted(std::size_t count) {
  std::vector<T> numbers(count);
  std::iota(numbers.begin(), numbers.end(), T{1});
  return numbers;
}

TEST(FlatBlock, ViewsAndTilesFollowEachOtherOnAlignedPlaces) {
  const auto network = Network<float>::create(rich_spec());
  ASSERT_TRUE(network);
  std::size_t offset = 0;
  for (const View& view : network->views()) {
    EXPECT_EQ(view.offset, offset);
    EXPECT_EQ(view.offset % (base::kAlignment / sizeof(float)), 0u);
    EXPECT_GE(view.size, view.senders * view.units);
    offset += view.size;
  }
  EXPECT_EQ(offset, network->parameters().size());
  offset = 0;
  for (const Tile& tile : network->tiles()) {
    EXPECT_EQ(tile.offset, offset);
    const auto panels = network->views()[tile.view].in(network->parameters().data());
    EXPECT_EQ(&panels(tile.first, tile.panel * base::kPanel<float>), network->parameters().data() + tile.offset);
    offset += tile.size();
  }
  EXPECT_EQ(offset, network->parameters().size());
  EXPECT_EQ(network->views().size(), 7u);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(network->parameters().data()) % base::kAlignment, 0u);
}

TEST(CanonicalOrder, GoesInAndComesOutWithMaskedPlacesZero) {
  auto network = *Network<double>::create(rich_spec());
  const std::size_t count = network.graph().weight_count();
  ASSERT_EQ(count, 6u + 2 + 27 + 18 + 9 + 4 + 18);
  auto weights = counted<double>(count);
  ASSERT_TRUE(network.set_weights(weights));
  weights[1] = 0;  // masked: x2:h1.1
  EXPECT_EQ(network.weights(), weights);
  std::size_t placed = 0;
  for (std::size_t i = 0; i < count; ++i, ++placed)
    EXPECT_EQ(network.parameters()[network.place_of(i)], weights[i]) << "canonical position " << i;
  EXPECT_EQ(placed, count);
  double sum = 0;
  for (const double w : network.parameters()) sum += w;
  EXPECT_EQ(sum, std::accumulate(weights.begin(), weights.end(), 0.0)) << "padding is zero";
}

TEST(CanonicalOrder, MasksAndFrozenBiasesMayNotMove) {
  const auto network = *Network<double>::create(rich_spec());
  const auto movable = network.to_canonical(network.movable());
  for (std::size_t i = 0; i < movable.size(); ++i) {
    const bool frozen = i >= 6 + 2 + 27 + 18 && i < 6 + 2 + 27 + 18 + 9;
    EXPECT_EQ(movable[i], frozen || i == 1 ? 0.0 : 1.0) << i;
  }
  const auto plain = *Network<double>::create({.inputs = 2, .layers = {{3, "tanh"}}});
  EXPECT_TRUE(plain.movable().empty());
}

TEST(SetWeights, RefusesWrongCountsAndNumbersThatAreNotFinite) {
  auto network = *Network<float>::create(rich_spec());
  auto weights = counted<float>(network.graph().weight_count());
  ASSERT_TRUE(network.set_weights(weights));
  const auto before = network.weights();
  EXPECT_EQ(network.set_weights(std::span(weights).first(5)).error().code, ErrorCode::shape);
  weights[1] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_TRUE(network.set_weights(weights)) << "a masked place is ignored";
  weights[4] = std::numeric_limits<float>::infinity();
  const auto refused = network.set_weights(weights);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::data);
  EXPECT_NE(refused.error().place.find("x2:h1.2"), std::string::npos) << refused.error().place;
  EXPECT_EQ(network.weights(), before);
}

TEST(Addresses, NameEveryWeightAndAreFoundAgain) {
  const auto network = *Network<double>::create(rich_spec());
  const base::Graph& graph = network.graph();
  std::size_t found = 0;
  for (std::size_t i = 0; i < graph.weight_count(); ++i) {
    const std::string address = weight_address(graph, i);
    const auto position = find_weight(graph, address);
    if (network.is_masked(i)) {
      EXPECT_FALSE(position) << address;
      continue;
    }
    ASSERT_TRUE(position) << address << ": " << position.error().message();
    EXPECT_EQ(*position, i) << address;
    ++found;
  }
  EXPECT_EQ(found, graph.connection_count());
  EXPECT_EQ(weight_address(graph, 0), "x1:h1.1");
  EXPECT_EQ(weight_address(graph, 6), "1:h1.1");
  EXPECT_EQ(weight_address(graph, graph.weight_count() - 1), "h2.9:y2");
}

TEST(Addresses, UnderstandNamesAndPreferThem) {
  const auto network = *Network<double>::create({.inputs = 3, .layers = {{2, "tanh"}, {1, "identity"}}});
  const Names names{{"island=Dream", "x3", "a:b"}, {"price"}};
  const base::Graph& graph = network.graph();
  EXPECT_EQ(*find_weight(graph, "island=Dream:h1.2", names), 3u);
  EXPECT_EQ(*find_weight(graph, "x3:h1.1", names), 1u) << "the column of that name, not the third input";
  EXPECT_EQ(*find_weight(graph, "x1:h1.1", names), 0u);
  EXPECT_EQ(*find_weight(graph, "a:b:h1.1", names), 2u);
  EXPECT_EQ(*find_weight(graph, "h1.2:price", names), 9u);
  EXPECT_EQ(*find_weight(graph, "1:price", names), 10u);
  EXPECT_EQ(weight_address(graph, 2, names), "a:b:h1.1");
  EXPECT_EQ(weight_address(graph, 10, names), "1:price");
}

TEST(Addresses, SayWhatIsWrong) {
  const auto network = *Network<double>::create(rich_spec());
  const std::pair<const char*, const char*> wrong[] = {
      {"", "no ':'"},
      {"x1", "no ':'"},
      {"x9:h1.1", "unknown sender"},
      {"x0:h1.1", "unknown sender"},
      {"x01:h1.1", "unknown sender"},
      {"x1:h1.9", "unknown receiver"},
      {"x1:h9.1", "unknown receiver"},
      {"x1:x2", "receives nothing"},
      {"x1:y1", "not connected"},
      {"x2:h1.1", "masked"},
      {"1:y1", "layer 3 has none"},
      {"x1:1", "receives nothing"},
      {"x99999999999999999999:h1.1", "unknown sender"},
      {":", "unknown sender"},
  };
  std::size_t checked = 0;
  for (const auto& [address, message] : wrong) {
    const auto found = find_weight(network.graph(), address);
    ASSERT_FALSE(found) << address;
    EXPECT_NE(found.error().message().find(message), std::string::npos) << found.error().message();
    ++checked;
  }
  EXPECT_EQ(checked, std::size(wrong));
}

TEST(Network, RefusesSpecsThatCannotBeComputed) {
  const NetworkSpec bad[] = {
      {.inputs = 0, .layers = {{1, "tanh"}}},
      {.inputs = 1, .layers = {}},
      {.inputs = 1, .layers = {{1, "tnah"}}},
      {.inputs = 1, .layers = {{2, "softmax"}, {1, "tanh"}}},
      {.inputs = 1, .layers = {{1, "tanh"}}, .loss = "no_such_loss"},
      {.inputs = 1, .layers = {{1, "tanh"}}, .loss = "binary_cross_entropy"},
  };
  for (const NetworkSpec& spec : bad) {
    const auto network = Network<float>::create(spec);
    ASSERT_FALSE(network);
    EXPECT_EQ(network.error().code, ErrorCode::spec) << network.error().message();
  }
}

TEST(Network, RefusesAForcedInstructionSetThatTheMachineLacks) {
  // The choice is made once per process: this one is a child of its own.
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto refused = [] {
    setenv("DELTARULE_ISA", "avx999", 1);
    const auto network = Network<float>::create(rich_spec());
    std::fputs(network ? "accepted" : network.error().message().c_str(), stderr);
    std::exit(network ? 1 : 0);
  };
  EXPECT_EXIT(refused(), testing::ExitedWithCode(0), "DELTARULE_ISA.*needed one of .*scalar");
}

}  // namespace
}  // namespace deltarule::network
