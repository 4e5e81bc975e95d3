// Starting weights: what each rule draws, what a draw depends on, and what is not a rule.
#include "network/init.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

namespace deltarule::network {
namespace {

template <class T>
Network<T> drawn(const NetworkSpec& spec, std::uint64_t seed, const std::string& init) {
  auto network = Network<T>::create(spec);
  EXPECT_TRUE(network);
  const auto how = find_init(init);
  EXPECT_TRUE(how) << how.error().message();
  draw_weights(*network, Seed{seed}, *how);
  return std::move(*network);
}

struct Moments {
  double mean = 0, deviation = 0, largest = 0;
};
Moments moments_of(std::span<const double> values) {
  Moments moments;
  const double n = static_cast<double>(values.size());
  for (const double v : values) {
    moments.mean += v / n;
    moments.largest = std::max(moments.largest, std::fabs(v));
  }
  for (const double v : values) moments.deviation += (v - moments.mean) * (v - moments.mean) / n;
  moments.deviation = std::sqrt(moments.deviation);
  return moments;
}

TEST(Init, DrawsTheSpreadThatEachRuleStates) {
  constexpr std::size_t kIn = 80, kOut = 120;
  const NetworkSpec spec{.inputs = kIn, .layers = {{kOut, "tanh"}}};
  const double in = kIn, out = kOut;
  const std::pair<const char*, double> rules[] = {
      {"glorot_uniform", std::sqrt(2 / (in + out))},
      {"glorot_normal", std::sqrt(2 / (in + out))},
      {"he_uniform", std::sqrt(2 / in)},
      {"he_normal", std::sqrt(2 / in)},
      {"lecun_uniform", std::sqrt(1 / in)},
      {"lecun-normal", std::sqrt(1 / in)},
      {"uniform(0.6)", 0.6 / std::sqrt(3.0)},
      {"auto", std::sqrt(2 / (in + out))},
  };
  std::size_t checked = 0;
  for (const auto& [rule, deviation] : rules) {
    const auto weights = drawn<double>(spec, 7, rule).weights();
    const Moments moments = moments_of(std::span(weights).first(kIn * kOut));
    // Six standard errors of mean and deviation of kIn·kOut draws (a normal's deviation is the less certain).
    const double n = in * out;
    EXPECT_NEAR(moments.mean, 0, 6 * deviation / std::sqrt(n)) << rule;
    EXPECT_NEAR(moments.deviation, deviation, 6 * deviation / std::sqrt(2 * n)) << rule;
    const bool is_normal = std::string(rule).find("normal") != std::string::npos;
    EXPECT_EQ(moments.largest > deviation * std::sqrt(3.0) * (1 + 1e-12), is_normal) << rule;
    ++checked;
  }
  EXPECT_EQ(checked, std::size(rules));
}

TEST(Init, AutomaticGoesByActivation) {
  const auto same = [](const char* activation, const char* rule) {
    const NetworkSpec spec{.inputs = 5, .layers = {{6, activation}}};
    return drawn<double>(spec, 3, "auto").weights() == drawn<double>(spec, 3, rule).weights();
  };
  for (const char* activation : {"sigmoid", "tanh", "softmax", "identity", "softsign"})
    EXPECT_TRUE(same(activation, "glorot_uniform")) << activation;
  for (const char* activation : {"relu", "leaky_relu(0.1)", "elu", "gelu", "swish", "softplus"})
    EXPECT_TRUE(same(activation, "he_uniform")) << activation;
  EXPECT_TRUE(same("selu", "lecun_normal"));
  EXPECT_FALSE(same("selu", "glorot_uniform"));
}

TEST(Init, FloatAndDoubleStartAlike) {
  const NetworkSpec spec{.inputs = 5, .layers = {{6, "tanh"}, {3, "selu"}}};
  const auto single = drawn<float>(spec, 9, "auto").weights();
  const auto twice = drawn<double>(spec, 9, "auto").weights();
  ASSERT_EQ(single.size(), twice.size());
  for (std::size_t i = 0; i < single.size(); ++i) EXPECT_EQ(single[i], static_cast<float>(twice[i]));
}

TEST(Init, DependsOnTheSeedAndNotOnMasksOrOtherLayers) {
  NetworkSpec spec{.inputs = 3, .layers = {{2, "tanh"}, {2, "identity"}}};
  const auto one = drawn<double>(spec, 1, "uniform(1)").weights();
  EXPECT_EQ(one, drawn<double>(spec, 1, "uniform(1)").weights());
  EXPECT_NE(one, drawn<double>(spec, 2, "uniform(1)").weights());
  NetworkSpec masked = spec;
  masked.layers[0].from = {Connection(0, {1, 0, 1, 1, 1, 1})};
  auto expected = one;
  expected[1] = 0;
  EXPECT_EQ(drawn<double>(masked, 1, "uniform(1)").weights(), expected);
  NetworkSpec longer = spec;
  longer.layers.insert(longer.layers.begin() + 1, LayerSpec{2, "tanh"});
  const auto other = drawn<double>(longer, 1, "uniform(1)").weights();
  EXPECT_TRUE(std::equal(one.begin(), one.begin() + 8, other.begin()));
}

TEST(Init, FanInCountsEveryBlockAndOnlyWhatIsConnected) {
  NetworkSpec spec{.inputs = 2, .layers = {{2, "tanh"}, {1, "identity"}}};
  spec.layers[1].from = {Connection(0, {1, 0}), Connection(1)};  // fan-in 1 + 2
  const auto he = drawn<double>(spec, 4, "he_uniform").weights(), unit = drawn<double>(spec, 4, "uniform(1)").weights();
  for (const std::size_t i : {6u, 8u, 9u}) EXPECT_NEAR(he[i], std::sqrt(6.0 / 3.0) * unit[i], 4 * 0x1p-52) << i;
  EXPECT_EQ(he[7], 0);
}

TEST(Init, BiasesAreZeroExceptWhereTheRuleSaysOtherwise) {
  const NetworkSpec spec{.inputs = 2, .layers = {{3, "tanh"}}};
  for (const char* rule : {"auto", "he_normal", "lecun_uniform"})
    for (std::size_t u = 0; u < 3; ++u) EXPECT_EQ(drawn<float>(spec, 1, rule).weights()[6 + u], 0.0F);
  EXPECT_EQ(drawn<float>(spec, 1, "constant(0.25)").weights(), std::vector<float>(9, 0.25F));
  EXPECT_NE(drawn<float>(spec, 1, "uniform(0.5)").weights()[7], 0.0F);
}

TEST(Init, RefusesWhatIsNotARule) {
  std::size_t refused = 0;
  for (const char* text : {"", "xavier", "uniform", "constant", "uniform(", "uniform()", "uniform(x)", "uniform(1e999)",
                           "uniform(nan)", "uniform(-1)", "uniform(1)x", "auto(1)", "he_normal(2)"}) {
    const auto init = find_init(text);
    ASSERT_FALSE(init) << text;
    EXPECT_EQ(init.error().code, ErrorCode::spec);
    EXPECT_FALSE(init.error().needed.empty());
    ++refused;
  }
  EXPECT_EQ(refused, 13u);
}

}  // namespace
}  // namespace deltarule::network
