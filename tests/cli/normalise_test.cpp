// `--normalise`: said in the plan and by inspect, refused where it makes no sense.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/command.hpp"

namespace deltarule::test {
namespace {

using nlohmann::json;

std::string table() {
  std::string text = "a,b,kind\n";
  for (int i = 0; i < 80; ++i)
    text += std::to_string(i % 13) + "," + std::to_string(i % 7) + "," + (i % 13 > i % 7 ? "yes" : "no") + "\n";
  return text;
}

TEST(Normalise, IsToldByThePlanAndByInspect) {
  for (const std::string how : {"layer", "batch"}) {
    const Folder folder;
    folder.write("data.csv", table());
    const Outcome trained = run(folder, {"train", "data.csv", "--target", "kind", "--hidden", "6", "--epochs", "5",
                                         "--normalise", how, "--json", "-o", "m.safetensors"});
    ASSERT_EQ(trained.code, 0) << trained.err;
    const json start = json::parse(trained.lines().front());
    EXPECT_EQ(start["network"], "2-6-1, tanh, sigmoid, " + how + "-normalised");
    EXPECT_EQ(start["weights"], 2 * 6 + 6 + 6 + 6 + 1);
    const Outcome inspected = run(folder, {"inspect", "m.safetensors"});
    EXPECT_NE(inspected.out.find("6 units, tanh, from the inputs, " + how + "-normalised"), std::string::npos)
        << inspected.out;
    const Outcome weights = run(folder, {"inspect", "m.safetensors", "--weights"});
    const json network = json::parse(weights.out);
    EXPECT_EQ(network["layers"][0]["normalise"], how);
    EXPECT_EQ(network["weights"][0]["gain"].size(), 6U);
    EXPECT_EQ(network["weights"][0].contains("running_variance"), how == "batch");
    folder.write("net.json", weights.out);
    const Outcome again = run(folder, {"inspect", "net.json"});
    EXPECT_NE(again.out.find("layer 1: 6 units, tanh, from inputs, " + how + "-normalised"), std::string::npos)
        << again.out;
    const Outcome on = run(folder, {"train", "data.csv", "--target", "kind", "--start-from", "net.json", "--epochs",
                                    "2", "-q", "-o", "n.safetensors"});
    EXPECT_EQ(on.code, 0) << on.err;
    EXPECT_EQ(run(folder, {"predict", "m.safetensors", "data.csv"}).code, 0);
  }
}

TEST(Normalise, IsRefusedWhereItMakesNoSense) {
  const Folder folder;
  folder.write("data.csv", table());
  const auto refused = [&](std::vector<std::string> more) {
    std::vector<std::string> words = {"train", "data.csv", "--target", "kind"};
    words.insert(words.end(), more.begin(), more.end());
    const Outcome outcome = run(folder, words);
    EXPECT_EQ(outcome.code, 2) << outcome.err;
    return outcome.err;
  };
  EXPECT_NE(refused({"--normalise", "group"}).find("layer"), std::string::npos);
  EXPECT_NE(refused({"--normalise", "batch", "--batch-size", "1"}).find("--normalise layer"), std::string::npos);
  EXPECT_NE(refused({"--normalise", "layer", "--hidden", "none"}).find("without hidden layers"), std::string::npos);
}

}  // namespace
}  // namespace deltarule::test
