// Small models that use every part of the file, for the tests of this folder and the golden files.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "model/model.hpp"

namespace deltarule::tests {

/// Numbers without a pattern that are exact in float.
inline float some_number(std::size_t i) {
  return static_cast<float>(static_cast<std::int32_t>((i * 2654435761U + 12345U) % 4001U) - 2000) / 1024.0F;
}

/// Three classes from a numeric and a categorical column with missing values; a skip connection with a mask, a layer
/// without biases, weights in f32, a section and metadata of somebody else.
inline model::Model classifier() {
  model::Model m;
  m.network.inputs = 5;
  m.network.layers = {{.units = 2, .activation = "tanh", .from = {}, .bias = false, .train_bias = true},
                      {.units = 3,
                       .activation = "softmax",
                       .from = {{0, {1, 0, 1, 1, 1, 1, 1, 1, 0, 1, 0, 1, 1, 1, 1}}, {1}},
                       .bias = true,
                       .train_bias = false}};
  m.network.loss = "softmax_cross_entropy";
  std::vector<float> weights(2 * 5 + 3 * 5 + 3 * 2 + 3);
  for (std::size_t i = 0; i < weights.size(); ++i) weights[i] = some_number(i);
  for (const std::size_t masked : {11U, 18U, 20U}) weights[masked] = 0.0F;
  m.weights = weights;
  m.preprocessing.task = data::Task::multiclass;
  m.preprocessing.scaling = data::Scaling::standard;
  m.preprocessing.features = {{.name = "length \"mm\"",
                               .type = data::ColumnType::numeric,
                               .shift = 43.92193,
                               .scale = 5.4595837,
                               .fill = 44.45,
                               .categories = {},
                               .missing_unit = true},
                              {.name = "island",
                               .type = data::ColumnType::categorical,
                               .shift = 0.0,
                               .scale = 1.0,
                               .fill = 0.0,
                               .categories = {"Biscoe", "Dream"},
                               .missing_unit = true}};
  m.preprocessing.targets = {{.name = "species", .shift = 0.0, .scale = 1.0}};
  m.preprocessing.classes = {"Adelie", "Chinstrap", "Gentoo ü"};
  m.settings = {{"hidden", "2"}, {"optimizer", "adam"}, {"learning_rate", "0.001"}};
  m.provenance = {"0.1.0", 18446744073709551615ULL, "0123456789abcdef0123456789abcdef", 224, 51, 69, 275, true};
  m.metrics = {{"accuracy", "test", 0.9855072463768116, 0.9223, 0.9974}, {"log_loss", "test", 0.05, 0.01, 0.1}};
  m.extra_sections = {{"note", "U8", {3}, {std::byte{1}, std::byte{2}, std::byte{3}}}};
  m.extra_metadata = {{"comment", "kept as it is"}};
  return m;
}

/// Two numbers from one column without a hidden layer; weights in f64 that a float could not hold.
inline model::Model regressor() {
  model::Model m;
  m.network.inputs = 1;
  m.network.layers = {{.units = 2, .activation = "identity", .from = {}, .bias = true, .train_bias = true}};
  m.network.loss = "huber(1.5)";
  m.weights = std::vector<double>{0.1, -1.0 / 3.0, 1e-300, -2.5};
  m.preprocessing.task = data::Task::regression;
  m.preprocessing.scaling = data::Scaling::minmax;
  m.preprocessing.features = {{.name = "x",
                               .type = data::ColumnType::numeric,
                               .shift = -1.0,
                               .scale = 4.0,
                               .fill = 0.1,
                               .categories = {},
                               .missing_unit = false}};
  m.preprocessing.targets = {{.name = "a", .shift = 100.25, .scale = 0.7}, {.name = "b", .shift = -3.0, .scale = 1e-3}};
  m.provenance = {"0.1.0", 7, "", 10, 0, 0, 10, false};
  return m;
}

/// The regressor with a history: epochs left out, a number that is none, columns that are not there.
inline model::Model with_history() {
  model::Model m = regressor();
  const double nan = std::numeric_limits<double>::quiet_NaN();
  m.history = {{1, 10, 0.5, 1.0 / 3.0, nan, 0.001}, {3, 30, 0.25, nan, nan, 0.001}, {9, 90, 1e-300, 0.1, nan, 0.001}};
  return m;
}

/// The regressor's columns behind two normalised layers, one over units, one over batches; weights in f32.
inline model::Model normalised() {
  model::Model m = regressor();
  m.network.layers = {{.units = 3, .activation = "tanh", .bias = false, .normalise = "layer"},
                      {.units = 2, .activation = "relu", .normalise = "batch"},
                      {.units = 2, .activation = "identity"}};
  std::vector<float> weights(3 + 3 + 6 + 2 + 2 + 2 + 2 + 4 + 2);
  for (std::size_t i = 0; i < weights.size(); ++i) weights[i] = some_number(i);
  weights[18] = 0.5F;  // running variances
  weights[19] = 2.25F;
  m.weights = weights;
  return m;
}

inline void expect_equal(const model::Model& a, const model::Model& b) {
  EXPECT_EQ(a.network, b.network);
  EXPECT_EQ(a.weights, b.weights);
  EXPECT_EQ(a.preprocessing, b.preprocessing);
  EXPECT_EQ(a.settings, b.settings);
  EXPECT_EQ(a.provenance, b.provenance);
  EXPECT_EQ(a.metrics, b.metrics);
  ASSERT_EQ(a.history.size(), b.history.size());
  for (std::size_t i = 0; i < a.history.size(); ++i)
    EXPECT_EQ(std::memcmp(&a.history[i], &b.history[i], sizeof a.history[i]), 0) << "epoch " << a.history[i].epoch;
  EXPECT_EQ(a.extra_sections, b.extra_sections);
  EXPECT_EQ(a.extra_metadata, b.extra_metadata);
}

}  // namespace deltarule::tests
