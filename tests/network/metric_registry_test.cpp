// Laws of the registry of metrics: each value is that of scikit-learn 1.9.1 on the same numbers, and what has no value
// says so.
#include "network/metric_registry.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <vector>

namespace deltarule::network {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

struct Sample {
  std::vector<double> outputs, targets;
  std::size_t columns = 1;
  [[nodiscard]] Outputs a() const { return {outputs.data(), outputs.size() / columns, columns, columns}; }
  [[nodiscard]] Outputs t() const { return {targets.data(), targets.size() / columns, columns, columns}; }
};

double value(std::string_view name, const Sample& sample, MetricTask task) {
  const auto entry = find_metric(name, task, "--stop-on");
  return entry ? (*entry)->value(sample.a(), sample.t(), task) : -1e300;
}

/// Exactly the metrics of the task, each with its number; sums of at most 24 terms of size 1.
void expect_values(const Sample& sample, MetricTask task, const std::map<std::string, double>& known) {
  std::size_t compared = 0;
  for (const std::string& name : metric_names(task)) {
    ASSERT_TRUE(known.contains(name)) << name;
    EXPECT_NEAR(value(name, sample, task), known.at(name), 24 * 1.2e-16 * 4) << name;
    ++compared;
  }
  EXPECT_EQ(compared, known.size());
}

const Sample kTwoClasses = {{.9, .8, .8, .55, .5, .5, .4, .3, .3, .1}, {1, 1, 0, 1, 1, 0, 0, 1, 0, 0}};

TEST(MetricRegistry, two_classes_have_the_values_of_scikit_learn) {
  expect_values(kTwoClasses, MetricTask::binary,
                {{"accuracy", 0.7},
                 {"balanced_accuracy", 0.7},
                 {"f1", 0.7272727272727273},
                 {"log_loss", 0.6098907228970132},
                 {"auc", 0.74}});
}

TEST(MetricRegistry, several_classes_have_the_values_of_scikit_learn) {
  const Sample sample = {
      {.7, .2, .1, .1, .6, .3, .2, .3, .5, .5, .3, .2, .3, .4, .3, .1, .1, .8, .25, .5, .25, .6, .2, .2},
      {1, 0, 0, 0, 1, 0, 0, 1, 0, 1, 0, 0, 0, 0, 1, 0, 0, 1, 1, 0, 0, 1, 0, 0},
      3};
  expect_values(sample, MetricTask::multiclass,
                {{"accuracy", 0.625},
                 {"balanced_accuracy", 0.5833333333333334},
                 {"f1", 0.5857142857142857},
                 {"log_loss", 0.7611071116395789}});
}

TEST(MetricRegistry, labels_have_the_values_of_scikit_learn_without_those_that_never_occur) {
  const Sample sample = {{.9, .2, .1, .3, .8, .4, .6, .4, .2, .2, .7, .3}, {1, 0, 0, 1, 1, 0, 0, 0, 0, 0, 1, 0}, 3};
  expect_values(sample, MetricTask::multilabel,
                {{"accuracy", 10.0 / 12}, {"f1", 0.75}, {"log_loss", 0.4132133256818358}});
}

TEST(MetricRegistry, numbers_have_the_values_of_scikit_learn) {
  expect_values(
      {{2.5, 0, 2, 8, 4, 1.75}, {3, -.5, 2, 7, 4.25, 1}}, MetricTask::regression,
      {{"rmse", 0.5951190357119042}, {"mae", 0.5}, {"median_absolute_error", 0.5}, {"r2", 0.9384986433524269}});
  expect_values(
      {{0, 2, -1, 2, 8, -5}, {.5, 1, -1, 1, 7, -6}, 2}, MetricTask::regression,
      {{"rmse", 0.8416254115301732}, {"mae", 0.75}, {"median_absolute_error", 0.75}, {"r2", 0.9368005266622779}});
}

TEST(MetricRegistry, the_area_under_the_curve_knows_only_the_order) {
  const double plain = value("auc", kTwoClasses, MetricTask::binary);
  Sample other = kTwoClasses;
  for (double& output : other.outputs) output = output * output / 3;  // rising from 0 up
  EXPECT_EQ(value("auc", other, MetricTask::binary), plain);
  for (double& output : other.outputs) output = 1 - output;
  EXPECT_DOUBLE_EQ(value("auc", other, MetricTask::binary), 1 - plain);
  for (double& output : other.outputs) output = 0.25;
  EXPECT_EQ(value("auc", other, MetricTask::binary), 0.5) << "all equal";
}

TEST(MetricRegistry, the_area_is_the_mean_of_the_placements_of_either_class) {
  const std::vector<double> placements = auc_placements(kTwoClasses.a(), kTwoClasses.t());
  double ones = 0, zeros = 0;
  for (std::size_t r = 0; r < placements.size(); ++r) (kTwoClasses.targets[r] == 1 ? ones : zeros) += placements[r];
  EXPECT_DOUBLE_EQ(ones / 5, 0.74);
  EXPECT_DOUBLE_EQ(zeros / 5, 0.74);
}

TEST(MetricRegistry, one_class_alone_has_no_area_and_none_found_no_f1) {
  const Sample zeros = {{.2, .7, .1}, {0, 0, 0}}, none_found = {{.2, .3, .1}, {0, 0, 0}}, ones = {{.9, .2}, {1, 1}};
  EXPECT_TRUE(std::isnan(value("auc", zeros, MetricTask::binary)));
  EXPECT_TRUE(std::isnan(value("auc", ones, MetricTask::binary)));
  EXPECT_EQ(value("f1", zeros, MetricTask::binary), 0);
  EXPECT_TRUE(std::isnan(value("f1", none_found, MetricTask::binary)));
  EXPECT_DOUBLE_EQ(value("f1", ones, MetricTask::binary), 2.0 / 3);
  EXPECT_EQ(value("balanced_accuracy", ones, MetricTask::binary), 0.5) << "of the classes that occur";
}

TEST(MetricRegistry, a_constant_target_has_no_r2_however_its_mean_is_rounded) {
  EXPECT_TRUE(std::isnan(value("r2", {{.1, .1, .1}, {.1, .1, .1}}, MetricTask::regression)));
  EXPECT_TRUE(std::isnan(value("r2", {{1, 7, 2, 7}, {1, 7, 2, 7}, 2}, MetricTask::regression)));
  EXPECT_TRUE(std::isnan(value("r2", {{3}, {4}}, MetricTask::regression))) << "a single row";
  EXPECT_EQ(value("mae", {{3}, {4}}, MetricTask::regression), 1);
  EXPECT_EQ(value("median_absolute_error", {{3}, {4}}, MetricTask::regression), 1);
}

TEST(MetricRegistry, of_nothing_and_of_what_is_not_finite_there_is_no_value) {
  std::size_t compared = 0;
  for (const auto task : {MetricTask::binary, MetricTask::multiclass, MetricTask::multilabel, MetricTask::regression}) {
    for (const MetricEntry* entry : metrics_for(task)) {
      const Sample good = {{.2, .8, .9, .4}, {0, 1, 1, 0}, task == MetricTask::binary ? 1U : 2U};
      Sample output = good, target = good, none = good;
      output.outputs[2] = kNaN;
      target.targets[1] = std::numeric_limits<double>::infinity();
      none.outputs.clear();
      none.targets.clear();
      EXPECT_FALSE(std::isnan(entry->value(good.a(), good.t(), task))) << entry->name;
      for (const Sample& bad : {output, target, none})
        EXPECT_TRUE(std::isnan(entry->value(bad.a(), bad.t(), task))) << entry->name;
      ++compared;
    }
  }
  EXPECT_EQ(compared, 5U + 4 + 3 + 4);
}

TEST(MetricRegistry, the_direction_is_that_of_a_perfect_prediction) {
  std::size_t compared = 0;
  for (const auto task : {MetricTask::binary, MetricTask::multiclass, MetricTask::regression}) {
    const std::size_t columns = task == MetricTask::binary ? 1 : 2;
    const std::vector<double> t = {1, 0, 0, 1, 1, 0, 0, 1}, worse = {.6, .7, .4, .2, .9, .1, .3, .4};
    for (const MetricEntry* entry : metrics_for(task)) {
      const Sample perfect = {t, t, columns}, poor = {worse, t, columns};
      const double best = entry->value(perfect.a(), perfect.t(), task), other = entry->value(poor.a(), poor.t(), task);
      EXPECT_EQ(best > other, entry->higher_is_better) << entry->name;
      EXPECT_NE(best, other) << entry->name;
      ++compared;
    }
  }
  EXPECT_EQ(compared, 13U);
}

TEST(MetricRegistry, a_metric_of_a_loss_goes_with_that_loss_alone) {
  std::size_t of_losses = 0, suited = 0;
  for (const MetricEntry& entry : metric_table()) {
    if (!entry.is_of_a_loss()) {
      EXPECT_TRUE(check_metric_of_loss(entry, *derivation::find_loss("huber"), "--stop-on")) << entry.name;
      continue;
    }
    ++of_losses;
    EXPECT_TRUE(std::isnan(entry.value({}, {}, MetricTask::regression))) << entry.name;
    for (const char* loss : {"pinball(0.3)", "poisson_deviance", "gamma_deviance", "half_squared_error"}) {
      const auto checked = check_metric_of_loss(entry, *derivation::find_loss(loss), "--stop-on");
      suited += checked ? 1 : 0;
      if (checked) continue;
      EXPECT_EQ(checked.error().place, "--stop-on");
      EXPECT_NE(checked.error().got.find(entry.name), std::string::npos) << checked.error().message();
    }
  }
  EXPECT_EQ(of_losses, 5U);
  EXPECT_EQ(suited, 1U + 2 + 1 + 1 + 3);
  const auto hyphen = find_metric("poisson-deviance", MetricTask::regression, "--stop-on");
  ASSERT_TRUE(hyphen);
  EXPECT_EQ((*hyphen)->name, "poisson_deviance");
}

TEST(MetricRegistry, unknown_and_unsuited_names_are_answered_with_those_that_suit) {
  const auto near = find_metric("acuracy", MetricTask::multiclass, "--stop-on");
  ASSERT_FALSE(near.ok());
  EXPECT_EQ(near.error().place, "--stop-on");
  EXPECT_NE(near.error().message().find("did you mean \"accuracy\"?"), std::string::npos) << near.error().message();
  const auto unsuited = find_metric("auc", MetricTask::multiclass, "--stop-on");
  ASSERT_FALSE(unsuited.ok());
  EXPECT_NE(unsuited.error().message().find("other tasks"), std::string::npos) << unsuited.error().message();
  EXPECT_NE(unsuited.error().message().find("balanced_accuracy"), std::string::npos);
  EXPECT_EQ(unsuited.error().message().find("rmse"), std::string::npos);
}

}  // namespace
}  // namespace deltarule::network
