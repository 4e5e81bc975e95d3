// --monotone from the command line: a table that says the opposite, predictions that do not.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cli/command.hpp"

namespace deltarule::test {
namespace {

using nlohmann::json;
using Names = std::vector<std::string>;

/// y falls from 100 to 0 while x rises from 0 to 99.
std::string falling() {
  std::string text = "x,kind,y\n";
  for (int i = 0; i < 100; ++i)
    text += std::to_string(i) + (i % 2 == 0 ? ",a," : ",b,") + std::to_string(100 - i) + "\n";
  return text;
}

std::vector<double> predictions(const Folder& folder, const Names& options) {
  Names words = {"train",        "data.csv", "--target", "y",  "--task", "regression",    "--hidden", "6",
                 "--activation", "elu",      "--epochs", "40", "-o",     "m.safetensors", "--force"};
  words.insert(words.end(), options.begin(), options.end());
  const Outcome trained = run(folder, words);
  EXPECT_EQ(trained.code, 0) << trained.err;
  std::vector<double> values;
  const Names lines = run(folder, {"predict", "m.safetensors", "rows.csv"}).lines();
  for (std::size_t i = 1; i < lines.size(); ++i) values.push_back(std::stod(lines[i]));
  EXPECT_EQ(values.size(), 200U);
  return values;
}

std::size_t falls(const std::vector<double>& y) {
  std::size_t count = 0;
  for (std::size_t i = 1; i < y.size(); ++i) count += y[i] < y[i - 1] ? 1 : 0;
  return count;
}

TEST(Monotone, HoldsAgainstTheDataAndIsKeptByTrainingThatGoesOn) {
  const Folder folder;
  folder.write("data.csv", falling());
  std::string rows = "x,kind\n";
  for (int i = -50; i < 150; ++i) rows += std::to_string(i) + ",a\n";
  folder.write("rows.csv", rows);
  EXPECT_GT(falls(predictions(folder, {})), 150U);
  EXPECT_EQ(falls(predictions(folder, {"--monotone", "x:+"})), 0U);
  EXPECT_EQ(json::parse(run(folder, {"inspect", "m.safetensors", "--json"}).out)["provenance"]["monotone"], "x:+");
  const Outcome more = run(folder, {"train", "data.csv", "--target", "y", "--task", "regression", "--start-from",
                                    "m.safetensors", "--epochs", "40", "-o", "m.safetensors", "--force"});
  ASSERT_EQ(more.code, 0) << more.err;
  EXPECT_EQ(json::parse(run(folder, {"inspect", "m.safetensors", "--json"}).out)["provenance"]["monotone"], "x:+");
  EXPECT_GT(falls(predictions(folder, {"--monotone", "x:-"})), 150U) << "with the data it follows them";
}

TEST(Monotone, IsRefusedWhereItCannotBeKept) {
  const Folder folder;
  folder.write("data.csv", falling());
  const auto refused = [&](const Names& options, const Names& words) {
    Names all = {"train", "data.csv", "--target", "y", "--task", "regression"};
    all.insert(all.end(), options.begin(), options.end());
    expect_error(run(folder, all), 2, words);
  };
  refused({"--monotone", "kind:+"}, {"--monotone", "\"kind\"", "categorical"});
  refused({"--monotone", "z:+"}, {"--monotone", "\"z\"", "\"x\""});
  refused({"--monotone", "x"}, {"--monotone", "\"x\"", "COLUMN:+", "income:+,age:-"});
  refused({"--monotone", "x:+", "--activation", "gelu"}, {"--monotone", "gelu", "--activation tanh"});
  refused({"--monotone", "x:+", "--monotone", "x:-"}, {"--monotone", "\"x\" twice"});
}

}  // namespace
}  // namespace deltarule::test
