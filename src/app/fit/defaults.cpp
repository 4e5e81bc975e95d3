#include "app/fit/defaults.hpp"

#include <algorithm>

namespace deltarule::app {
namespace {

constexpr std::size_t kSmallTable = 1000;       // rows below which one smooth layer does best
constexpr std::size_t kRefitBelow = 5000;       // training rows below which the validation rows are worth training on
constexpr std::size_t kLargeTable = 50000;      // rows from which wider batches cost nothing in accuracy
constexpr std::uint64_t kPatienceSteps = 1000;  // weight changes: what 20 epochs of a small table are too few of

/// The bare derivation: the field's classic settings. Weights from ±1 leave the 2-2-1 network for XOR outside its flat
/// middle; smaller ones begin on the plateau where every output is 0.5.
Defaults textbook(bool has_goal) {
  Defaults d;
  d.hidden = {2};
  d.activation = "sigmoid";
  d.optimizer = "delta-rule";
  d.learning_rate = 0.5;
  d.batch_size = 1;
  d.epochs = has_goal ? 100000 : 1000;
  d.init = "uniform(1)";
  d.scale = "none";
  d.precision = "f64";
  return d;
}

/// Small tables: tanh and a strong decay keep the network close to the linear model until the rows say otherwise.
/// Larger ones: classes with sharp borders are found faster by relu, smooth functions by tanh.
void choose_network(const Size& size, Defaults& d) {
  const bool classes = size.task != data::Task::regression;
  if (size.linear) {
    d.learning_rate = 0.01;
    d.weight_decay = 0.01;
  } else if (size.rows < kSmallTable) {
    d.hidden = {32};
    d.activation = "tanh";
    d.learning_rate = 0.003;
    d.weight_decay = classes ? 0.3 : 1.0;
  } else {
    d.hidden = classes ? std::vector<std::size_t>{128, 64} : std::vector<std::size_t>{64, 32};
    d.activation = classes ? "relu" : "tanh";
    d.learning_rate = 0.003;
    d.weight_decay = 0.1;
  }
}

}  // namespace

Defaults defaults_for(const Size& size, bool has_goal) {
  if (size.textbook) return textbook(has_goal);
  Defaults d;
  choose_network(size, d);
  d.optimizer = "adamw";
  d.batch_size = size.training_rows >= kLargeTable ? 128 : std::clamp<std::size_t>(size.training_rows / 16, 8, 32);
  d.epochs = 400;
  d.patience = size.validates ? 20 : 0;
  d.patience_steps = kPatienceSteps;
  d.init = "auto";
  d.scale = "standard";
  d.precision = "f32";
  d.refit = size.validates && size.training_rows < kRefitBelow;
  return d;
}

double default_rate(const std::string& optimizer, const Defaults& defaults) {
  if (optimizer == defaults.optimizer || optimizer == "adam") return defaults.learning_rate;
  return optimizer == "delta-rule" ? 0.1 : 0.01;  // with momentum 0.9 a rate acts ten times as long
}

}  // namespace deltarule::app
