// Every rule of the registry for tests that hold of all of them: whoever adds a rule has it tested.
#pragma once

#include <vector>

#include "deltarule/training.hpp"
#include "training/updates/registry.hpp"

namespace deltarule::training::testing {

/// True for a rule that learns one pattern, or one batch after another, weight by weight.
inline bool goes_by_weights(const Optimizer& rule) { return !entry_of(rule).together; }

/// True for options that a rule of the other kind takes: the same error at every step, and slopes as they are.
inline bool suit_all_together(const TrainerOptions& options) {
  return options.clip_value == 0 && options.clip_norm == 0 && options.max_norm == 0 && !options.dropout.any() &&
         options.input_noise == 0;
}

/// The entries of such rules, and of those that move all weights of full batches together.
inline std::vector<UpdateEntry> rules_of_weights() {
  std::vector<UpdateEntry> entries;
  for (const UpdateEntry& entry : update_rules())
    if (!entry.together) entries.push_back(entry);
  return entries;
}
inline std::vector<UpdateEntry> rules_together() {
  std::vector<UpdateEntry> entries;
  for (const UpdateEntry& entry : update_rules())
    if (entry.together) entries.push_back(entry);
  return entries;
}

/// The same rule, by `factor` quicker or slower.
inline Optimizer scaled(Optimizer rule, double factor) {
  for (const char* name : {"learning_rate", "delta0"})
    if (const UpdateSetting* setting = find_setting(entry_of(rule), name); setting != nullptr)
      *setting->field(rule) *= factor;
  return rule;
}

/// All rules, with steps that keep the networks of the tests from diverging, pattern by pattern as well.
inline std::vector<Optimizer> every_rule(double factor = 1.0) {
  std::vector<Optimizer> rules;
  for (const UpdateEntry& entry : update_rules()) {
    Optimizer rule = entry.defaults;
    const auto set = [&](const char* name, double value) { static_cast<void>(set_setting(rule, name, value).ok()); };
    if (entry.name == "delta-rule") set("learning_rate", 0.05);
    if (entry.name == "momentum" || entry.name == "nesterov") set("learning_rate", 0.02), set("momentum", 0.8);
    if (entry.name == "quickprop") set("learning_rate", 0.02), set("mu", 0.75), set("weight_decay", 0.001);
    if (entry.name == "lion") set("learning_rate", 0.003), set("weight_decay", 0.1);
    if (entry.full_batch) set("delta0", 0.01), set("delta_max", 0.1);
    rules.push_back(scaled(rule, factor));
  }
  return rules;
}

}  // namespace deltarule::training::testing
