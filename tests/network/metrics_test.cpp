// Measures of predictions against values worked out by hand.
#include "network/metrics.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace deltarule::network {
namespace {

Outputs rows_of(const std::vector<double>& values, std::size_t columns) {
  return {values.data(), values.size() / columns, columns, columns};
}

TEST(Metrics, OfRegression) {
  const std::vector<double> a{1, 2, 3, 5}, t{1, 2, 4, 3};
  const Outputs A = rows_of(a, 1), T = rows_of(t, 1);
  EXPECT_DOUBLE_EQ(total_squared_error(A, T), 5);
  EXPECT_DOUBLE_EQ(root_mean_squared_error(A, T), std::sqrt(1.25));
  EXPECT_DOUBLE_EQ(mean_absolute_error(A, T), 0.75);
  EXPECT_DOUBLE_EQ(r_squared(A, T), 1 - 5.0 / 5.0);
  EXPECT_DOUBLE_EQ(r_squared(T, T), 1);
}

TEST(Metrics, RSquaredIsAveragedOverOutputsAndUndefinedForConstants) {
  const std::vector<double> a{1, 7, 2, 7, 3, 9}, t{1, 7, 2, 7, 3, 8}, constant{1, 7, 2, 7, 3, 7};
  EXPECT_DOUBLE_EQ(r_squared(rows_of(t, 2), rows_of(t, 2)), 1);
  EXPECT_DOUBLE_EQ(r_squared(rows_of(a, 2), rows_of(t, 2)), (1 + (1 - 1 / (2.0 / 3))) / 2);
  EXPECT_TRUE(std::isnan(r_squared(rows_of(constant, 2), rows_of(constant, 2))));
}

TEST(Metrics, OfClasses) {
  const std::vector<double> a{.6, .3, .1, .2, .5, .3, .4, .4, .2, .1, .2, .7}, t{1, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 1};
  const Outputs A = rows_of(a, 3), T = rows_of(t, 3);
  EXPECT_EQ(class_of(A, 2), 0u) << "the first of equals";
  EXPECT_DOUBLE_EQ(accuracy(A, T), 0.75);
  EXPECT_DOUBLE_EQ(balanced_accuracy(A, T), (1 + 0.5 + 1) / 3);
  EXPECT_NEAR(log_loss(A, T), -(std::log(.6) + std::log(.5) + std::log(.4) + std::log(.7)) / 4, 1e-15);
}

TEST(Metrics, OfOneOutput) {
  const std::vector<double> a{.9, .5, .2, .4}, t{1, 1, 0, 1};
  const Outputs A = rows_of(a, 1), T = rows_of(t, 1);
  EXPECT_DOUBLE_EQ(accuracy(A, T), 0.75);
  EXPECT_DOUBLE_EQ(balanced_accuracy(A, T), (1 + 2.0 / 3) / 2);
  EXPECT_DOUBLE_EQ(accuracy_40_20_40(A, T), 0.5);
  EXPECT_NEAR(log_loss(A, T), -(std::log(.9) + std::log(.5) + std::log(.8) + std::log(.4)) / 4, 1e-15);
}

TEST(Metrics, OfIndependentLabels) {
  const std::vector<double> a{.9, .2, .3, .8}, t{1, 0, 1, 1};
  EXPECT_DOUBLE_EQ(label_accuracy(rows_of(a, 2), rows_of(t, 2)), 0.75);
  EXPECT_NEAR(multilabel_log_loss(rows_of(a, 2), rows_of(t, 2)),
              -(std::log(.9) + std::log(.8) + std::log(.3) + std::log(.8)) / 2, 1e-15);
}

TEST(Metrics, LogLossOfCertainMistakesIsFinite) {
  const std::vector<double> a{1, 0}, t{0, 1};
  EXPECT_NEAR(log_loss(rows_of(a, 1), rows_of(t, 1)), 34.5, 0.1);
  EXPECT_NEAR(log_loss(rows_of(a, 2), rows_of(t, 2)), 34.5, 0.1);
}

TEST(Metrics, OfNothingAreNotNumbers) {
  const std::vector<double> none;
  const Outputs empty = rows_of(none, 2);
  for (const double value : {accuracy(empty, empty), balanced_accuracy(empty, empty), log_loss(empty, empty),
                             root_mean_squared_error(empty, empty), r_squared(empty, empty)})
    EXPECT_TRUE(std::isnan(value));
}

}  // namespace
}  // namespace deltarule::network
