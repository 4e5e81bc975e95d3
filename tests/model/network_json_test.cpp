// Laws of the JSON form of networks.
#include "model/network_json.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <chrono>
#include <cmath>
#include <random>

#include "campaign.hpp"
#include "io/file.hpp"
#include "model/example_models.hpp"

namespace deltarule::model {
namespace {

NetworkSpec any_wiring() {
  NetworkSpec spec = tests::classifier().network;
  spec.layers.insert(spec.layers.begin() + 1, {.units = 4,
                                               .activation = "leaky_relu(0.2)",
                                               .from = {{0}, {1, {1, 1, 1, 0, 0, 1, 1, 1}}},
                                               .bias = true,
                                               .train_bias = false});
  spec.layers.back().from = {{1}, {2}};
  return spec;
}
constexpr std::size_t kAnyWeights = 2 * 5 + 4 * 5 + 4 * 2 + 4 + 3 * 2 + 3 * 4 + 3;
constexpr std::size_t kMasked[] = {2 * 5 + 4 * 5 + 3, 2 * 5 + 4 * 5 + 4};

template <class T, class Bits>
std::vector<T> random_bits(std::mt19937_64& random) {
  std::vector<T> weights;
  while (weights.size() < kAnyWeights) {
    const T value = std::bit_cast<T>(static_cast<Bits>(random()));
    if (std::isfinite(value)) weights.push_back(value);
  }
  for (const std::size_t masked : kMasked) weights[masked] = T{0};
  return weights;
}

TEST(NetworkJson, EveryFloatOfEveryWiringComesBackBitForBit) {
  std::mt19937_64 random(3);
  std::size_t compared = 0;
  for (int round = 0; round < 300; ++round) {
    const auto singles = random_bits<float, std::uint32_t>(random);
    auto doubles = random_bits<double, std::uint64_t>(random);
    doubles[0] = -0.0;
    for (const Weights& weights : {Weights(singles), Weights(doubles)}) {
      const auto text = network_to_json(any_wiring(), &weights);
      ASSERT_TRUE(text) << text.error().message();
      const auto back = parse_network_json(*text, "net.json");
      ASSERT_TRUE(back) << back.error().message();
      ASSERT_EQ(back->spec, any_wiring());
      ASSERT_TRUE(back->has_weights);
      for (std::size_t i = 0; i < kAnyWeights; ++i, ++compared) {
        if (weights.index() == 0) {
          ASSERT_EQ(std::bit_cast<std::uint32_t>(back->singles[i]), std::bit_cast<std::uint32_t>(singles[i]));
        } else {
          ASSERT_EQ(std::bit_cast<std::uint64_t>(back->weights[i]), std::bit_cast<std::uint64_t>(doubles[i]));
        }
      }
    }
  }
  EXPECT_EQ(compared, 600U * kAnyWeights);
}

TEST(NetworkJson, WithoutWeightsIsTheWiringAlone) {
  const auto text = network_to_json(any_wiring(), nullptr, {"a", "b=\"c\"", "d", "e", "f"});
  ASSERT_TRUE(text);
  const auto back = parse_network_json(*text, "net.json");
  ASSERT_TRUE(back) << back.error().message();
  EXPECT_EQ(back->spec, any_wiring());
  EXPECT_FALSE(back->has_weights);
  EXPECT_TRUE(back->weights.empty());
  EXPECT_EQ(back->input_names, (std::vector<std::string>{"a", "b=\"c\"", "d", "e", "f"}));
}

TEST(NetworkJson, TheSpecInTheModelFileComesBack) {
  for (const NetworkSpec& spec : {any_wiring(), tests::classifier().network, tests::regressor().network}) {
    const auto back = spec_from_json(spec_to_json(spec), "m");
    ASSERT_TRUE(back) << back.error().message();
    EXPECT_EQ(*back, spec);
  }
}

TEST(NetworkJson, DefaultsAreThoseOfTheSpec) {
  const auto read = parse_network_json(
      R"({"format":"deltarule-network-1","inputs":["a","b"],"layers":[{"units":3,"activation":"relu"},{"units":1,"activation":"identity"}]})",
      "net.json");
  ASSERT_TRUE(read) << read.error().message();
  NetworkSpec spec{.inputs = 2, .layers = {{.units = 3, .activation = "relu"}, {.units = 1, .activation = "identity"}}};
  EXPECT_EQ(read->spec, spec);
}

TEST(NetworkJson, MasksMayBeStringsOrLists) {
  const std::string start =
      R"({"format":"deltarule-network-1","inputs":3,"layers":[{"units":2,"activation":"tanh","from":[0],"mask":{"0":)";
  const auto strings = parse_network_json(start + R"(["101","010"]}}]})", "net.json");
  const auto lists = parse_network_json(start + R"([[1,0,1],[0,1,0]]}}]})", "net.json");
  ASSERT_TRUE(strings) << strings.error().message();
  ASSERT_TRUE(lists) << lists.error().message();
  EXPECT_EQ(strings->spec, lists->spec);
  EXPECT_EQ(strings->spec.layers[0].from[0].mask, (std::vector<std::uint8_t>{1, 0, 1, 0, 1, 0}));
}

TEST(NetworkJson, MaskedWeightsAreZeroWhateverTheFileSays) {
  const auto read = parse_network_json(
      R"({"format":"deltarule-network-1","inputs":2,"layers":[{"units":1,"activation":"tanh","from":[0],"mask":{"0":["01"]}}],)"
      R"("weights":[{"from":{"0":[[5,6]]},"bias":[7]}]})",
      "net.json");
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->weights, (std::vector<double>{0, 6, 7}));
  EXPECT_EQ(read->singles, (std::vector<float>{0, 6, 7}));
}

TEST(NetworkJson, CaseFilesGiveTheirNetworkAndInitialWeights) {
  const std::string path = std::string(DELTARULE_SOURCE_DIR) + "/tests/cases/pdp-xor-pattern.json";
  const auto file = io::read_file(path);
  ASSERT_TRUE(file) << file.error().message();
  const auto read = parse_network_json(file->text(), path);
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->spec.inputs, 2U);
  EXPECT_EQ(read->spec.loss, "half_squared_error");
  ASSERT_EQ(read->spec.layers.size(), 2U);
  EXPECT_EQ(read->spec.layers[0].activation, "sigmoid");
  EXPECT_EQ(read->weights, (std::vector<double>{0.432171, 0.448781, -0.038413, 0.036489, -0.276589, -0.402498, 0.27208,
                                                0.081714, 0.279299}));
}

