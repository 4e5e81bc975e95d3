// Laws of the model file between trusted hands: it comes back, and says the same for ever.
#include "model/model.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <limits>

#include "io/atomic_file.hpp"
#include "io/digest.hpp"
#include "io/file.hpp"
#include "io/reseal.hpp"
#include "model/example_models.hpp"

namespace deltarule::model {
namespace {

using tests::classifier;
using tests::regressor;

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "deltarule-model-XXXXXX").string();
    if (::mkdtemp(name.data()) != nullptr) folder_ = name;
  }
  ~TemporaryFolder() { std::filesystem::remove_all(folder_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  [[nodiscard]] std::string path(const std::string& name) const { return (folder_ / name).string(); }

 private:
  std::filesystem::path folder_;
};

TEST(Model, ComesBackFromItsBytesAndGivesTheSameBytesAgain) {
  for (const Model& model : {classifier(), regressor()}) {
    const auto bytes = model.to_bytes();
    ASSERT_TRUE(bytes) << bytes.error().message();
    const auto back = Model::parse(*bytes, "m");
    ASSERT_TRUE(back) << back.error().message();
    tests::expect_equal(*back, model);
    EXPECT_EQ(back->precision(), model.precision());
    EXPECT_EQ(*back->to_bytes(), *bytes);
    EXPECT_EQ(*model.to_bytes(), *bytes);
  }
}

TEST(Model, ComesBackFromAFileAndIsNotOverwrittenUnasked) {
  const TemporaryFolder folder;
  const Model model = classifier();
  const std::string path = folder.path("m.safetensors");
  ASSERT_TRUE(model.save(path, false));
  const auto back = Model::load(path);
  ASSERT_TRUE(back) << back.error().message();
  tests::expect_equal(*back, model);
  EXPECT_FALSE(regressor().save(path, false));
  EXPECT_EQ(*Model::load(path)->to_bytes(), *model.to_bytes());
  EXPECT_TRUE(regressor().save(path, true));
  EXPECT_EQ(*Model::load(path)->to_bytes(), *regressor().to_bytes());
}

TEST(Model, LoadingWhatIsNotThereOrAFolderOrATableSaysSo) {
  const TemporaryFolder folder;
  const auto missing = Model::load(folder.path("none"));
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::io);
  const auto directory = Model::load(folder.path(""));
  ASSERT_FALSE(directory);
  EXPECT_EQ(directory.error().code, ErrorCode::io);
  ASSERT_TRUE(io::write_atomically(folder.path("t.csv"), tests::bytes_of("a,b\n1,2\n"), false));
  const auto table = Model::load(folder.path("t.csv"));
  ASSERT_FALSE(table);
  EXPECT_EQ(table.error().code, ErrorCode::format);
  EXPECT_NE(table.error().message().find("CSV"), std::string::npos);
  EXPECT_NE(table.error().place.find("t.csv"), std::string::npos);
}

TEST(Model, WeightsDigestIsThatOfTheLittleEndianBytes) {
  Model model = regressor();
  model.weights = std::vector<float>{1.0F, -2.0F};
  const std::vector<std::byte> bytes{std::byte{0}, std::byte{0}, std::byte{0x80}, std::byte{0x3F},
                                     std::byte{0}, std::byte{0}, std::byte{0},    std::byte{0xC0}};
  EXPECT_EQ(model.weights_digest(), io::digest_of(bytes));
  const std::string before = classifier().weights_digest();
  Model changed = classifier();
  std::get<0>(changed.weights)[0] = -std::get<0>(changed.weights)[0];
  EXPECT_NE(changed.weights_digest(), before);
  changed = classifier();
  changed.provenance.seed = 5;
  changed.settings.clear();
  EXPECT_EQ(changed.weights_digest(), before);
}

TEST(Model, UndefinedMetricsStayUndefined) {
  Model model = regressor();
  model.metrics = {{"r2", "test", std::numeric_limits<double>::quiet_NaN(), 0.0, 1.0}};
  const auto bytes = model.to_bytes();
  ASSERT_TRUE(bytes);
  const auto back = Model::parse(*bytes);
  ASSERT_TRUE(back);
  EXPECT_TRUE(std::isnan(back->metrics[0].value));
  EXPECT_EQ(back->metrics[0].high, 1.0);
  EXPECT_EQ(*back->to_bytes(), *bytes);
}

