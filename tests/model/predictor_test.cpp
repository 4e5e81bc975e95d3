// Laws of predictions from a model.
#include "model/predictor.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>
#include <string>

#include "data/prepared_patterns.hpp"
#include "data/readers/csv.hpp"
#include "model/example_models.hpp"

namespace deltarule::model {
namespace {

data::Table table_of(const std::string& text) {
  data::Notices notices;
  auto table = data::parse_csv(text, "t.csv", {}, notices);
  EXPECT_TRUE(table) << (table ? "" : table.error().message());
  return std::move(*table);
}

/// The classifier's columns, in another order than it was trained with and with one more.
std::string rows_of_penguins(std::size_t count) {
  std::string text = "island,sex,\"length \"\"mm\"\"\"\n";
  for (std::size_t i = 0; i < count; ++i) {
    const char* const islands[] = {"Dream", "Biscoe", "NA"};
    text += std::string(islands[i % 3]) + ",male," + (i % 7 == 3 ? "NA" : std::to_string(30 + i % 31)) + "\n";
  }
  return text;
}

std::vector<std::uint32_t> first(std::size_t count) {
  std::vector<std::uint32_t> rows(count);
  std::iota(rows.begin(), rows.end(), 0U);
  return rows;
}

TEST(Predictor, LinearRegressionInTheTargetsOwnUnits) {
  // y_a = 0.1 x̂ + 1e-300, y_b = −x̂/3 − 2.5 with x̂ = (x + 1) / 4, scaled back.
  const auto predictor = Predictor::create(tests::regressor());
  ASSERT_TRUE(predictor) << predictor.error().message();
  const data::Table table = table_of("x\n-1\n3\n1\n");
  data::Notices notices;
  const auto bound = data::bind_table(table, tests::regressor().preprocessing, {}, notices);
  ASSERT_TRUE(bound) << bound.error().message();
  const auto activations = predictor->activations(*bound, first(3));
  ASSERT_TRUE(activations) << activations.error().message();
  const Decisions decisions = predictor->decide(*activations);
  ASSERT_EQ(decisions.rows, 3U);
  ASSERT_EQ(decisions.values.size(), 6U);
  EXPECT_TRUE(decisions.classes.empty());
  EXPECT_TRUE(decisions.probabilities.empty());
  const double scaled[] = {0.0, 1.0, 0.5};
  for (std::size_t r = 0; r < 3; ++r) {
    EXPECT_DOUBLE_EQ(decisions.values[2 * r], 0.1 * scaled[r] * 0.7 + 100.25);
    EXPECT_DOUBLE_EQ(decisions.values[2 * r + 1], (-scaled[r] / 3.0 - 2.5) * 1e-3 - 3.0);
  }
}

TEST(Predictor, IsTheForwardPassWrittenOutByHand) {
  const Model model = tests::classifier();
  const auto predictor = Predictor::create(model);
  ASSERT_TRUE(predictor);
  const data::Table table = table_of(rows_of_penguins(50));
  data::Notices notices;
  const auto bound = data::bind_table(table, model.preprocessing, {}, notices);
  ASSERT_TRUE(bound) << bound.error().message();
  const auto activations = predictor->activations(*bound, first(50));
  ASSERT_TRUE(activations);
  const auto& w = std::get<0>(model.weights);
  std::size_t compared = 0;
  for (std::size_t r = 0; r < 50; ++r) {
    double x[5] = {};
    const bool missing = r % 7 == 3;
    x[0] = ((missing ? 44.45 : 30.0 + static_cast<double>(r % 31)) - 43.92193) / 5.4595837;
    x[1] = missing ? 1.0 : 0.0;
    x[2] = r % 3 == 1 ? 1.0 : 0.0;
    x[3] = r % 3 == 0 ? 1.0 : 0.0;
    x[4] = r % 3 == 2 ? 1.0 : 0.0;
    double hidden[2], net[3], sum = 0.0;
    for (std::size_t u = 0; u < 2; ++u) {
      double total = 0.0;
      for (std::size_t i = 0; i < 5; ++i) total += static_cast<double>(w[u * 5 + i]) * x[i];
      hidden[u] = std::tanh(total);
    }
    for (std::size_t u = 0; u < 3; ++u) {
      net[u] = static_cast<double>(w[31 + u]);
      for (std::size_t i = 0; i < 5; ++i) net[u] += static_cast<double>(w[10 + u * 5 + i]) * x[i];
      for (std::size_t i = 0; i < 2; ++i) net[u] += static_cast<double>(w[25 + u * 2 + i]) * hidden[i];
      sum += std::exp(net[u]);
    }
    // f32: some ten roundings of numbers below 16, through softmax's slope of at most 1/4.
    for (std::size_t u = 0; u < 3; ++u, ++compared)
      ASSERT_NEAR((*activations)[r * 3 + u], std::exp(net[u]) / sum, 10 * 16 * 6e-8) << r << " " << u;
  }
  EXPECT_EQ(compared, 150U);
  const Decisions decisions = predictor->decide(*activations);
  EXPECT_EQ(decisions.classes.size(), 50U);
  EXPECT_EQ(decisions.probabilities, *activations);  // a softmax is a probability as it stands
}

TEST(Predictor, ARowHasTheSameBitsAloneInAnyBatchAndWithAnyThreads) {
  const Model model = tests::classifier();
  const auto predictor = Predictor::create(model);
  ASSERT_TRUE(predictor);
  const data::Table table = table_of(rows_of_penguins(1000));
  data::Notices notices;
  const auto bound = data::bind_table(table, model.preprocessing, {}, notices);
  ASSERT_TRUE(bound);
  const auto all = predictor->activations(*bound, first(1000));
  ASSERT_TRUE(all);
  ASSERT_EQ(all->size(), 3000U);
  for (const std::size_t threads : {0U, 2U, 3U, 7U, 64U})
    EXPECT_EQ(*predictor->activations(*bound, first(1000), threads), *all);
  std::size_t compared = 0;
  for (std::uint32_t row = 0; row < 1000; row += 37, ++compared) {
    const std::uint32_t one[] = {row};
    const auto alone = predictor->activations(*bound, one);
    ASSERT_TRUE(alone);
    for (std::size_t u = 0; u < 3; ++u) ASSERT_EQ((*alone)[u], (*all)[row * 3 + u]);
  }
  EXPECT_GT(compared, 20U);
  EXPECT_TRUE(predictor->activations(*bound, {})->empty());
}

TEST(Predictor, OtherPrecisionAndOtherInputsAreRefused) {
  const auto predictor = Predictor::create(tests::regressor());
  ASSERT_TRUE(predictor);
  const data::Table table = table_of("x\n-1\n3\n");
  data::Notices notices;
  const auto bound = data::bind_table(table, tests::regressor().preprocessing, {}, notices);
  ASSERT_TRUE(bound);
  const auto narrow = predictor->activations(data::PreparedPatterns<float>(*bound, first(2)));
  ASSERT_FALSE(narrow);
  EXPECT_EQ(narrow.error().code, ErrorCode::shape);
  EXPECT_TRUE(predictor->activations(data::PreparedPatterns<double>(*bound, first(2))));
  const data::Table penguins = table_of(rows_of_penguins(3));
  const auto other = data::bind_table(penguins, tests::classifier().preprocessing, {}, notices);
  ASSERT_TRUE(other);
  const auto wrong = predictor->activations(data::PreparedPatterns<double>(*other, first(3)));
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, ErrorCode::shape);
}

TEST(Predictor, AnOutputThatIsNotFiniteIsAnErrorAtItsRow) {
  const Model model = tests::classifier();
  const auto predictor = Predictor::create(model);
  ASSERT_TRUE(predictor);
  const data::Table table = table_of("island,\"length \"\"mm\"\"\"\nDream,40\nDream,NA\nDream,1e300\n");
  data::Notices notices;
  const auto bound = data::bind_table(table, model.preprocessing, {}, notices);
  ASSERT_TRUE(bound) << bound.error().message();
  EXPECT_TRUE(predictor->activations(*bound, first(2)));
  const auto refused = predictor->activations(*bound, first(3));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::data);
  EXPECT_EQ(refused.error().place, "t.csv:4");
  EXPECT_NE(refused.error().got.find("is 1e+300"), std::string::npos) << refused.error().got;
  EXPECT_FALSE(refused.error().needed.empty());
  EXPECT_FALSE(refused.error().fix.empty());
}