struct Bad {
  const char* text;     // replaces WHAT in the template
  const char* message;  // a part of what must be said
};

TEST(NetworkJson, WrongFilesAreRefusedWithTheirPath) {
  const std::vector<Bad> cases{
      {"", "net.json"},
      {"[]", "a list"},
      {"{}", "without \"format\""},
      {R"({"format":"deltarule-network-9"})", "deltarule-network-9"},
      {R"({"format":1})", "a number"},
      {R"({"schema":"deltarule-case-1"})", "no \"network\""},
      {R"({"schema":"deltarule-case-1","network":[]})", "network: a list"},
      {R"({"format":"deltarule-network-1","layers":[]})", "inputs"},
      {R"({"format":"deltarule-network-1","inputs":true,"layers":[]})", "inputs: true or false"},
      {R"({"format":"deltarule-network-1","inputs":[1],"layers":[]})", "inputs[0]: a number"},
      {R"({"format":"deltarule-network-1","inputs":2,"layers":[]})", "no layers"},
      {R"({"format":"deltarule-network-1","inputs":2,"layers":[{"units":1}]})", "layers[0]: no \"activation\""},
      {R"({"format":"deltarule-network-1","inputs":2,"layers":[{"units":1,"activation":"tahn"}]})", "tahn"},
      {R"({"format":"deltarule-network-1","inputs":2,"layers":[{"unit":1,"activation":"tanh"}]})",
       "layers[0]: an unknown entry \"unit\""},
      {R"({"format":"deltarule-network-1","inputs":2,"layers":[{"units":99999999999999999999,"activation":"tanh"}]})",
       "layers[0].units"},
      {R"({"format":"deltarule-network-1","inputs":2,"layers":[{"units":1,"activation":"tanh","from":[0.5]}]})",
       "layers[0].from[0]"},
      {R"({"format":"deltarule-network-1","inputs":2,"layers":[{"units":1,"activation":"tanh","from":0}]})",
       "layers[0].from: a number"},
      {R"({"format":"deltarule-network-1","inputs":2,"layers":[{"units":1,"activation":"tanh","mask":{"0":["11"]}}]})",
       "layers[0].mask"},
      {R"({"format":"deltarule-network-1","inputs":2,"layers":[{"units":1,"activation":"tanh","from":[0],"mask":{"0":["111"]}}]})",
       "mask"},
      {R"({"format":"deltarule-network-1","inputs":2,"layers":[{"units":1,"activation":"tanh","from":[0],"mask":{"0":[[1,2]]}}]})",
       "layers[0].mask.0[0]"},
      {R"({"format":"deltarule-network-1","inputs":2,"layers":[{"units":1,"activation":"tanh"}],"loss":"mean"})",
       "mean"},
      {R"({"format":"deltarule-network-1","inputs":2,"layers":[{"units":1,"activation":"tanh"}],"loss":[]})",
       "loss: a list"},
      {R"({"format":"deltarule-network-1","inputs":2,"layers":[{"units":1,"activation":"tanh"}],"weight":[]})",
       "\"weight\""},
  };
  for (const Bad& bad : cases) {
    const auto read = parse_network_json(bad.text, "net.json");
    ASSERT_FALSE(read) << bad.text;
    EXPECT_EQ(read.error().place.rfind("net.json", 0), 0U) << read.error().message();
    EXPECT_NE(read.error().message().find(bad.message), std::string::npos) << bad.text << "\n"
                                                                           << read.error().message();
  }
}