TEST(Model, WhatCouldNotBeReadBackIsNotWritten) {
  struct Case {
    const char* message;
    std::function<void(Model&)> change;
  };
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float inf = std::numeric_limits<float>::infinity();
  const std::vector<Case> cases{
      {"layer1.from0.weight[1][2]", [nan](Model& m) { std::get<0>(m.weights)[7] = nan; }},
      {"layer2.bias[2]", [inf](Model& m) { std::get<0>(m.weights).back() = inf; }},
      {"layer2.from0.weight[0][1]", [](Model& m) { std::get<0>(m.weights)[11] = 1.0F; }},
      {"33 numbers", [](Model& m) { std::get<0>(m.weights).pop_back(); }},
      {"no_such_activation", [](Model& m) { m.network.layers[0].activation = "no_such_activation"; }},
      {"no_such_loss", [](Model& m) { m.network.loss = "no_such_loss"; }},
      {"inputs", [](Model& m) { m.preprocessing.features[1].categories.push_back("Torgersen"); }},
      {"output units", [](Model& m) { m.preprocessing.classes.push_back("Yeti"); }},
      {"categories",
       [](Model& m) {
         std::swap(m.preprocessing.features[1].categories[0], m.preprocessing.features[1].categories[1]);
       }},
      {"scale", [](Model& m) { m.preprocessing.features[0].scale = 0.0; }},
      {"\"hidden\" twice", [](Model& m) { m.settings.emplace_back("hidden", "3"); }},
      {"\"network\"", [](Model& m) { m.extra_metadata.emplace_back("network", "{}"); }},
      {"\"comment\" twice", [](Model& m) { m.extra_metadata.emplace_back("comment", ""); }},
      {"layer9.bias", [](Model& m) { m.extra_sections.push_back({"layer9.bias", "F32", {0}, {}}); }},
      {"\"note\" twice", [](Model& m) { m.extra_sections.push_back({"note", "F32", {0}, {}}); }},
      {"hexadecimal", [](Model& m) { m.provenance.data_fingerprint = "0123"; }},
  };
  for (const Case& one : cases) {
    Model model = classifier();
    one.change(model);
    const auto bytes = model.to_bytes();
    ASSERT_FALSE(bytes) << one.message;
    EXPECT_NE(bytes.error().message().find(one.message), std::string::npos) << bytes.error().message();
  }
}

// ---- Golden files: what each format version looks like, for ever ----

struct Golden {
  const char* file;
  Model model;
};

std::vector<Golden> golden() {
  return {{"format-1-f32-classifier.safetensors", classifier()},
          {"format-1-f64-regressor.safetensors", regressor()},
          {"format-1-history.safetensors", tests::with_history()},
          {"format-2-f32-normalised.safetensors", tests::normalised()}};
}

std::string golden_path(const std::string& file) { return std::string(DELTARULE_SOURCE_DIR) + "/tests/golden/" + file; }

/// DELTARULE_WRITE_GOLDEN=1 makes golden files that are not there yet; one that is there is never changed.
TEST(GoldenModel, FilesOfEveryFormatVersionAreRead) {
  const bool write = std::getenv("DELTARULE_WRITE_GOLDEN") != nullptr;
  for (const Golden& one : golden()) {
    const std::string path = golden_path(one.file);
    if (write && !std::filesystem::exists(path)) {
      ASSERT_TRUE(one.model.save(path, false));
    }
    const auto read = Model::load(path);
    ASSERT_TRUE(read) << read.error().message();
    tests::expect_equal(*read, one.model);
  }
}

TEST(GoldenModel, TheWriterStillWritesTheSameBytes) {
  static_assert(kFormatVersion == 2,
                "a new version: keep these files for the test above, and add files of the new one");
  for (const Golden& one : golden()) {
    const auto file = io::read_file(golden_path(one.file));
    ASSERT_TRUE(file) << file.error().message();
    const auto bytes = one.model.to_bytes();
    ASSERT_TRUE(bytes);
    EXPECT_EQ(tests::text_of(*bytes), file->text()) << one.file;
  }
}

}  // namespace
}  // namespace deltarule::model
