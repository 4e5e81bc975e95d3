// Dropout and input noise from the command line: they reach training and nothing else, are kept in the model, and are
// refused where they make no sense.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cli/command.hpp"

namespace deltarule::test {
namespace {

using nlohmann::json;
using Names = std::vector<std::string>;

class Noise : public ::testing::Test {
 protected:
  Noise() { folder.write("data.csv", straight_line(200)); }
  Outcome train(const Names& options) const {
    Names words = {"train", "data.csv", "--target",      "y",       "--hidden", "8,4", "--epochs",
                   "5",     "-o",       "m.safetensors", "--force", "--json"};
    words.insert(words.end(), options.begin(), options.end());
    return run(folder, words);
  }
  Outcome refused(const std::string& option, const std::string& value) const {
    return run(folder, {"train", "data.csv", "--target", "y", "--hidden", "8,4", option, value});
  }
  json inspected() const { return json::parse(run(folder, {"inspect", "m.safetensors", "--json"}).out); }
  std::string digest(const Names& options) const {
    const Outcome outcome = train(options);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    return inspected()["weights_digest"];
  }
  Folder folder;
};

TEST_F(Noise, ChangesTheRunIsOfTheSeedAndIsKeptInTheModel) {
  const std::string plain = digest({});
  EXPECT_FALSE(inspected()["provenance"].contains("dropout"));
  EXPECT_FALSE(inspected()["provenance"].contains("input_noise"));
  const std::string dropped = digest({"--dropout", "0.5"}), noisy = digest({"--input-noise", "0.2"});
  EXPECT_NE(dropped, plain);
  EXPECT_NE(noisy, plain);
  EXPECT_NE(dropped, noisy);
  const std::string both = digest({"--dropout", "h2=0.25,inputs=0.125", "--input-noise", "0.2"});
  EXPECT_EQ(inspected()["provenance"]["dropout"], "h2=0.25,inputs=0.125");
  EXPECT_EQ(inspected()["provenance"]["input_noise"], "0.2");
  EXPECT_EQ(digest({"--dropout", "inputs=0.125, h2=0.25", "--input-noise", "0.2", "--threads", "2"}), both);
  EXPECT_EQ(digest({"--dropout", "h1=0.5,h2=0.5"}), dropped) << "0.5 alone is of every hidden layer";
  EXPECT_NE(digest({"--dropout", "h1=0.5"}), dropped);
  EXPECT_EQ(digest({"--dropout", "0", "--input-noise", "0"}), plain);
}

/// The same weights from the same start, whatever is drawn: only what the trainer draws follows from the seed.
TEST_F(Noise, IsDrawnAnewWithAnotherSeed) {
  ASSERT_EQ(train({}).code, 0);
  const Outcome network = run(folder, {"inspect", "m.safetensors", "--weights"});
  folder.write("start.json", network.out);
  const auto from_start = [&](const std::string& seed, const std::string& dropout) {
    const Outcome outcome =
        run(folder, {"train", "data.csv",     "--target", "y",  "--start-from",  "start.json", "--epochs",
                     "3",     "--no-shuffle", "--test",   "0",  "--validation",  "0",          "--seed",
                     seed,    "--dropout",    dropout,    "-o", "m.safetensors", "--force",    "-q"});
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    return inspected()["weights_digest"];
  };
  EXPECT_EQ(from_start("1", "0"), from_start("2", "0"));
  EXPECT_EQ(from_start("1", "0.5"), from_start("1", "0.5"));
  EXPECT_NE(from_start("1", "0.5"), from_start("2", "0.5"));
}

TEST_F(Noise, IsInTheTrainingLossAndInNoMeasure) {
  const auto epochs = [&](const Names& options) {
    std::vector<json> found;
    for (const std::string& line : train(options).lines())
      if (const json event = json::parse(line); event["event"] == "epoch") found.push_back(event);
    return found;
  };
  // A step too small to move a weight: what is met is the passes alone.
  const Names still = {"--optimizer", "delta-rule", "--learning-rate", "1e-30", "--patience", "0"};
  Names noisy = still;
  noisy.insert(noisy.end(), {"--dropout", "0.5", "--input-noise", "0.5"});
  const auto plain = epochs(still), with = epochs(noisy);
  ASSERT_EQ(plain.size(), 5U);
  ASSERT_EQ(with.size(), 5U);
  for (std::size_t e = 0; e < 5; ++e) EXPECT_NE(with[e]["training_loss"], plain[e]["training_loss"]);
  EXPECT_NE(with[0]["training_loss"], with[1]["training_loss"]);
  const auto measures = [&](const Names& options) { return json::parse(train(options).lines().back())["test"]; };
  EXPECT_EQ(measures(noisy), measures(still));
}

TEST_F(Noise, IsOfEachFoldOfACrossValidation) {
  const auto means = [&](const Names& options) {
    Names words = {"cv", "data.csv", "--target", "y", "--folds", "3", "--epochs", "3", "--hidden", "6", "--json"};
    words.insert(words.end(), options.begin(), options.end());
    const Outcome outcome = run(folder, words);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    return json::parse(outcome.out);
  };
  const json plain = means({}), noisy = means({"--dropout", "0.3"});
  EXPECT_NE(noisy["mean"], plain["mean"]);
  EXPECT_EQ(noisy["baseline"], plain["baseline"]) << "the linear model has none";
}

TEST_F(Noise, ThatMakesNoSenseIsRefused) {
  const std::string probability = "a probability from 0 up to, but not including, 1";
  for (const char* wrong : {"1", "-0.1", "much", "", "h1", "h1=1", "h1=", "=0.5", "0.5,", "nan"})
    expect_error(refused("--dropout", wrong), 2, {"--dropout", probability, "h1=0.5,inputs=0.2"});
  for (const char* wrong : {"h0=0.5", "x=0.5", "h1001=0.5", "outputs=0.5", "h1.2=0.5"})
    expect_error(refused("--dropout", wrong), 2, {"--dropout", "is no layer"});
  expect_error(refused("--dropout", "h1=0.5,h1=0.2"), 2, {"--dropout", "\"h1\" twice"});
  expect_error(refused("--dropout", "0.5,0.2"), 2, {"--dropout", "two probabilities for all hidden layers"});
  expect_error(refused("--dropout", "0.5,h1=0.2"), 2, {"--dropout", "one probability for all hidden layers and some"});
  expect_error(refused("--dropout", "h3=0.5"), 2, {"--dropout", "a probability for h3", "the hidden layers h1 to h2"});
  expect_error(run(folder, {"train", "data.csv", "--target", "y", "--hidden", "none", "--dropout", "0.5"}), 2,
               {"--dropout", "no hidden layers", "drop inputs"});
  for (const char* wrong : {"-1", "some", "inf"})
    expect_error(refused("--input-noise", wrong), 2, {"--input-noise", "a standard deviation"});
  expect_error(refused("--input-noise", "1e39"), 2, {"--input-noise", "beyond the largest number", "f64"});
  EXPECT_EQ(train({"--input-noise", "1e39", "--precision", "f64", "--optimizer", "sgd", "--lr", "1e-200"}).code, 0);
}

}  // namespace
}  // namespace deltarule::test
