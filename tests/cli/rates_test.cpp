// Laws of the options that decide how far weights move: schedules, limits of a step, what happens to a run gone astray.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cli/command.hpp"

namespace deltarule::test {
namespace {

using nlohmann::json;
using Names = std::vector<std::string>;

TEST(Schedule, IsInTheEventsTheAccountAndTheModel) {
  const Folder folder;
  folder.write("data.csv", two_classes(100));
  const Outcome outcome =
      run(folder, {"train", "data.csv", "--target", "kind", "--schedule", "step(every=2,factor=0.5)", "--epochs", "5",
                   "--json", "-o", "model.safetensors"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const Names lines = outcome.lines();
  const double expected[] = {1, 1, 0.5, 0.5, 0.25};
  for (std::size_t e = 0; e < 5; ++e) EXPECT_EQ(json::parse(lines[e + 1])["rate_factor"], expected[e]) << lines[e + 1];
  EXPECT_NE(outcome.err.find("every=2"), std::string::npos) << outcome.err;
  const Outcome inspected = run(folder, {"inspect", "model.safetensors", "--json"});
  EXPECT_EQ(json::parse(inspected.lines().back())["provenance"]["schedule"], "step(every=2, factor=0.5)");
}

TEST(Schedule, OfARuleWithoutARateIsAUsageError) {
  const Folder folder;
  folder.write("data.csv", two_classes(60));
  expect_error(run(folder, {"train", "data.csv", "--target", "kind", "--optimizer", "irprop+", "--schedule", "cosine"}),
               2,
               {"schedule cosine: the optimizer irprop+; needed an optimizer that has a learning rate",
                "irprop+ finds the size of its steps itself"});
  expect_error(run(folder, {"cv", "data.csv", "--target", "kind", "--schedule", "plateau(patience=0)"}), 2,
               {"schedule plateau: patience 0", "a whole number from 1"});
}

// ---- limits of a step ----

TEST(Limits, AreToldAndInTheModel) {
  const Folder folder;
  folder.write("data.csv", two_classes(100));
  const Outcome outcome =
      run(folder, {"train",        "data.csv",     "--target",   "kind", "--hidden",         "4,3",
                   "--layer-rate", "h1=0.5,out=2", "--freeze",   "h2",   "--clip-norm",      "0.5",
                   "--clip-value", "0.25",         "--max-norm", "2",    "--decay-biases",   "--weight-decay",
                   "0.01",         "--epochs",     "5",          "-o",   "model.safetensors"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const json provenance =
      json::parse(run(folder, {"inspect", "model.safetensors", "--json"}).lines().back())["provenance"];
  EXPECT_EQ(provenance["layer_rate"], "h1=0.5,out=2");
  EXPECT_EQ(provenance["freeze"], "h2");
  EXPECT_EQ(provenance["clip_norm"], "0.5");
  EXPECT_EQ(provenance["clip_value"], "0.25");
  EXPECT_EQ(provenance["max_norm"], "2");
  EXPECT_EQ(provenance["decay_biases"], "yes");
}

TEST(Freeze, KeepsTheWeightsOfTheModelThatOneGoesOnWith) {
  const Folder folder;
  folder.write("data.csv", two_classes(100));
  const Names common = {"--target", "kind", "--no-refit", "--epochs", "5"};
  const auto train = [&](Names arguments) {
    arguments.insert(arguments.begin(), {"train", "data.csv"});
    arguments.insert(arguments.end(), common.begin(), common.end());
    const Outcome outcome = run(folder, arguments);
    ASSERT_EQ(outcome.code, 0) << outcome.err;
  };
  const auto weights = [&](const std::string& model) {
    return json::parse(run(folder, {"inspect", model, "--weights"}).out)["weights"];
  };
  train({"--hidden", "4", "-o", "first.safetensors"});
  train({"--start-from", "first.safetensors", "--freeze", "h1", "-o", "second.safetensors"});
  const json first = weights("first.safetensors"), second = weights("second.safetensors");
  ASSERT_EQ(first.size(), 2U);
  EXPECT_EQ(first[0], second[0]);
  EXPECT_NE(first[1], second[1]);
}

TEST(Limits, ThatMakeNoSenseAreUsageErrors) {
  const Folder folder;
  folder.write("data.csv", two_classes(60));
  const auto refused = [&](Names options, const Names& words) {
    options.insert(options.begin(), {"train", "data.csv", "--target", "kind", "--hidden", "4"});
    expect_error(run(folder, options), 2, words);
  };
  refused({"--freeze", "h2"}, {"--freeze", "layer \"h2\"", "\"h1\" and \"out\""});
  refused({"--layer-rate", "h1"}, {"--layer-rate", "LAYER=FACTOR"});
  refused({"--layer-rate", "h1=-1"}, {"--layer-rate", "a number from 0"});
  refused({"--layer-rate", "h1=0.5,1=2"}, {"rate of layer 1", "two factors"});
  refused({"--freeze", "h1,out"}, {"every layer frozen"});
  refused({"--clip-norm", "0"}, {"--clip-norm", "above 0"});
  refused({"--clip-value", "-1"}, {"--clip-value", "above 0"});
  refused({"--max-norm", "much"}, {"--max-norm", "not a number"});
  refused({"--decay-biases", "--weight-decay", "0"}, {"--decay-biases", "nothing that decays"});
  refused({"--optimizer", "irprop+", "--layer-rate", "h1=0.5"},
          {"rate of layer 1", "an optimizer that has a learning rate"});
  refused({"--optimizer", "lbfgs", "--clip-norm", "1"}, {"optimizer lbfgs", "slopes that are clipped"});
  refused({"--on-divergence", "panic"}, {"--on-divergence", "rollback, stop"});
}

// ---- runs that go astray ----

TEST(OnDivergence, ARunThatWentBackSaysSoEverywhere) {
  const Folder folder;
  folder.write("line.csv", straight_line(200));
  const Names arguments = {"train", "line.csv", "--target", "y",  "--hidden", "none", "--optimizer",  "delta-rule",
                           "--lr",  "4",        "--epochs", "40", "--json",   "-o",   "m.safetensors"};
  const Outcome outcome = run(folder, arguments);
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const json done = json::parse(outcome.lines().back());
  ASSERT_GE(done["rollbacks"].size(), 1U) << outcome.lines().back();
  double factor = 1.0;
  for (const json& one : done["rollbacks"]) {
    EXPECT_EQ(one["rate_factor"], factor *= 0.5);
    EXPECT_GE(one["epoch"].get<int>(), 1);
    EXPECT_NE(one["why"].get<std::string>().find("epoch "), std::string::npos);
  }
  EXPECT_NE(outcome.err.find("went back to"), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find("of the rate"), std::string::npos) << outcome.err;
  const json provenance = json::parse(run(folder, {"inspect", "m.safetensors", "--json"}).lines().back())["provenance"];
  EXPECT_EQ(provenance["rollbacks"], std::to_string(done["rollbacks"].size()));
  Names stops = arguments;
  stops.insert(stops.end(), {"--on-divergence", "stop", "--force"});
  const Outcome stopped = run(folder, stops);
  EXPECT_EQ(stopped.code, 6) << stopped.err;
  Names again = arguments;
  again.back() = "again.safetensors";
  again.insert(again.end(), {"--threads", "2"});
  ASSERT_EQ(run(folder, again).code, 0);
  EXPECT_EQ(folder.read("m.safetensors"), folder.read("again.safetensors"));
}

}  // namespace
}  // namespace deltarule::test
