// Normalised hidden layers from a table to a saved model: what is chosen, told, refused, and folded.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "tables.hpp"

namespace deltarule::test {
namespace {

FitOptions normalised(const std::string& how) {
  FitOptions options;
  options.normalise = how;
  options.hidden.units = {8, 6};
  options.epochs = 15;
  options.baselines = false;
  return options;
}

TEST(Normalise, hidden_layers_are_normalised_and_outputs_are_not) {
  for (const std::string how : {"layer", "batch"}) {
    const Fitted fitted = fit(dataset(mixed_csv(200), "kind"), normalised(how));
    const NetworkSpec& spec = fitted.model.spec();
    ASSERT_EQ(spec.layers.size(), 3U);
    EXPECT_EQ(spec.layers[0].normalise, how);
    EXPECT_EQ(spec.layers[1].normalise, how);
    EXPECT_EQ(spec.layers[2].normalise, "");
    EXPECT_TRUE(fitted.report.plan.network.ends_with(", " + how + "-normalised")) << fitted.report.plan.network;
    EXPECT_NE(fitted.model.describe().find(how + "-normalised"), std::string::npos);
    const auto settings = fitted.model.provenance();
    EXPECT_TRUE(std::any_of(settings.begin(), settings.end(),
                            [&](const auto& one) { return one.first == "normalise" && one.second == how; }));
    FitOptions plain = normalised(how);
    plain.normalise.reset();
    const Fitted without = fit(dataset(mixed_csv(200), "kind"), plain);
    EXPECT_EQ(fitted.report.plan.weight_count, without.report.plan.weight_count + 14) << "a gain for each unit";
    EXPECT_EQ(without.report.plan.network.find("normalised"), std::string::npos);
  }
}

TEST(Normalise, predictions_are_the_same_after_save_and_load_and_for_any_number_of_threads) {
  for (const std::string how : {"layer", "batch"}) {
    FitOptions options = normalised(how);
    const Fitted one = fit(dataset(mixed_csv(200), "kind"), options);
    options.threads = 3;
    const Fitted three = fit(dataset(mixed_csv(200), "kind"), options);
    EXPECT_EQ(one.model.to_bytes(), three.model.to_bytes());
    const auto back = Model::parse(one.model.to_bytes());
    ASSERT_TRUE(back) << back.error().message();
    const Table table = parse_csv(mixed_csv(40, 9), "new.csv");
    EXPECT_EQ(back->predict(table).probabilities, one.model.predict(table).probabilities);
    EXPECT_EQ(back->to_bytes(), one.model.to_bytes());
  }
}

TEST(Normalise, folded_models_predict_the_same_and_know_no_normalisation) {
  const Fitted fitted = fit(dataset(mixed_csv(200), "kind"), normalised("batch"));
  const Model folded = fitted.model.folded();
  for (const LayerSpec& layer : folded.spec().layers) EXPECT_EQ(layer.normalise, "");
  EXPECT_EQ(folded.provenance()[folded.provenance().size() - 9].first, "folded");
  const Table table = parse_csv(mixed_csv(40, 9), "new.csv");
  const auto expected = fitted.model.predict(table).probabilities, got = folded.predict(table).probabilities;
  ASSERT_EQ(got.size(), expected.size());
  ASSERT_GE(got.size(), 80U);
  for (std::size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], expected[i], 1e-5);
  const Fitted other = fit(dataset(mixed_csv(200), "kind"), normalised("layer"));
  const Error error = error_of([&] { static_cast<void>(other.model.folded()); });
  EXPECT_EQ(error.code, ErrorCode::spec);
  EXPECT_EQ(error.place, "layer 1");
}

TEST(Normalise, training_goes_on_from_a_normalised_model) {
  const Fitted first = fit(dataset(mixed_csv(200), "kind"), normalised("batch"));
  FitOptions more;
  more.continue_from = first.model;
  more.epochs = 2;
  more.baselines = false;
  const Fitted second = fit(dataset(mixed_csv(200), "kind"), more);
  EXPECT_EQ(second.model.spec(), first.model.spec());
}

TEST(Normalise, what_makes_no_sense_is_refused) {
  const auto refused = [](const FitOptions& options) {
    return error_of([&] { static_cast<void>(fit(dataset(mixed_csv(200), "kind"), options)); });
  };
  EXPECT_EQ(refused(normalised("group")).message(), "--normalise: \"group\"; needed layer or batch");
  FitOptions linear = normalised("layer");
  linear.hidden.units = std::vector<std::size_t>{};
  EXPECT_EQ(refused(linear).message(),
            "--normalise: layer without hidden layers; needed hidden layers, which it is for. Leave it out, or add "
            "--hidden");
  FitOptions online = normalised("batch");
  online.batch_size = 1;
  EXPECT_EQ(refused(online).message(),
            "--batch-size: 1 with layers normalised by batch, which need the mean and variance of several patterns; "
            "needed at least 2. Use --normalise layer, or a larger --batch-size");
  FitOptions wired = normalised("layer");
  wired.hidden = {};
  wired.network = NetworkSpec{.inputs = 1, .layers = {{1, "sigmoid"}}};
  EXPECT_EQ(refused(wired).place, "--network");
  EXPECT_EQ(refused(wired).got, "a wiring together with --normalise");
  FitOptions together = normalised("batch");
  together.optimizer = "lbfgs";
  EXPECT_EQ(refused(together).got, "layer 1, which is normalised by batch");
}

}  // namespace
}  // namespace deltarule::test
