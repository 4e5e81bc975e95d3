// Laws of the look at what was learnt: each planted ill is found and told, a healthy run says nothing, and looking
// changes no bit.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tables.hpp"

namespace deltarule::test {
namespace {

FitOptions quick(std::size_t epochs = 3) {
  FitOptions options;
  options.epochs = epochs;
  options.baselines = false;
  return options;
}

bool is_told(const Health& health, const std::string& words) {
  return std::any_of(health.findings.begin(), health.findings.end(),
                     [&](const std::string& finding) { return finding.find(words) != std::string::npos; });
}

std::string all_of(const Health& health) {
  std::string text;
  for (const std::string& finding : health.findings) text += finding + "\n";
  return text;
}

/// Inputs, one hidden layer, one output; all weights are given.
FitOptions given(const char* activation, std::size_t units, std::vector<double> weights) {
  FitOptions options = quick(1);
  options.network = NetworkSpec{
      .inputs = 2, .layers = {{.units = units, .activation = activation}, {.units = 1, .activation = "identity"}}};
  options.start_from = std::move(weights);
  options.optimizer = "delta-rule";
  options.learning_rate = 1e-9;
  return options;
}

TEST(Health, a_healthy_run_says_nothing) {
  struct Case {
    const char *name, *target;
  };
  for (const Case& one : {Case{"iris", "class"}, Case{"wdbc", "class"}, Case{"diabetes", "progression"}}) {
    const Table table = read_csv(std::string(DELTARULE_SOURCE_DIR) + "/bench/data/" + one.name + ".csv");
    FitOptions options;
    options.baselines = false;
    const FitReport report = fit(Dataset(table, {.target = one.target}), options).report;
    EXPECT_TRUE(report.health.findings.empty()) << one.name << ": " << all_of(report.health);
    EXPECT_EQ(report.health.rows, report.rows_seen);
    ASSERT_EQ(report.health.layers.size(), 2U);
    EXPECT_EQ(report.health.layers[0].units, 32U);
    EXPECT_GT(report.health.layers[0].delta, 0.0);
    EXPECT_GT(report.health.validation_loss, 0.0);
  }
}

TEST(Health, looking_changes_no_bit) {
  const Dataset data = dataset(mixed_csv(150), "kind");
  FitOptions options = quick();
  const Fitted with = fit(data, options);
  options.health = false;
  const Fitted without = fit(data, options);
  EXPECT_EQ(with.model.to_bytes(), without.model.to_bytes());
  EXPECT_EQ(without.report.health.rows, 0U);
}

TEST(Health, dead_units_are_counted_and_told) {
  const Fitted fitted =
      fit(dataset(linear_csv(80), "y"), given("relu", 3, {1, 1, 1, 1, 1, 1, -100, -100, 0, 1, 1, 1, 0}));
  EXPECT_EQ(fitted.report.health.layers[0].dead, 2U);
  EXPECT_TRUE(is_told(fitted.report.health, "2 of 3 relu units of layer 1 are dead")) << all_of(fitted.report.health);
  EXPECT_EQ(fitted.report.health.layers[1].dead, 0U) << "outputs are not looked at";
}

TEST(Health, saturated_units_are_counted_and_told) {
  const Fitted fitted =
      fit(dataset(linear_csv(80), "y"), given("tanh", 3, {1e4, 1, 1, 1e4, 0.1, 0.1, 0, 0, 0, 1, 1, 1, 0}));
  EXPECT_EQ(fitted.report.health.layers[0].saturated, 2U);
  EXPECT_TRUE(is_told(fitted.report.health, "2 of 3 tanh units of layer 1 are saturated"))
      << all_of(fitted.report.health);
}

TEST(Health, a_layer_that_hears_nothing_is_told) {
  FitOptions options = quick();
  options.hidden = {8, 8, 8, 8, 8, 8, 8, 8, 8, 8};
  options.activation = "sigmoid";
  const Fitted fitted = fit(dataset(linear_csv(80), "y"), options);
  EXPECT_TRUE(is_told(fitted.report.health, "layer 1 hears only")) << all_of(fitted.report.health);
  EXPECT_FALSE(is_told(fitted.report.health, "layer 10 hears only")) << all_of(fitted.report.health);
  for (std::size_t l = 1; l < 11; ++l)
    EXPECT_GT(fitted.report.health.layers[l].delta, fitted.report.health.layers[l - 1].delta);
}

TEST(Health, an_input_whose_weights_are_nothing_is_told_by_name) {
  const Fitted fitted = fit(dataset(linear_csv(80), "y"), given("tanh", 2, {1e-7, 0.5, 1e-7, -0.5, 0, 0, 1, 1, 0}));
  // Of two inputs the median is the larger one.
  EXPECT_EQ(fitted.report.health.unused_inputs, std::vector<std::string>{"x1"});
  EXPECT_TRUE(is_told(fitted.report.health, "inputs without effect: \"x1\"")) << all_of(fitted.report.health);
}

TEST(Health, rows_that_are_known_by_heart_are_told) {
  base::Random random(4, base::Stream::generate);
  std::string csv = "x1,x2,x3,x4,kind\n";
  for (int i = 0; i < 60; ++i) {
    for (int c = 0; c < 4; ++c) csv += std::to_string(random.normal()) + ",";
    csv += random.below(2) == 0 ? "a\n" : "b\n";
  }
  FitOptions options = quick(400);
  options.patience = 0;
  options.validation = 0.3;
  options.weight_decay = 0.0;
  const Fitted fitted = fit(dataset(csv, "kind"), options);
  EXPECT_GT(fitted.report.health.validation_loss, 2 * fitted.report.health.training_loss);
  EXPECT_TRUE(is_told(fitted.report.health, "by heart")) << all_of(fitted.report.health);
}

TEST(Health, rows_that_contradict_each_other_are_told_with_what_they_leave) {
  std::string classes = "x,kind\n", numbers = "x,y\n";
  for (int i = 0; i < 60; ++i) {
    classes +=
        std::to_string(i % 10) + "," + (i == 7 ? "b" : (i % 10 < 5 ? "b" : "a")) + "\n";  // line 9 says otherwise
    numbers += std::to_string(i % 10) + "," + std::to_string(i % 10 + (i < 30 ? 2 : 0)) + ".5\n";
  }
  FitOptions options = quick();
  options.test = 0.0;
  options.validation = 0.0;
  const Health of_classes = fit(dataset(classes, "kind"), options).report.health;
  EXPECT_EQ(of_classes.contradictory_groups, 1U);
  EXPECT_EQ(of_classes.contradictory_rows, 6U);
  EXPECT_NEAR(of_classes.error_floor, 1.0 / 60, 1e-15);
  EXPECT_TRUE(is_told(of_classes, "lines 9 and 19")) << all_of(of_classes);
  EXPECT_TRUE(is_told(of_classes, "more than 98.33 %")) << all_of(of_classes);
  const Health of_numbers = fit(dataset(numbers, "y"), options).report.health;
  EXPECT_EQ(of_numbers.contradictory_rows, 60U);
  EXPECT_NEAR(of_numbers.error_floor, 1.0, 1e-12);
  EXPECT_TRUE(is_told(of_numbers, "below an rmse of 1")) << all_of(of_numbers);
}

}  // namespace
}  // namespace deltarule::test
