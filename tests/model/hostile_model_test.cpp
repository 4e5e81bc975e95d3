// Laws of the model file in the hands of chance and malice: nothing but a whole model comes in.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>

#include "campaign.hpp"
#include "io/json.hpp"
#include "io/reseal.hpp"
#include "io/safetensors.hpp"
#include "model/example_models.hpp"
#include "model/model.hpp"

namespace deltarule::model {
namespace {

using tests::classifier;

std::vector<std::byte> good_bytes() { return *classifier().to_bytes(); }

void expect_named(const Result<Model>& parsed, const std::string& what) {
  ASSERT_FALSE(parsed) << what;
  EXPECT_EQ(parsed.error().code, ErrorCode::format) << what << ": " << parsed.error().message();
  EXPECT_EQ(parsed.error().place.rfind("m.safetensors", 0), 0U) << what << ": " << parsed.error().message();
  EXPECT_FALSE(parsed.error().got.empty()) << what;
  EXPECT_FALSE(parsed.error().needed.empty()) << what;
}

TEST(DamagedModel, EverySingleBitFlipIsRefusedByName) {
  std::vector<std::byte> bytes = good_bytes();
  std::size_t refused = 0;
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit, ++refused) {
    const auto flip = static_cast<std::byte>(1U << (bit % 8));
    bytes[bit / 8] ^= flip;
    expect_named(Model::parse(bytes, "m.safetensors"), "bit " + std::to_string(bit));
    bytes[bit / 8] ^= flip;
    if (HasFailure()) return;
  }
  EXPECT_EQ(refused, bytes.size() * 8);
  EXPECT_TRUE(Model::parse(bytes, "m.safetensors"));
}

TEST(DamagedModel, EveryTruncationAndAppendedBytesAreRefusedByName) {
  const std::vector<std::byte> bytes = good_bytes();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    expect_named(Model::parse(std::span(bytes).first(size), "m.safetensors"), std::to_string(size) + " bytes");
    if (HasFailure()) return;
  }
  for (const std::size_t more : {1U, 8U, 4096U}) {
    std::vector<std::byte> longer = bytes;
    longer.resize(bytes.size() + more);
    expect_named(Model::parse(longer, "m.safetensors"), "appended");
    tests::reseal(longer);
    expect_named(Model::parse(longer, "m.safetensors"), "appended and resealed");
  }
}

TEST(DamagedModel, TheMessageSaysWhetherItIsTheDigestTheStartOrTheLength) {
  const auto flipped = [](std::size_t byte) {
    std::vector<std::byte> bytes = good_bytes();
    bytes[byte] ^= std::byte{1};
    return Model::parse(bytes, "m").error().message();
  };
  EXPECT_NE(flipped(good_bytes().size() - 1).find("digest"), std::string::npos);
  EXPECT_NE(flipped(40).find("digest"), std::string::npos);
  EXPECT_NE(flipped(7).find("header length"), std::string::npos);
  EXPECT_NE(flipped(12).find("byte 12"), std::string::npos);
}

/// A hostile author's tool: the container opened, changed, and sealed again.
struct Forge {
  io::Container container = *io::parse_container(good_bytes(), "m");

  std::string& metadata(const std::string& key) {
    const auto found = std::find_if(container.metadata.begin(), container.metadata.end(),
                                    [&key](const auto& entry) { return entry.first == key; });
    return found->second;
  }
  void drop_metadata(const std::string& key) {
    std::erase_if(container.metadata, [&key](const auto& entry) { return entry.first == key; });
  }
  io::Section& section(const std::string& name) {
    return *std::find_if(container.sections.begin(), container.sections.end(),
                         [&name](const io::Section& section) { return section.name == name; });
  }
  void drop_section(const std::string& name) {
    std::erase_if(container.sections, [&name](const io::Section& section) { return section.name == name; });
  }
  /// Replaces the first `from` in the metadata; false when it is not there.
  bool replace(const std::string& key, const std::string& from, const std::string& to) {
    std::string& text = metadata(key);
    const std::size_t at = text.find(from);
    if (at == std::string::npos) return false;
    text.replace(at, from.size(), to);
    return true;
  }
  [[nodiscard]] Result<Model> parse() const {
    return Model::parse(*io::container_to_bytes(container), "m.safetensors");
  }
};

