// The update rules by name: one entry per rule with its aliases, its settings and how it is made. A new rule is a file
// beside this one and an entry in registry.cpp.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "deltarule/error.hpp"
#include "deltarule/rules.hpp"
#include "training/updates/update.hpp"

namespace deltarule::training {

/// One setting of a rule. Whether a value makes sense is `allows`, in words `needed`.
struct UpdateSetting {
  std::string_view name;                  // "learning_rate"
  std::vector<std::string_view> aliases;  // "lr", "eta"
  double* (*field)(Optimizer&);           // where it lies; the optimizer must hold this rule
  bool (*allows)(double);
  std::string_view needed;
};

struct UpdateEntry {
  std::string_view name;                  // "delta-rule"
  std::vector<std::string_view> aliases;  // "sgd"
  Optimizer defaults;
  std::vector<UpdateSetting> settings;  // in the order of the rule's struct
  bool full_batch = false;              // made for the slopes of all patterns: those of small batches mislead it
  bool together = false;                // moves all weights together: full batches only (training/full_batch)
};

/// Every rule, in the order of the Optimizer variant.
[[nodiscard]] std::span<const UpdateEntry> update_rules();
/// By name or alias, '_' for '-' understood. Spec error that lists the names otherwise.
Result<const UpdateEntry*> find_update(std::string_view name);
/// The entry of the rule whose settings these are.
[[nodiscard]] const UpdateEntry& entry_of(const Optimizer& optimizer);
[[nodiscard]] inline std::string_view name_of(const Optimizer& optimizer) { return entry_of(optimizer).name; }

/// Sets one setting by name or alias. Spec error for one that the rule does not have. The value is not looked at.
Result<void> set_setting(Optimizer& optimizer, std::string_view name, double value);
/// By name or alias; null for one that the rule does not have.
[[nodiscard]] const UpdateSetting* find_setting(const UpdateEntry& entry, std::string_view name);
/// False for the rules that find the sizes of their steps themselves.
[[nodiscard]] inline bool has_rate(const Optimizer& optimizer) {
  return find_setting(entry_of(optimizer), "learning_rate") != nullptr;
}
/// Every setting of the rule with its value.
[[nodiscard]] std::vector<std::pair<std::string_view, double>> settings_of(const Optimizer& optimizer);

/// Spec error for settings that make no sense: a rate that is not positive and finite, a momentum outside [0, 1), …
Result<void> check_settings(const Optimizer& optimizer);

/// The rule itself; settings must have been checked.
template <class T>
std::unique_ptr<const Update<T>> make_update(const Optimizer& optimizer);

extern template std::unique_ptr<const Update<float>> make_update<float>(const Optimizer&);
extern template std::unique_ptr<const Update<double>> make_update<double>(const Optimizer&);

}  // namespace deltarule::training