Model with_outputs(data::Task task, std::size_t outputs, const std::string& activation) {
  Model m = tests::regressor();
  m.network.layers[0].units = outputs;
  m.network.layers[0].activation = activation;
  m.network.loss = "half_squared_error";
  m.weights = std::vector<double>(2 * outputs, 0.5);
  m.preprocessing.task = task;
  m.preprocessing.targets.clear();
  const std::size_t targets = data::has_classes(task) ? 1 : outputs;
  for (std::size_t t = 0; t < targets; ++t) m.preprocessing.targets.push_back({.name = "t" + std::to_string(t)});
  if (data::has_classes(task)) m.preprocessing.classes = {"a", "b"};
  if (task == data::Task::multiclass) m.preprocessing.classes = {"a", "b", "c"};
  return m;
}

TEST(Predictor, DecidesByTheTask) {
  const auto binary = Predictor::create(with_outputs(data::Task::binary, 1, "sigmoid"));
  ASSERT_TRUE(binary) << binary.error().message();
  const Decisions two = binary->decide(std::vector<double>{0.5, 0.25});
  EXPECT_EQ(two.classes, (std::vector<std::uint32_t>{1, 0}));
  EXPECT_EQ(two.probabilities, (std::vector<double>{0.5, 0.5, 0.75, 0.25}));

  const auto multi = Predictor::create(with_outputs(data::Task::multiclass, 3, "sigmoid"));
  ASSERT_TRUE(multi) << multi.error().message();
  const Decisions three = multi->decide(std::vector<double>{0.25, 0.5, 0.25, -1, 0, 0, 0.5, 0.5, 0});
  EXPECT_EQ(three.classes, (std::vector<std::uint32_t>{1, 1, 0}));
  EXPECT_EQ(three.probabilities[1], 0.5);
  EXPECT_EQ(three.probabilities[3], 1.0 / 3.0);
  EXPECT_EQ(three.probabilities[6], 0.5);

  const auto labels = Predictor::create(with_outputs(data::Task::multilabel, 2, "tanh"));
  ASSERT_TRUE(labels) << labels.error().message();
  const Decisions several = labels->decide(std::vector<double>{-0.5, 0.75});
  EXPECT_EQ(several.classes, (std::vector<std::uint32_t>{0, 1}));
  EXPECT_EQ(several.probabilities, (std::vector<double>{0.0, 0.75}));
}

TEST(Predictor, RefusesAModelThatIsNone) {
  Model wrong = tests::classifier();
  wrong.preprocessing.classes.pop_back();
  EXPECT_FALSE(Predictor::create(wrong));
  wrong = tests::classifier();
  std::get<0>(wrong.weights).pop_back();
  EXPECT_FALSE(Predictor::create(wrong));
  wrong = tests::classifier();
  std::get<0>(wrong.weights)[0] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_FALSE(Predictor::create(wrong));
  wrong = tests::classifier();
  wrong.network.layers[0].activation = "no_such_activation";
  EXPECT_FALSE(Predictor::create(wrong));
  wrong = tests::classifier();
  wrong.preprocessing.features[0].scale = 0.0;
  EXPECT_FALSE(Predictor::create(wrong));
}

}  // namespace
}  // namespace deltarule::model