struct Replacement {
  const char* key;
  std::string from, to;
  const char* message;
};

TEST(HostileModel, WrongMetadataWithARightDigestIsRefusedByName) {
  const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
  const std::vector<Replacement> cases{
      {"format", "deltarule-model", "other-model", "other-model"},
      {"version", "1", "3", "newer"},
      {"version", "1", "0", "version"},
      {"version", "1", "01", "version"},
      {"version", "1", "1e0", "version"},
      {"version", "1", "99999999999999999999999", "version"},
      {"precision", "f32", "f64", "F64"},
      {"precision", "f32", "f16", "f16"},
      {"network", "\"tanh\"", "\"no_such_activation\"", "no_such_activation"},
      {"network", "\"tanh\"", "\"softmax\"", "softmax"},
      {"network", "softmax_cross_entropy", "no_such_loss", "no_such_loss"},
      {"network", "softmax_cross_entropy", "binary_cross_entropy", "network"},
      {"network", "\"units\":2", "\"units\":3", "shape"},
      {"network", "\"units\":2", "\"units\":0", "0 units"},
      {"network", "\"units\":2", "\"units\":-2", "-2"},
      {"network", "\"units\":2", "\"units\":2.5", "2.5"},
      {"network", "\"units\":2", "\"units\":18446744073709551615", "18446744073709551615"},
      {"network", "\"units\":2", "\"units\":1099511627776", "2^40"},
      {"network", "\"units\":2", "\"units\":\"2\"", "a string"},
      {"network", "\"units\":2", "\"units\":1e999", "number"},
      {"network", "\"units\":2,", "", "units"},
      {"network", "\"inputs\":5", "\"inputs\":4", "mask"},
      {"network", "\"inputs\":5", "\"inputs\":0", "0 inputs"},
      {"network", "\"from\":[0,1]", "\"from\":[1,0]", "ascending"},
      {"network", "\"from\":[0,1]", "\"from\":[0,2]", "source 2"},
      {"network", "\"from\":[0,1]", "\"from\":[]", "no source"},
      {"network", "\"from\":[0,1]", "\"from\":[0,0]", "ascending"},
      {"network", "\"mask\":{\"0\"", "\"mask\":{\"7\"", "\"7\""},
      {"network", "\"10111\"", "\"10112\"", "10112"},
      {"network", "\"10111\"", "\"1011\"", "first row"},
      {"network", "\"10111\",", "", "2 rows"},
      {"network", "\"10111\"", "\"11111\"", "section"},  // accepted below: the weight is zero
      {"network", "\"11101\"", "\"01101\"", "layer2.from0.weight[1][0]"},
      {"network", "\"bias\":false", "\"bias\":true", "layer1.bias"},
      {"network", "\"bias\":false", "\"bias\":0", "a number"},
      {"network", "{\"inputs\"", "{\"x\":1,\"inputs\"", "\"x\""},
      {"network", "{\"inputs\":5", "{\"inputs\":5,\"inputs\":5", "twice"},
      {"network", "{\"inputs\":5", deep + "{\"inputs\":5", "deep"},
      {"network", "\"layers\":[", "\"layers\":[[],", "a list"},
      {"preprocessing", "\"multiclass\"", "\"clustering\"", "clustering"},
      {"preprocessing", "\"multiclass\"", "\"regression\"", "classes"},
      {"preprocessing", "\"standard\"", "\"robust\"", "robust"},
      {"preprocessing", "\"Biscoe\",", "", "inputs"},
      {"preprocessing", "\"Biscoe\"", "\"Zebra\"", "sorted"},
      {"preprocessing", "\"Adelie\",", "", "output units"},
      {"preprocessing", "\"Chinstrap\"", "\"Adelie\"", "one name"},
      {"preprocessing", "\"scale\":5.4595837", "\"scale\":0", "scale"},
      {"preprocessing", "\"scale\":5.4595837", "\"scale\":-1", "scale"},
      {"preprocessing", "\"scale\":5.4595837", "\"scale\":null", "null"},
      {"preprocessing", "\"scale\":5.4595837", "\"scale\":1e400", "number"},
      {"preprocessing", "\"numeric\"", "\"number\"", "number"},
      {"preprocessing", "\"island\"", "\"length \\\"mm\\\"\"", "one name"},
      {"settings", "\"adam\"", "1", "a number"},
      {"settings", "\"optimizer\"", "\"hidden\"", "twice"},
      {"settings", "{", "[", "JSON"},
      {"provenance", "\"seed\":18446744073709551615", "\"seed\":18446744073709551616", "seed"},
      {"provenance", "\"seed\":18446744073709551615", "\"seed\":-1", "seed"},
      {"provenance", "0123456789abcdef0123", "0123456789ABCDEF0123", "hexadecimal"},
      {"provenance", "\"refitted\":true", "\"refitted\":1", "a number"},
      {"provenance", "\"rows_seen\":275,", "", "rows_seen"},
      {"metrics", "\"accuracy\"", "{}", "an object"},
      {"metrics", "\"value\"", "\"worth\"", "worth"},
  };
  std::size_t refused = 0;
  for (const Replacement& one : cases) {
    Forge forge;
    ASSERT_TRUE(forge.replace(one.key, one.from, one.to)) << one.key << " has no " << one.from;
    const auto parsed = forge.parse();
    if (one.to == "\"11111\"") {
      EXPECT_TRUE(parsed) << "a connection more, whose weight is zero, is a model";
      continue;
    }
    expect_named(parsed, std::string(one.key) + ": " + one.to.substr(0, 60));
    if (parsed.ok()) continue;
    EXPECT_NE(parsed.error().message().find(one.message), std::string::npos) << parsed.error().message();
    ++refused;
  }
  EXPECT_EQ(refused, cases.size() - 1);
}