TEST(NetworkJson, WrongWeightsAreRefusedWithTheirPath) {
  const std::string start =
      R"({"format":"deltarule-network-1","inputs":2,"layers":[{"units":2,"activation":"tanh"},{"units":1,"activation":"tanh","bias":false}],"weights":)";
  const std::string good = R"([{"from":{"0":[[1,2],[3,4]]},"bias":[5,6]},{"from":{"1":[[7,8]]}}])";
  const auto read = parse_network_json(start + good + "}", "net.json");
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->weights, (std::vector<double>{1, 2, 3, 4, 5, 6, 7, 8}));
  const std::vector<Bad> cases{
      {"{}", "weights"},
      {"[]", "weights: 0 numbers"},
      {R"([{"from":{"0":[[1,2],[3,4]]},"bias":[5,6,7,8]}])", "1 entries"},
      {R"([{"from":{"0":[[1,2,3],[4]]},"bias":[5,6]},{"from":{"1":[[7,8]]}}])", "weights[0].from.0[0]: 3 numbers"},
      {R"([{"from":{"0":[[1,2,3,4]]},"bias":[5,6]},{"from":{"1":[[7,8]]}}])", "weights[0].from.0: 1 rows"},
      {R"([{"from":{"0":[[1,2],[3,"x"]]},"bias":[5,6,0]},{"from":{"1":[[7,8]]}}])",
       "weights[0].from.0[1][1]: a string"},
      {R"([{"from":{"0":[[1,2],[3,null]]},"bias":[5,6,0]},{"from":{"1":[[7,8]]}}])", "weights[0].from.0[1][1]: null"},
      {R"([{"from":{"0":[[1,2],[3,1e999]]},"bias":[5,6]},{"from":{"1":[[7,8]]}}])", "number"},
      {R"([{"from":{"1":[[1,2],[3,4]]},"bias":[5,6]},{"from":{"1":[[7,8]]}}])", "weights[0].from: no \"0\""},
      {R"([{"from":{"0":[[1,2],[3,4]],"1":[]},"bias":[5,6]},{"from":{"1":[[7,8]]}}])", "2 matrices"},
      {R"([{"from":{"0":[[1,2],[3,4]]},"bias":[5]},{"from":{"1":[[7,8,0]]}}])", "weights[0].bias: 1 numbers"},
      {R"([{"from":{"0":[[1,2],[3,4]]}},{"from":{"1":[[7,8]]},"bias":[5,6]}])", "weights[0]: no \"bias\""},
      {R"([{"from":{"0":[[1,2],[3,4]]},"bias":[5,6]},{"from":{"1":[[8]]},"bias":[9]}])",
       "weights[1].from.1[0]: 1 numbers"},
      {R"([{"from":{"0":[[1,2],[3,4]]},"bias":[5,6]},{"from":{"1":[[7,8]]},"bias":{}}])", "weights[1].bias"},
      {R"([{"from":{"0":[[1,2],[3,4]]},"bias":[5,6],"x":1},{"from":{"1":[[8]]}}])", "\"x\""},
      {R"([{"from":[[1,2],[3,4]],"bias":[5,6]},{"from":{"1":[[7,8]]}}])", "weights[0].from: a list"},
  };
  for (const Bad& bad : cases) {
    const auto refused = parse_network_json(start + bad.text + "}", "net.json");
    ASSERT_FALSE(refused) << bad.text;
    EXPECT_EQ(refused.error().code, ErrorCode::format);
    EXPECT_NE(refused.error().message().find(bad.message), std::string::npos) << bad.text << "\n"
                                                                              << refused.error().message();
  }
}

