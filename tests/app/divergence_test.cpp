// Laws of training that runs away: it ends with weights that are finite, or with an error that names what was planted,
// where it was seen, and what to do. Never with a crash, never with a model that is not a number.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <iostream>
#include <map>
#include <stdexcept>

#include "tables.hpp"
#include "training/updates/registry.hpp"

namespace deltarule::test {
namespace {

struct Scenario {
  std::string name;
  std::string csv;
  const char* target = "y";
  FitOptions options = {};
  std::vector<Cause> planted = {};  // none: it is to train
  std::string column = {};          // that the diagnosis must name
  std::size_t line = 0;             // of the cell that it must name
  std::size_t layer = 0;            // that it must name; 0: any
  bool must_fail = false;
};

FitOptions quick(const std::string& rule, std::uint64_t seed) {
  FitOptions options;
  options.optimizer = rule;
  options.epochs = 12;
  options.hidden = {6};
  options.activation = "relu";
  options.baselines = false;
  options.seed = seed;
  return options;
}

bool has_rate(const training::UpdateEntry& rule) { return training::find_setting(rule, "learning_rate") != nullptr; }

/// `x1` multiplied, x2 and y as they are.
std::string with_large_column(double factor) {
  base::Random random(11, base::Stream::generate);
  std::string text = "x1,x2,y\n";
  for (int i = 0; i < 80; ++i) {
    const double a = random.normal(), b = random.normal();
    text += std::to_string(a * factor) + "," + std::to_string(b) + "," + std::to_string(a - b) + "\n";
  }
  return text;
}

std::string with_cell(const std::string& cell, int row) {
  base::Random random(12, base::Stream::generate);
  std::string text = "x1,x2,y\n";
  for (int i = 0; i < 80; ++i) {
    const double a = random.normal(), b = random.normal();
    text += std::to_string(a) + "," + (i == row ? cell : std::to_string(b)) + "," + std::to_string(a - b) + "\n";
  }
  return text;
}

std::string with_targets(double factor, double shift) {
  base::Random random(13, base::Stream::generate);
  std::string text = "x1,x2,y\n";
  for (int i = 0; i < 80; ++i) {
    const double a = random.normal(), b = random.normal();
    text += std::to_string(a) + "," + std::to_string(b) + "," + std::to_string((a - b) * factor + shift) + "\n";
  }
  return text;
}

// ---- what is planted ----

void plant_rates(std::vector<Scenario>& all) {
  std::uint64_t seed = 0;
  for (const training::UpdateEntry& rule : training::update_rules()) {
    if (!has_rate(rule)) continue;
    for (const double factor : {1e1, 1e2, 1e3, 1e4, 1e5, 1e6}) {
      FitOptions options = quick(std::string(rule.name), ++seed);
      options.weight_decay = 0.0;
      training::UpdateEntry entry = rule;
      options.learning_rate =
          factor * std::max(0.01, *training::find_setting(rule, "learning_rate")->field(entry.defaults));
      all.push_back({"rate of " + std::string(rule.name),
                     seed % 2 == 0 ? linear_csv(80) : mixed_csv(80),
                     seed % 2 == 0 ? "y" : "kind",
                     options,
                     {Cause::learning_rate}});
    }
  }
}

void plant_steps(std::vector<Scenario>& all) {
  for (const training::UpdateEntry& rule : training::update_rules()) {
    if (training::find_setting(rule, "delta0") == nullptr) continue;
    for (const char* first : {"1e4", "1e30"})
      all.push_back({"first step of " + std::string(rule.name),
                     linear_csv(80),
                     "y",
                     quick(std::string(rule.name) + "(delta0=" + first + ",delta_max=1e30)", all.size()),
                     {Cause::step_size}});
  }
}

void plant_columns(std::vector<Scenario>& all) {
  for (const char* rule : {"delta-rule", "momentum", "nesterov", "adam", "lion", "quickprop", "irprop+"})
    for (const double factor : {1e3, 1e6, 1e12}) {
      FitOptions options = quick(rule, all.size());
      options.scale = "none";
      all.push_back({std::string("unscaled column, ") + rule,
                     with_large_column(factor),
                     "y",
                     options,
                     {Cause::unscaled_input},
                     "x1"});
    }
}

void plant_cells(std::vector<Scenario>& all) {
  for (const char* rule : {"delta-rule", "adam", "rprop+"})
    for (const char* cell : {"1e300", "-1e200", "1e30"})
      for (const char* precision : {"f32", "f64"}) {
        FitOptions options = quick(rule, 3);
        options.scale = "none";
        options.precision = precision;
        options.test = 0.0;
        options.validation = 0.0;
        all.push_back({std::string("cell ") + cell + ", " + rule + ", " + precision,
                       with_cell(cell, 40),
                       "y",
                       options,
                       {Cause::absurd_input},
                       "x2",
                       42});
      }
}

void plant_targets(std::vector<Scenario>& all) {
  for (const char* output : {"identity", "sigmoid", "tanh"})
    for (const double factor : {250.0, 1e6, 1e25}) {
      FitOptions options = quick("delta-rule", all.size());
      options.textbook = true;
      options.output_activation = output;
      options.learning_rate = 0.1;
      options.precision = factor > 1e20 ? "f32" : "f64";
      const bool bounded = std::string(output) != "identity";
      all.push_back({std::string("targets of ") + output,
                     with_targets(factor, 0.0),
                     "y",
                     options,
                     {bounded ? Cause::target_range : Cause::unscaled_target},
                     "y"});
    }
}

NetworkSpec with_skip() {
  return {.inputs = 2,
          .layers = {{.units = 4, .activation = "tanh"}, {.units = 1, .activation = "identity", .from = {0, 1}}}};
}

void plant_weights(std::vector<Scenario>& all) {
  for (const char* rule : {"delta-rule", "momentum", "nesterov", "adam", "quickprop", "irprop-"})
    for (const double size : {1e4, 1e12, 1e25}) {
      FitOptions options = quick(rule, all.size());
      options.hidden = {};
      options.activation.reset();
      options.network = with_skip();
      std::vector<double> weights(4 * 2 + 4 + 2 + 4 + 1, 0.1);
      weights[12] = weights[13] = size;  // from the inputs straight to the output
      options.start_from = weights;
      all.push_back({std::string("skip path, ") + rule, linear_csv(80), "y", options, {Cause::skip_path}, "", 0, 2});
    }
  for (const char* init : {"uniform(1e4)", "uniform(1e20)", "constant(1e15)"}) {
    FitOptions options = quick("delta-rule", all.size());
    options.init = init;
    all.push_back({std::string("first weights ") + init, linear_csv(80), "y", options, {Cause::first_weights}});
  }
}

void plant_decay(std::vector<Scenario>& all) {
  for (const char* rule : {"delta-rule", "momentum", "nesterov", "quickprop"})
    for (const double decay : {1e5, 1e9}) {
      FitOptions options = quick(rule, all.size());
      options.weight_decay = decay;
      all.push_back({std::string("decay, ") + rule, linear_csv(80), "y", options, {Cause::weight_decay}});
    }
}

/// Networks that learn nothing, and tables with holes: nothing that diverges.
void plant_harmless(std::vector<Scenario>& all) {
  for (const char* rule : {"delta-rule", "adam", "irprop+", "quickprop"}) {
    FitOptions options = quick(rule, all.size());
    options.hidden = {};
    options.activation.reset();
    options.network = NetworkSpec{
        .inputs = 2, .layers = {{.units = 3, .activation = "relu"}, {.units = 1, .activation = "identity"}}};
    options.start_from = std::vector<double>{1, 1, 1, 1, 1, 1, -100, -100, -100, 1, 1, 1, 0};
    all.push_back({std::string("dead units, ") + rule, linear_csv(80), "y", options});
    all.push_back({std::string("cells without a value, ") + rule, with_cell("NA", 7), "y", quick(rule, 1)});
    FitOptions saturated = quick(rule, 2);
    saturated.activation = "sigmoid";
    saturated.init = "constant(1000)";
    all.push_back({std::string("saturated units, ") + rule, mixed_csv(80), "kind", saturated, {Cause::first_weights}});
  }
}

std::vector<Scenario> scenarios() {
  std::vector<Scenario> all;
  for (const auto plant : {plant_rates, plant_steps, plant_columns, plant_cells, plant_targets, plant_weights,
                           plant_decay, plant_harmless})
    plant(all);
  return all;
}

// ---- what comes of it ----

void expect_diagnosis(const Scenario& one, const Diverged& fault) {
  const Diagnosis& found = fault.diagnosis();
  const std::string message = one.name + ": " + fault.error().message();
  EXPECT_NE(std::find(one.planted.begin(), one.planted.end(), found.cause), one.planted.end())
      << name_of(found.cause) << " in " << message;
  if (!one.column.empty()) {
    EXPECT_EQ(found.column, one.column) << message;
  }
  if (one.line > 0) {
    EXPECT_EQ(found.cell_line, one.line) << message;
    EXPECT_NE(fault.error().got.find(":" + std::to_string(one.line)), std::string::npos) << message;
  }
  if (one.layer > 0) {
    EXPECT_EQ(found.layer, one.layer) << message;
  }
  EXPECT_GT(found.epoch, 0U) << message;
  EXPECT_GT(found.batch, 0U) << message;
  EXPECT_GT(found.unit, 0U) << message;
  EXPECT_LE(found.layer, 2U) << message;
  EXPECT_EQ(found.line > 0, found.pattern > 0) << message;
  if (found.pattern > 0) {
    EXPECT_NE(fault.error().place.find("table.csv:" + std::to_string(found.line)), std::string::npos) << message;
  }
  EXPECT_EQ(fault.error().code, ErrorCode::diverged);
  EXPECT_NE(fault.error().got.find("most likely because"), std::string::npos) << message;
  EXPECT_NE(fault.error().got.find(found.likely), std::string::npos) << message;
  EXPECT_FALSE(fault.error().fix.empty()) << message;
}

TEST(Divergence, each_planted_fault_ends_with_finite_weights_or_with_its_diagnosis) {
  std::map<std::string, std::size_t> outcomes;
  const std::vector<Scenario> all = scenarios();
  for (const Scenario& one : all) {
    try {
      const Fitted fitted = fit(dataset(one.csv, one.target), one.options);
      EXPECT_TRUE(Model::parse(fitted.model.to_bytes()).ok()) << one.name << ": a weight is not finite";
      ++outcomes["trained"];
    } catch (const Diverged& fault) {
      EXPECT_FALSE(one.planted.empty()) << one.name << ": " << fault.error().message();
      expect_diagnosis(one, fault);
      ++outcomes[std::string(name_of(fault.diagnosis().cause))];
    } catch (const Exception& fault) {
      ADD_FAILURE() << one.name << ": " << fault.error().message();
    }
  }
  std::size_t diagnosed = 0;
  for (const auto& [outcome, count] : outcomes) {
    std::cout << "  " << outcome << ": " << count << "\n";
    diagnosed += outcome == "trained" ? 0 : count;
  }
  EXPECT_GE(all.size(), 130U);
  EXPECT_GE(diagnosed, 60U) << "of " << all.size();
  EXPECT_EQ(outcomes.size(), 10U) << "causes that were met, and trained";
}

/// The table of two inputs and what is made of it by weights that leave the hidden units nothing to say.
Diverged ran_away(const std::string& activation, double bias) {
  FitOptions options = quick("delta-rule", 1);
  options.hidden = {};
  options.activation.reset();
  options.network = NetworkSpec{
      .inputs = 2, .layers = {{.units = 3, .activation = activation}, {.units = 1, .activation = "identity"}}};
  options.start_from = std::vector<double>{1, 1, 1, 1, 1, 1, bias, bias, bias, 1, 1, 1, 0};
  options.learning_rate = 1e30;
  options.on_divergence = "stop";
  try {
    (void)fit(dataset(linear_csv(80), "y"), options);
  } catch (const Diverged& fault) {
    return fault;
  }
  throw std::runtime_error("it did not run away");
}

TEST(Divergence, dead_and_saturated_units_are_named) {
  const Diverged dead = ran_away("relu", -100.0);
  ASSERT_EQ(dead.diagnosis().layers.size(), 2U);
  EXPECT_EQ(dead.diagnosis().layers[0].dead, 3U);
  EXPECT_NE(dead.diagnosis().likely.find("3 of 3 relu units of layer 1 are dead"), std::string::npos)
      << dead.diagnosis().likely;
  const Diverged saturated = ran_away("tanh", 100.0);
  EXPECT_EQ(saturated.diagnosis().layers[0].saturated, 3U);
  EXPECT_NE(saturated.diagnosis().likely.find("3 of 3 tanh units of layer 1 are saturated"), std::string::npos)
      << saturated.diagnosis().likely;
  const Diverged alive = ran_away("tanh", 0.0);
  EXPECT_EQ(alive.diagnosis().likely.find("saturated"), std::string::npos) << alive.diagnosis().likely;
}

}  // namespace
}  // namespace deltarule::test