TEST(HostileModel, MissingMetadataIsRefusedByName) {
  for (const char* key :
       {"format", "version", "precision", "network", "preprocessing", "settings", "provenance", "metrics"}) {
    Forge forge;
    forge.drop_metadata(key);
    const auto parsed = forge.parse();
    expect_named(parsed, key);
    EXPECT_NE(parsed.error().message().find(key), std::string::npos) << parsed.error().message();
  }
}

TEST(HostileModel, WrongTensorsWithARightDigestAreRefusedByName) {
  const auto refused = [](auto change, const std::string& message) {
    Forge forge;
    change(forge);
    const auto parsed = forge.parse();
    expect_named(parsed, message);
    if (!parsed.ok()) {
      EXPECT_NE(parsed.error().message().find(message), std::string::npos) << parsed.error().message();
    }
  };
  const auto put = [](io::Section& section, std::size_t index, float value) {
    std::memcpy(section.bytes.data() + index * sizeof value, &value, sizeof value);
  };
  refused([&](Forge& f) { put(f.section("layer1.from0.weight"), 3, std::numeric_limits<float>::quiet_NaN()); },
          "layer1.from0.weight[0][3]");
  refused([&](Forge& f) { put(f.section("layer2.bias"), 1, -std::numeric_limits<float>::infinity()); },
          "layer2.bias[1]");
  refused([&](Forge& f) { put(f.section("layer2.from0.weight"), 1, 0.5F); }, "mask");
  refused([](Forge& f) { f.drop_section("layer2.from1.weight"); }, "layer2.from1.weight");
  refused([](Forge& f) { f.section("layer2.bias").name = "layer2.biases"; }, "layer2.bias");
  refused([](Forge& f) { f.section("layer2.bias").dtype = "I32"; }, "I32");
  refused([](Forge& f) { f.section("layer2.bias").shape = {3, 1}; }, "[3, 1]");
  refused([](Forge& f) { f.section("layer1.from0.weight").shape = {5, 2}; }, "[5, 2]");
  refused([](Forge& f) { f.section("layer1.from0.weight").shape = {10}; }, "[10]");
  refused([](Forge& f) { f.container.sections.push_back({"layer3.bias", "F32", {1}, std::vector<std::byte>(4)}); },
          "layer3.bias");
  refused([](Forge& f) { f.container.sections.clear(); }, "layer1.from0.weight");
}

