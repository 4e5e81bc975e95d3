#include "app/fit/defaults.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <variant>

#include "training/updates/registry.hpp"

namespace deltarule::app {
namespace {

constexpr std::size_t kSmallTable = 1000;    // rows below which one smooth layer does best
constexpr std::size_t kManyRows = 5000;      // training rows from which a network of this width needs a gentler rate
constexpr std::size_t kDense = 100;          // rows per input from which a second hidden layer pays
constexpr std::size_t kRefitBelow = 10000;   // training rows below which the validation rows are worth training on
constexpr std::size_t kLargeTable = 50000;   // training rows from which wider batches save time; not tuned
constexpr std::size_t kLinearSteps = 20000;  // weight changes after which a linear model moves no more
constexpr std::size_t kLinearEpochs = 10;
constexpr std::uint64_t kPatienceSteps = 1000;  // weight changes: what 20 epochs of a small table are too few of

/// A step of a rule that moves all weights together does what dozens of others do, and takes as long.
constexpr std::size_t kTogetherEpochs = 300;
constexpr std::uint64_t kTogetherPatience = 50;

/// How many times smaller the rate of Lion is than that of AdamW, and its decay larger (Chen et al. 2023: 3 to 10).
constexpr double kLion = 10.0;

/// Without it, classes that can be told apart lead Quickprop to weights without end: its steps grow while slopes
/// vanish. The value of Fahlman's program; penguins, not finite after 130 epochs without it, stay so for all 1000.
constexpr double kQuickpropDecay = 0.0001;

/// The bare derivation. Small first weights and a small rate take longer, but the 2-2-1 network for XOR then misses its
/// local minima for 98 of 100 seeds; with weights in ±1 and a rate of 0.5 it does for 78.
Defaults textbook(bool has_goal) {
  Defaults d;
  d.hidden = {8};
  d.activation = "sigmoid";
  d.optimizer = "delta-rule";
  d.learning_rate = 0.1;
  d.batch_size = 1;
  d.epochs = has_goal ? 100000 : 1000;
  d.init = "uniform(0.2)";
  d.scale = "none";
  d.precision = "f64";
  return d;
}

/// How strongly a small regression is held to the linear model: with many inputs for its rows (diabetes: 10 for 265) as
/// much as possible, with few (one wavy input, 128 rows) hardly, or it would see nothing but a straight line.
double small_regression_decay(const Size& size) {
  const double crowding = static_cast<double>(size.inputs) / static_cast<double>(size.training_rows);
  return std::clamp(std::floor(40000.0 * crowding * crowding) / 100.0, 0.01, 0.5);
}

/// Small tables: tanh and a strong decay keep the network close to the linear model until the rows say otherwise.
/// Larger ones: classes with sharp borders are found faster by relu, smooth functions by tanh; where rows lie dense
/// among few inputs, a second layer follows what one cannot.
void choose_network(const Size& size, Defaults& d) {
  const bool classes = size.task != data::Task::regression;
  const bool dense = size.rows >= kDense * size.inputs;
  if (size.rows < kSmallTable) {
    d.hidden = {32};
    d.activation = "tanh";
    d.learning_rate = 0.003;
    d.weight_decay = classes ? 0.3 : small_regression_decay(size);
    return;
  }
  d.hidden = {classes ? std::size_t{128} : std::size_t{64}};
  if (dense) d.hidden.push_back(d.hidden.front() / 2);
  d.activation = classes ? "relu" : "tanh";
  const bool many = size.training_rows >= kManyRows;
  d.learning_rate = many ? 0.001 : 0.003;
  d.weight_decay = many && classes ? 0.3 : 0.1;
}

/// Without a hidden layer there is one minimum, and a decay would only move it. Its way there is short: a long table
/// needs few epochs.
void choose_linear(const Size& size, Defaults& d) {
  const std::size_t steps = (size.training_rows + d.batch_size - 1) / d.batch_size;
  d.epochs = std::min(d.epochs, std::max(kLinearEpochs, kLinearSteps / steps));
  d.activation = "identity";  // of no layer
  d.learning_rate = 0.01;
  d.weight_decay = 0.01;
}

}  // namespace

Defaults defaults_for(const Size& size, bool has_goal) {
  if (size.textbook) return textbook(has_goal);
  Defaults d;
  d.optimizer = "adamw";
  d.batch_size = size.training_rows >= kLargeTable ? 128 : std::clamp<std::size_t>(size.training_rows / 16, 8, 32);
  d.epochs = size.rows < kSmallTable ? 1000 : 400;
  if (size.linear) {
    choose_linear(size, d);
  } else {
    choose_network(size, d);
  }
  d.patience = size.validates ? 20 : 0;
  d.patience_steps = kPatienceSteps;
  d.init = "auto";
  d.scale = "standard";
  d.precision = "f32";
  d.refit = size.validates && size.training_rows < kRefitBelow;
  return d;
}

void hasten_for(const Optimizer& rule, Defaults& defaults) {
  if (!training::entry_of(rule).together) return;
  defaults.epochs = std::min(defaults.epochs, kTogetherEpochs);
  defaults.patience_steps = std::min(defaults.patience_steps, kTogetherPatience);
}

bool decays_apart(const Optimizer& rule) {
  return std::holds_alternative<AdamW>(rule) || std::holds_alternative<Lion>(rule);
}

double default_rate(const Optimizer& rule, const Defaults& defaults) {
  const std::string_view name = training::name_of(rule);
  const bool scales_steps = name == "adam" || name == "rmsprop";  // by the slopes' size, as the default rule
  if (name == defaults.optimizer || scales_steps) return defaults.learning_rate;
  if (name == "lion") return defaults.learning_rate / kLion;
  if (name == "momentum" || name == "nesterov") return 0.01;  // with momentum 0.9 a rate acts ten times as long
  Optimizer own = rule;
  return *training::find_setting(training::entry_of(own), "learning_rate")->field(own);
}

double default_decay(const Optimizer& rule, const Defaults& defaults) {
  if (std::holds_alternative<Quickprop>(rule)) return kQuickpropDecay;
  if (!decays_apart(rule)) return 0.0;
  return std::holds_alternative<Lion>(rule) ? defaults.weight_decay * kLion : defaults.weight_decay;
}

}  // namespace deltarule::app
