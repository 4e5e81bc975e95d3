// Predictions that follow a column: on data that say the opposite, in pairs of rows where that column alone rises.
// Where every activation on the way is computed in an order-preserving way (docs/cli.md), not one prediction may be out
// of order, by not one bit.
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "deltarule/deltarule.hpp"
#include "tables.hpp"
#include "training/every_rule.hpp"

namespace deltarule::test {
namespace {

constexpr std::size_t kPairs = 10000;

struct Row {
  double income, age, size;
};

std::string text_of(const Row& row) {
  return std::to_string(row.income) + "," + std::to_string(row.age) + "," + std::to_string(row.size);
}

/// income wants to push y down and age up: the opposite of income:+,age:-. size does as it likes.
double contrary(const Row& row) {
  return -2 * row.income + row.income * row.income + 1.5 * row.age + std::sin(row.size);
}

/// As classes the data agree, mostly: "yes" where y is low.
std::string contrary_csv(std::size_t rows, bool classes = false) {
  base::Random random(11, base::Stream::generate);
  std::string text = "income,age,size,y\n";
  for (std::size_t i = 0; i < rows; ++i) {
    const Row row{random.normal(), random.normal(), 2 * random.normal()};
    const double y = contrary(row) + 0.1 * random.normal();
    text += text_of(row) + "," + (classes ? (y < 0 ? "yes" : "no") : std::to_string(y)) + "\n";
  }
  return text;
}

/// Rows in pairs: in every first pair income rises, in every second age falls, by a lot or by the last printed digit.
Table pairs(std::size_t count) {
  base::Random random(12, base::Stream::generate);
  std::string text = "income,age,size\n";
  for (std::size_t k = 0; k < count; ++k) {
    const Row low{3 * random.normal(), 3 * random.normal(), 3 * random.normal()};
    Row high = low;
    const double by = k % 3 == 0 ? 1e-6 : k % 3 == 1 ? 0.1 * random.uniform() : 5 * random.uniform();
    (k % 2 == 0 ? high.income : high.age) += k % 2 == 0 ? by : -by;
    text += text_of(low) + "\n" + text_of(high) + "\n";
  }
  return parse_csv(text, "pairs.csv");
}

const Table& all_pairs() {
  static const Table table = pairs(kPairs);
  return table;
}

std::vector<double> values_of(const Model& model, const Table& table) {
  const Predictions predictions = model.predict(table);
  if (predictions.probabilities.empty()) return predictions.values;
  std::vector<double> second;  // of two classes
  for (std::size_t i = 1; i < predictions.probabilities.size(); i += 2) second.push_back(predictions.probabilities[i]);
  return second;
}

struct Order {
  std::size_t wrong = 0, rising = 0;
  double worst = 0;
};
Order order_of(const Model& model) {
  Order order;
  const std::vector<double> y = values_of(model, all_pairs());
  EXPECT_EQ(y.size(), 2 * kPairs);
  for (std::size_t k = 0; k < y.size(); k += 2) {
    order.wrong += y[k] <= y[k + 1] ? 0 : 1;
    order.rising += y[k] < y[k + 1] ? 1 : 0;
    order.worst = std::fmax(order.worst, y[k] - y[k + 1]);
  }
  return order;
}

FitOptions options(std::size_t epochs = 6) {
  FitOptions own;
  own.monotone = {"income:+,age:-"};
  own.epochs = epochs;
  own.patience = 0;
  own.baselines = false;
  return own;
}

/// Plain, deep, with skip connections, with a mask that keeps some units for size alone.
std::vector<NetworkSpec> wirings(const std::string& hidden) {
  NetworkSpec plain{.inputs = 3, .layers = {{7, hidden}, {1, "identity"}}}, deep = plain, skips = plain, masked = plain;
  deep.layers = {{9, hidden}, {5, "leaky_relu"}, {4, hidden}, {1, "identity"}};
  skips.layers = {{6, hidden}, {4, hidden}, {1, "identity"}};
  skips.layers[1].from = {0, 1};
  skips.layers[2].from = {0, 1, 2};
  masked.layers = {{3, hidden}, {1, "identity"}};
  masked.layers[0].from = {{0, {1, 1, 0, 0, 0, 1, 1, 0, 1}}};
  masked.layers[1].from = {0, 1};
  return {plain, deep, skips, masked};
}

TEST(Monotone, PredictionsAreInOrderToTheLastBitUnderEveryRule) {
  const Dataset data = dataset(contrary_csv(240), "y");
  std::size_t rules = 0, rising = 0;
  for (const training::UpdateEntry& rule : training::update_rules()) {
    std::size_t turn = rules++;
    if (rule.together) {
      FitOptions own = options();
      own.optimizer = std::string(rule.name);
      EXPECT_NE(error_of([&] { (void)fit(data, own); }).message().find("weights that must keep their signs"),
                std::string::npos)
          << rule.name;
      continue;
    }
    for (const NetworkSpec& spec : wirings(turn % 2 == 0 ? "hard_tanh" : "elu")) {
      FitOptions own = options();
      own.optimizer = std::string(rule.name);
      own.network = spec;
      own.precision = turn++ % 2 == 0 ? "f32" : "f64";
      const Order order = order_of(fit(data, own).model);
      EXPECT_EQ(order.wrong, 0u) << rule.name << ", " << spec.layers.size() << " layers, by " << order.worst;
      rising += order.rising;
    }
  }
  EXPECT_EQ(rules, std::variant_size_v<Optimizer>);
  EXPECT_GE(rising, 4 * (rules - 3) * kPairs / 20) << "constant predictions are in order, too";
}

TEST(Monotone, PredictionsAreInOrderForEveryExactActivationAndBatch) {
  const Dataset data = dataset(contrary_csv(240), "y");
  for (const char* activation : {"identity", "relu", "leaky_relu(0.2)", "elu", "selu", "hard_tanh"})
    for (const std::size_t batch : {1u, 16u, 0u}) {
      FitOptions own = options(4);
      own.hidden = {8, 5};
      own.activation = activation;
      own.batch_size = batch;
      own.optimizer = "momentum";
      own.learning_rate = 0.002;
      own.scale = batch == 1 ? "minmax" : "standard";
      const Order order = order_of(fit(data, own).model);
      EXPECT_EQ(order.wrong, 0u) << activation << ", batch " << batch << ", by " << order.worst;
    }
}

/// sigmoid, tanh and their like are computed within some units in the last place, and so are sums of them.
TEST(Monotone, PredictionsThroughRoundedActivationsAreInOrderUpToRounding) {
  const Dataset data = dataset(contrary_csv(240), "y");
  for (const char* activation : {"sigmoid", "tanh", "scaled_tanh", "softplus", "softsign"})
    for (const char* precision : {"f32", "f64"}) {
      FitOptions own = options(20);
      own.hidden = {8, 5};
      own.activation = activation;
      own.precision = precision;
      const Order order = order_of(fit(data, own).model);
      // 13 activations of size 1 and some, 4 ulp each, half of which may be the other way, and a deviation of 3.
      EXPECT_LE(order.worst, 80 * (own.precision == "f32" ? 0x1p-23 : 0x1p-52)) << activation << " " << precision;
      EXPECT_GE(order.rising, kPairs / 10) << activation;
    }
}

TEST(Monotone, WithoutTheOptionTheDataHaveTheirWay) {
  FitOptions own = options(30);
  own.monotone = {};
  EXPECT_GE(order_of(fit(dataset(contrary_csv(240), "y"), own).model).wrong, kPairs / 4);
}

TEST(Monotone, ColumnsThatDataAgreeWithAreLearnt) {
  base::Random random(13, base::Stream::generate);
  std::string text = "income,age,y\n";
  for (int i = 0; i < 600; ++i) {
    const double a = random.uniform(-2, 2), b = random.uniform(-2, 2);  // concave and convex, up and down
    text += std::to_string(a) + "," + std::to_string(b) + "," +
            std::to_string(std::tanh(2 * a) + std::exp(0.7 * a) - b - 0.3 * b * b * b + 0.05 * random.normal()) + "\n";
  }
  FitOptions own;
  own.monotone = {"income:+", "age:-"};
  own.baselines = false;
  const Fitted fitted = fit(dataset(text, "y"), own);
  EXPECT_GT(metric(fitted.report.metrics, "r2")->value, 0.98);
}

TEST(Monotone, OfTwoClassesTheProbabilityOfTheSecondFollows) {
  FitOptions own = options(20);
  own.activation = "hard_tanh";
  const Fitted fitted = fit(dataset(contrary_csv(300, true), "y"), own);
  const Order order = order_of(fitted.model);
  EXPECT_LE(order.worst, 8 * 0x1p-23) << "the sigmoid of a net input that is in order";
  EXPECT_GE(order.rising, kPairs / 10);
}

TEST(Monotone, IsKeptInTheModelAndByTrainingThatGoesOn) {
  const Dataset data = dataset(contrary_csv(240), "y");
  FitOptions own = options(5);
  own.activation = "elu";
  const Model first = fit(data, own).model;
  const auto kept = [](const Model& model) {
    for (const auto& [name, value] : model.provenance())
      if (name == "monotone") return value;
    return std::string();
  };
  EXPECT_EQ(kept(first), "income:+,age:-");
  const Result<Model> read = Model::parse(first.to_bytes());
  ASSERT_TRUE(read);
  FitOptions more = options(20);
  more.monotone = {};
  more.continue_from = *read;
  const Model second = fit(data, more).model;
  EXPECT_EQ(kept(second), "income:+,age:-");
  EXPECT_NE(second.weights_digest(), first.weights_digest());
  EXPECT_EQ(order_of(second).wrong, 0u);
  more.monotone = {"size:+"};
  EXPECT_EQ(kept(fit(data, more).model), "size:+,income:+,age:-");
  more.monotone = {"income:-"};
  EXPECT_EQ(error_of([&] { (void)fit(data, more); }).message(),
            "--monotone: income:- with a model trained with income:+; needed the same sign. Leave the column out, or "
            "train a new model");
}

TEST(Monotone, GoesOnFromWeightsThatWereFree) {
  const Dataset data = dataset(contrary_csv(240), "y");
  FitOptions own = options(5);
  own.monotone = {};
  own.activation = "elu";
  const Model free = fit(data, own).model;
  FitOptions more = options(3);
  more.continue_from = free;
  EXPECT_GT(order_of(free).wrong, kPairs / 10);
  EXPECT_EQ(order_of(fit(data, more).model).wrong, 0u);
}

TEST(Monotone, HoldsAfterARefitWithOtherInputsAndMissingValues) {
  // A category that only validation rows may have adds an input unit in front of the columns.
  base::Random random(15, base::Stream::generate);
  std::string text = "colour,income,age,size,y\n";
  for (std::size_t i = 0; i < 200; ++i) {
    const Row row{random.normal(), random.normal(), random.normal()};
    const std::string income = i % 9 == 4 ? "" : std::to_string(row.income);
    text += (i % 50 == 7 ? "c" + std::to_string(i) : "c") + "," + income + "," + std::to_string(row.age) + "," +
            std::to_string(row.size) + "," + std::to_string(contrary(row)) + "\n";
  }
  FitOptions own = options(40);
  own.patience = 5;
  own.refit = true;
  own.activation = "elu";
  std::size_t grown = 0;
  for (std::uint64_t seed = 0; seed < 6; ++seed) {
    own.seed = seed;
    const Fitted fitted = fit(dataset(text, "y"), own);
    EXPECT_TRUE(fitted.report.refitted);
    grown += fitted.report.plan.network.starts_with(std::to_string(fitted.model.inputs().size()) + "-") ? 0 : 1;
    std::string rows = "colour,income,age,size\n";
    base::Random other(16, base::Stream::generate);
    for (int k = 0; k < 1000; ++k) {
      const Row low{other.normal(), other.normal(), other.normal()};
      Row high = low;
      high.income += other.uniform();
      rows += "c," + text_of(low) + "\nc," + text_of(high) + "\n";
    }
    const auto y = fitted.model.predict(parse_csv(rows, "rows.csv")).values;
    for (std::size_t k = 0; k < y.size(); k += 2) ASSERT_LE(y[k], y[k + 1]) << "seed " << seed;
  }
  EXPECT_GE(grown, 1u) << "no refit had other inputs";
}

TEST(Monotone, WhatCannotFollowIsRefusedByName) {
  const Dataset data = dataset(contrary_csv(60), "y");
  const auto refusal = [&](const std::vector<std::string>& monotone, const std::string& activation = "tanh") {
    FitOptions own = options();
    own.monotone = monotone;
    own.activation = activation;
    const Error error = error_of([&] { (void)fit(data, own); });
    EXPECT_EQ(error.code, ErrorCode::usage) << error.message();
    return error.message();
  };
  const std::string form =
      "; needed COLUMN:+ for a prediction that never falls, COLUMN:- for one that never rises. For example --monotone "
      "income:+,age:-";
  for (const std::string wrong : {"income", "income:", "income:*", ":+", "", "income:+,"})
    EXPECT_NE(refusal({wrong}).find(form), std::string::npos) << wrong;
  EXPECT_EQ(refusal({"incme:+"}),
            "--monotone: the column \"incme\", which is none that is predicted from; needed a numeric feature: " +
                std::string("\"income\", \"age\" and \"size\". did you mean \"income\"?"));
  EXPECT_NE(refusal({"y:+"}).find("\"y\", which is none that is predicted from"), std::string::npos);
  EXPECT_EQ(refusal({"age:+", "age:-"}),
            "--monotone: the column \"age\" twice; needed one sign for each. Name it once");
  for (const char* activation : {"gelu", "swish", "sin", "gaussian"})
    EXPECT_NE(refusal({"age:+"}, activation)
                  .find("activation " + std::string(activation) +
                        ", which may fall as an input rises (hidden layer 1); needed one that never falls: identity"),
              std::string::npos);
  FitOptions normalised = options();
  normalised.monotone = {"age:+"};
  normalised.normalise = "layer";
  EXPECT_EQ(error_of([&] { (void)fit(data, normalised); }).message(),
            "--monotone: a layer that is normalised: its units fall as the mean rises (hidden layer 1); needed layers "
            "without normalisation. Leave the normalisation out, or --monotone");
  FitOptions classes = options();
  classes.monotone = {"width:+"};
  EXPECT_EQ(error_of([&] { (void)fit(dataset(mixed_csv(80), "colour"), classes); }).message(),
            "--monotone: a target of several classes; needed two classes, labels or numbers: probabilities that sum to "
            "1 cannot all rise. Leave it out, or predict one class against the others");
  classes.monotone = {"colour:+"};
  EXPECT_EQ(error_of([&] { (void)fit(dataset(mixed_csv(80), "kind"), classes); }).message(),
            "--monotone: the column \"colour\", which is categorical: its values do not rise; needed a numeric column. "
            "Leave it out, or give the column numbers that have an order");
}

TEST(Monotone, NamesMayHaveCommas) {
  std::string text = "\"in, gross\",b,y\n";
  base::Random random(17, base::Stream::generate);
  for (int i = 0; i < 80; ++i) {
    const double a = random.normal(), b = random.normal();
    text += std::to_string(a) + "," + std::to_string(b) + "," + std::to_string(a - b) + "\n";
  }
  FitOptions own = options(2);
  own.monotone = {"in, gross:+, b:-"};
  const Fitted fitted = fit(dataset(text, "y"), own);
  const auto& choices = fitted.report.plan.choices;
  const auto found = std::find_if(choices.begin(), choices.end(), [](const Choice& c) { return c.what == "monotone"; });
  ASSERT_NE(found, choices.end());
  EXPECT_EQ(found->value, "in, gross:+,b:-");
}

}  // namespace
}  // namespace deltarule::test