TEST(HostileModel, OtherSectionsAndMetadataAreKeptUntouched) {
  Forge forge;
  forge.container.sections.insert(forge.container.sections.begin(),
                                  {"optimizer.mean", "F64", {2}, std::vector<std::byte>(16, std::byte{9})});
  forge.container.metadata.emplace_back("tool", "x");
  const auto parsed = forge.parse();
  ASSERT_TRUE(parsed) << parsed.error().message();
  ASSERT_EQ(parsed->extra_sections.size(), 2U);
  EXPECT_EQ(parsed->extra_sections[0].name, "optimizer.mean");
  EXPECT_EQ(parsed->extra_metadata.back().second, "x");
  EXPECT_EQ(parsed->weights_digest(), classifier().weights_digest());
}

/// Random changes of one string: a number replaced, a character dropped, doubled or changed.
void mutate(std::string& text, std::mt19937& random) {
  static const std::string symbols = "{}[]\",:0123456789-.eEtfn\\ ";
  static const std::vector<std::string> numbers{"0",          "-1",   "1e999", "18446744073709551616",
                                                "4294967296", "null", "0.5"};
  if (text.empty()) return;
  const std::size_t at = random() % text.size();
  switch (random() % 5) {
    case 0:
      text[at] = symbols[random() % symbols.size()];
      break;
    case 1:
      text.erase(at, 1 + random() % 5);
      break;
    case 2:
      text.insert(at, text.substr(random() % text.size(), random() % 20));
      break;
    case 3:
      text[at] = static_cast<char>(32 + random() % 95);
      break;
    default: {
      const std::size_t digit = text.find_first_of("0123456789", at);
      if (digit != std::string::npos) text.replace(digit, 1, numbers[random() % numbers.size()]);
    }
  }
}

TEST(HostileModel, RandomForgeriesNeverCrashAndWhatIsAcceptedIsWhole) {
  std::mt19937 random(11);
  std::size_t accepted = 0, tried = 0;
  for (int round = 0; round < test::lengthened(4'000); ++round) {
    Forge forge;
    const std::size_t changes = 1 + random() % 2;
    for (std::size_t c = 0; c < changes; ++c) {
      auto& sections = forge.container.sections;
      io::Section& section = sections[random() % sections.size()];
      const unsigned what = random() % 8;
      if (what == 0 && !section.bytes.empty())
        section.bytes[random() % section.bytes.size()] = static_cast<std::byte>(random() & 255);
      else if (what == 1)
        mutate(section.name, random);
      else
        mutate(forge.container.metadata[random() % forge.container.metadata.size()].second, random);
    }
    const auto bytes = io::container_to_bytes(forge.container);
    if (!bytes) continue;
    ++tried;
    const auto parsed = Model::parse(*bytes, "m.safetensors");
    if (!parsed) {
      ASSERT_EQ(parsed.error().code, ErrorCode::format) << parsed.error().message();
      ASSERT_FALSE(parsed.error().got.empty());
      continue;
    }
    ++accepted;
    const auto again = parsed->to_bytes();
    ASSERT_TRUE(again) << again.error().message();
    for (const double weight : parsed->weights_as_double()) ASSERT_TRUE(std::isfinite(weight));
  }
  EXPECT_GT(tried, 3'700U);
  EXPECT_GT(accepted, 200U);
}

}  // namespace
}  // namespace deltarule::model