TEST(NetworkJson, AHugeNetworkIsNotAskedMemoryForUntilItsWeightsAreThere) {
  const auto read = parse_network_json(
      R"({"format":"deltarule-network-1","inputs":1048576,"layers":[{"units":1000000,"activation":"tanh"}],"weights":[{"from":{"0":[[1]]},"bias":[1]}]})",
      "net.json");
  ASSERT_FALSE(read);
  EXPECT_NE(read.error().message().find("2 numbers"), std::string::npos) << read.error().message();
}

TEST(NetworkJson, TheExampleInTheDocumentationIsRead) {
  const auto file = io::read_file(std::string(DELTARULE_SOURCE_DIR) + "/docs/formats.md");
  ASSERT_TRUE(file) << file.error().message();
  const std::string_view text = file->text();
  const std::size_t begin = text.find("```json\n");
  ASSERT_NE(begin, std::string_view::npos);
  const std::size_t end = text.find("```", begin + 8);
  const auto read = parse_network_json(text.substr(begin + 8, end - begin - 8), "formats.md");
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->weights, (std::vector<double>{0.5, -0.25, 1e-3, 2, 0.1, 0, 0.75, 0, 1.5, -1, -0.5}));
}

TEST(NetworkJson, DeepNestingIsRefused) {
  const auto read = parse_network_json("{\"format\":" + std::string(1'000'000, '['), "net.json");
  ASSERT_FALSE(read);
  EXPECT_NE(read.error().message().find("deep"), std::string::npos);
}

TEST(NetworkJson, WhatCouldNotBeReadBackIsNotWritten) {
  const Weights few = std::vector<float>{1.0F};
  EXPECT_FALSE(network_to_json(any_wiring(), &few));
  Weights wrong = std::vector<double>(kAnyWeights, std::numeric_limits<double>::infinity());
  EXPECT_FALSE(network_to_json(any_wiring(), &wrong));
  EXPECT_FALSE(network_to_json(any_wiring(), nullptr, {"one name"}));
  EXPECT_FALSE(network_to_json(NetworkSpec{}, nullptr));
}

TEST(NetworkJson, RandomDamageNeverCrashes) {
  const Weights weights = tests::classifier().weights;
  const std::string original = *network_to_json(tests::classifier().network, &weights);
  const std::string symbols = "{}[]\",:0123456789-.eE\\n ";
  std::mt19937 random(5);
  std::size_t refused = 0, accepted = 0;
  for (int round = 0; round < test::lengthened(10'000); ++round) {
    std::string text = original;
    for (unsigned c = 0; c <= random() % 3; ++c) {
      const std::size_t at = random() % text.size();
      if (random() % 3 == 0)
        text.erase(at, 1 + random() % 3);
      else
        text[at] = symbols[random() % symbols.size()];
    }
    const auto read = parse_network_json(text, "net.json");
    if (!read) {
      ASSERT_FALSE(read.error().got.empty());
    }
    ++(read ? accepted : refused);
  }
  EXPECT_EQ(refused + accepted, test::lengthened(10'000U));
  EXPECT_GT(refused, 1'000U);
  EXPECT_GT(accepted, 500U);
}

TEST(NetworkJson, ManySourcesAndMasksAreReadInTimeThatGrowsWithTheText) {
  // 2 MB; comparing each mask with each source would take 10^10 steps.
  constexpr std::size_t kSources = 100'000;
  std::string from;
  std::string masks;
  for (std::size_t s = 0; s < kSources; ++s) {
    const std::string comma = s == 0 ? "" : ",";
    from += comma + std::to_string(s);
    masks += comma + "\"" + std::to_string(s) + "\":[\"1\"]";
  }
  const auto begin = std::chrono::steady_clock::now();
  const auto read = parse_network_json(R"({"format":"deltarule-network-1","inputs":1,"layers":[{"units":1,)"
                                       R"("activation":"tanh","from":[)" +
                                           from + R"(],"mask":{)" + masks + "}}]}",
                                       "n.json");
  ASSERT_FALSE(read);  // the layer's sources do not come before it
  EXPECT_NE(read.error().got.find("source 1"), std::string::npos) << read.error().message();
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
  EXPECT_LT(taken.count(), 20.0);
}

}  // namespace
}  // namespace deltarule::model
