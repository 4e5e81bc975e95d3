// Models with normalised layers: their gains and running statistics come back from both forms, need version 2 of the
// file, and nothing that could not have been learnt comes in.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "io/safetensors.hpp"
#include "model/example_models.hpp"
#include "model/model.hpp"
#include "model/network_json.hpp"
#include "model/predictor.hpp"

namespace deltarule::model {
namespace {

using tests::normalised;

std::string metadata_of(const Model& model, const std::string& key) {
  const auto container = io::parse_container(*model.to_bytes(), "m");
  return *container->find_metadata(key);
}

TEST(NormalisedModel, ComesBackFromItsBytesWithGainsAndRunningStatistics) {
  const Model model = normalised();
  const auto bytes = model.to_bytes();
  ASSERT_TRUE(bytes) << bytes.error().message();
  const auto back = Model::parse(*bytes, "m");
  ASSERT_TRUE(back) << back.error().message();
  tests::expect_equal(*back, model);
  EXPECT_EQ(*back->to_bytes(), *bytes);
  const auto container = io::parse_container(*bytes, "m");
  std::vector<std::string> names;
  for (const io::Section& section : container->sections) names.push_back(section.name);
  EXPECT_EQ(names, (std::vector<std::string>{"layer1.from0.weight", "layer1.gain", "layer2.from1.weight", "layer2.bias",
                                             "layer2.gain", "layer2.running_mean", "layer2.running_variance",
                                             "layer3.from2.weight", "layer3.bias"}));
  EXPECT_TRUE(Predictor::create(*back));
}

TEST(NormalisedModel, NeedsVersionTwoAndOthersStayAtOne) {
  EXPECT_EQ(metadata_of(normalised(), "version"), "2");
  EXPECT_EQ(metadata_of(tests::classifier(), "version"), "1");
  EXPECT_EQ(metadata_of(tests::classifier(), "network").find("normalise"), std::string::npos);
  EXPECT_NE(metadata_of(normalised(), "network").find("\"normalise\":\"batch\""), std::string::npos);
}

TEST(NormalisedModel, ComesBackFromItsJsonForm) {
  const Model model = normalised();
  const auto text = network_to_json(model.network, &model.weights, {});
  ASSERT_TRUE(text) << text.error().message();
  const auto back = parse_network_json(*text, "net.json");
  ASSERT_TRUE(back) << back.error().message();
  EXPECT_EQ(back->spec, model.network);
  EXPECT_EQ(back->singles, std::get<0>(model.weights));
  EXPECT_EQ(*network_to_json(back->spec, &model.weights, {}), *text);
  EXPECT_EQ(network_to_json(tests::classifier().network, nullptr, {})->find("normalise"), std::string::npos);
}

// ---- what is refused ----

Error refused(const std::function<void(io::Container&)>& change) {
  auto container = *io::parse_container(*normalised().to_bytes(), "m");
  change(container);
  const auto parsed = Model::parse(*io::container_to_bytes(container), "m.safetensors");
  EXPECT_FALSE(parsed);
  return parsed ? Error{} : parsed.error();
}

io::Section& section(io::Container& container, const std::string& name) {
  return *std::find_if(container.sections.begin(), container.sections.end(),
                       [&name](const io::Section& one) { return one.name == name; });
}
void put(io::Container& container, const std::string& name, std::size_t index, float value) {
  std::memcpy(section(container, name).bytes.data() + index * sizeof value, &value, sizeof value);
}
void replace(io::Container& container, const std::string& key, const std::string& from, const std::string& to) {
  for (auto& [name, text] : container.metadata)
    if (name == key) text.replace(text.find(from), from.size(), to);
}

TEST(NormalisedModel, WhatCouldNotHaveBeenLearntIsRefusedByName) {
  struct Case {
    std::function<void(io::Container&)> change;
    std::string place, got;
  };
  const std::vector<Case> cases{
      {[](auto& c) { put(c, "layer2.running_variance", 1, -0.25F); }, "m.safetensors, layer2.running_variance[1]",
       "a running variance below 0"},
      {[](auto& c) { put(c, "layer2.running_variance", 0, std::numeric_limits<float>::quiet_NaN()); },
       "m.safetensors, layer2.running_variance[0]", "a weight that is not finite"},
      {[](auto& c) { put(c, "layer1.gain", 2, std::numeric_limits<float>::infinity()); },
       "m.safetensors, layer1.gain[2]", "a weight that is not finite"},
      {[](auto& c) { section(c, "layer2.gain").shape = {2, 1}; }, "m.safetensors, section \"layer2.gain\"",
       "the shape [2, 1]"},
      {[](auto& c) { section(c, "layer2.running_mean").name = "running_mean"; },
       "m.safetensors, section \"layer2.running_mean\"", "it is missing"},
      {[](auto& c) { replace(c, "network", "\"normalise\":\"layer\"", "\"normalise\":\"group\""); },
       "m.safetensors, network, layer 1", "the normalisation \"group\""},
      {[](auto& c) { replace(c, "network", "\"normalise\":\"layer\"", "\"normalise\":true"); },
       "m.safetensors, network, layers[0].normalise", "true or false"},
      {[](auto& c) { replace(c, "network", "\"normalise\":\"layer\"", "\"normalise\":\"\""); },
       "m.safetensors, network, layers[0].normalise", "\"\""},
      {[](auto& c) { replace(c, "network", ",\"normalise\":\"layer\"", ""); }, "m.safetensors, section \"layer1.gain\"",
       "a tensor that the network has no place for"},
      {[](auto& c) { replace(c, "version", "2", "1"); }, "m.safetensors, network",
       "a normalised layer in a file of format version 1"},
      {[](auto& c) { replace(c, "version", "2", "3"); }, "m.safetensors, version",
       "format version 3, written by a newer deltarule"},
  };
  for (const Case& one : cases) {
    const Error error = refused(one.change);
    EXPECT_EQ(error.code, ErrorCode::format) << one.got;
    EXPECT_EQ(error.place, one.place);
    EXPECT_EQ(error.got, one.got);
  }
}

TEST(NormalisedModel, ModelsInMemoryAreLookedAtLikewise) {
  Model model = normalised();
  std::get<0>(model.weights)[3 + 3 + 6 + 2 + 2 + 2] = -1.0F;
  const auto bytes = model.to_bytes();
  ASSERT_FALSE(bytes);
  EXPECT_EQ(bytes.error().message(), "model, layer2.running_variance[0]: a running variance below 0; needed 0 or more");
}

TEST(NormalisedModel, WrongRowsInJsonAreRefusedWithTheirPath) {
  const std::string start =
      R"({"format":"deltarule-network-1","inputs":1,"layers":[{"units":1,"activation":"tanh","normalise":"batch"}],"weights":[{"from":{"0":[[1]]},)";
  const auto read = [&start](const std::string& rest) { return parse_network_json(start + rest + "}]}", "net.json"); };
  const auto whole = read(R"("bias":[2],"gain":[3],"running_mean":[4],"running_variance":[5])");
  ASSERT_TRUE(whole) << whole.error().message();
  EXPECT_EQ(whole->weights, (std::vector<double>{1, 2, 3, 4, 5}));
  EXPECT_NE(read(R"("bias":[2,3],"running_mean":[4],"running_variance":[5])").error().message().find("weights[0]"),
            std::string::npos);
  EXPECT_NE(read(R"("bias":[2],"gain":[3,4,5])").error().message().find("weights[0].gain: 3 numbers"),
            std::string::npos);
  const auto other = parse_network_json(
      R"({"format":"deltarule-network-1","inputs":1,"layers":[{"units":1,"activation":"tanh","bias":false}],"weights":[{"from":{"0":[[1]]},"gain":{}}]})",
      "net.json");
  ASSERT_FALSE(other);
  EXPECT_NE(other.error().message().find("weights[0].gain: an object; needed none: the layer has no gain"),
            std::string::npos)
      << other.error().message();
}

}  // namespace
}  // namespace deltarule::model
