#include "training/updates/registry.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>
#include <variant>

#include "training/updates/adam.hpp"
#include "training/updates/adamw.hpp"
#include "training/updates/delta_rule.hpp"
#include "training/updates/momentum.hpp"
#include "training/updates/nesterov.hpp"
#include "training/updates/rmsprop.hpp"

namespace deltarule::training {
namespace {

/// Where the member lies, as a plain function of the variant.
template <class Rule, double Rule::* member>
double* field(Optimizer& optimizer) {
  return &(std::get<Rule>(optimizer).*member);
}

bool is_rate(double value) { return std::isfinite(value) && value > 0; }
bool is_fraction(double value) { return value >= 0 && value < 1; }
bool is_decay(double value) { return std::isfinite(value) && value >= 0; }
/// Small enough to vanish in f32 would mean 0/0 for a weight that never had a slope.
bool is_epsilon(double value) { return std::isfinite(value) && value >= double{std::numeric_limits<float>::min()}; }

constexpr std::string_view kFraction = "a number from 0 up to but not including 1";

template <class Rule>
UpdateSetting rate() {
  return {"learning_rate", {"lr", "eta"}, field<Rule, &Rule::learning_rate>, is_rate, "a positive, finite number"};
}
template <class Rule>
UpdateSetting momentum() {
  return {"momentum", {"mu"}, field<Rule, &Rule::momentum>, is_fraction, kFraction};
}
template <class Rule>
UpdateSetting epsilon() {
  return {"epsilon", {"eps"}, field<Rule, &Rule::epsilon>, is_epsilon, "a finite number of at least 1.2e-38"};
}
template <class Rule>
std::vector<UpdateSetting> adam_settings() {
  return {rate<Rule>(),
          {"beta1", {}, field<Rule, &Rule::beta1>, is_fraction, kFraction},
          {"beta2", {}, field<Rule, &Rule::beta2>, is_fraction, kFraction},
          epsilon<Rule>()};
}

std::vector<UpdateSetting> adamw_settings() {
  std::vector<UpdateSetting> settings = adam_settings<AdamW>();
  settings.push_back({"weight_decay",
                      {"lambda"},
                      field<AdamW, &AdamW::weight_decay>,
                      is_decay,
                      "a finite number that is not negative"});
  return settings;
}

std::vector<UpdateSetting> rmsprop_settings() {
  return {
      rate<RMSProp>(), {"rho", {"alpha"}, field<RMSProp, &RMSProp::rho>, is_fraction, kFraction}, epsilon<RMSProp>()};
}

const std::vector<UpdateEntry>& entries() {
  static const std::vector<UpdateEntry> all{
      {"delta-rule", {"sgd", "delta", "gradient-descent"}, DeltaRule{}, {rate<DeltaRule>()}},
      {"momentum", {}, Momentum{}, {rate<Momentum>(), momentum<Momentum>()}},
      {"nesterov", {"nag"}, Nesterov{}, {rate<Nesterov>(), momentum<Nesterov>()}},
      {"adam", {}, Adam{}, adam_settings<Adam>()},
      {"adamw", {}, AdamW{}, adamw_settings()},
      {"rmsprop", {"rms-prop"}, RMSProp{}, rmsprop_settings()},
  };
  return all;
}

bool is_called(std::string_view text, std::string_view name, const std::vector<std::string_view>& aliases) {
  return text == name || std::find(aliases.begin(), aliases.end(), text) != aliases.end();
}

/// How each settings struct becomes its rule. Overloads, so that the compiler names a rule that was forgotten.
template <class T>
std::unique_ptr<const Update<T>> make(const DeltaRule& s) {
  return std::make_unique<DeltaRuleUpdate<T>>(s);
}
template <class T>
std::unique_ptr<const Update<T>> make(const Momentum& s) {
  return std::make_unique<MomentumUpdate<T>>(s);
}
template <class T>
std::unique_ptr<const Update<T>> make(const Nesterov& s) {
  return std::make_unique<NesterovUpdate<T>>(s);
}
template <class T>
std::unique_ptr<const Update<T>> make(const Adam& s) {
  return std::make_unique<AdamUpdate<T>>(s);
}
template <class T>
std::unique_ptr<const Update<T>> make(const AdamW& s) {
  return std::make_unique<AdamWUpdate<T>>(s);
}
template <class T>
std::unique_ptr<const Update<T>> make(const RMSProp& s) {
  return std::make_unique<RMSPropUpdate<T>>(s);
}

}  // namespace

std::span<const UpdateEntry> update_rules() { return entries(); }

Result<const UpdateEntry*> find_update(std::string_view name) {
  std::string text(name);
  std::replace(text.begin(), text.end(), '_', '-');
  std::string names;
  for (const UpdateEntry& entry : entries()) {
    if (is_called(text, entry.name, entry.aliases)) return &entry;
    names += (names.empty() ? "" : ", ") + std::string(entry.name);
  }
  return Error{ErrorCode::spec, "optimizer", "\"" + std::string(name) + "\"", "one of " + names, {}};
}

const UpdateEntry& entry_of(const Optimizer& optimizer) { return entries()[optimizer.index()]; }

Result<void> set_setting(Optimizer& optimizer, std::string_view name, double value) {
  const UpdateEntry& entry = entry_of(optimizer);
  std::string names;
  for (const UpdateSetting& setting : entry.settings) {
    if (is_called(name, setting.name, setting.aliases)) {
      *setting.field(optimizer) = value;
      return {};
    }
    names += (names.empty() ? "" : ", ") + std::string(setting.name);
  }
  return Error{ErrorCode::spec,
               "optimizer " + std::string(entry.name),
               "setting \"" + std::string(name) + "\"",
               "one of " + names,
               {}};
}

std::vector<std::pair<std::string_view, double>> settings_of(const Optimizer& optimizer) {
  Optimizer copy = optimizer;
  std::vector<std::pair<std::string_view, double>> values;
  for (const UpdateSetting& setting : entry_of(copy).settings) values.emplace_back(setting.name, *setting.field(copy));
  return values;
}

Result<void> check_settings(const Optimizer& optimizer) {
  Optimizer copy = optimizer;
  for (const UpdateSetting& setting : entry_of(copy).settings) {
    const double value = *setting.field(copy);
    if (!setting.allows(value))
      return Error{ErrorCode::spec,
                   "optimizer " + std::string(entry_of(copy).name),
                   std::string(setting.name) + " " + std::to_string(value),
                   std::string(setting.needed),
                   {}};
  }
  if (const AdamW* adamw = std::get_if<AdamW>(&optimizer); adamw && adamw->learning_rate * adamw->weight_decay > 1)
    return Error{ErrorCode::spec, "optimizer adamw", "learning_rate x weight_decay above 1",
                 "a decay that does not turn weights over", "lower weight_decay"};
  return {};
}

template <class T>
std::unique_ptr<const Update<T>> make_update(const Optimizer& optimizer) {
  return std::visit([](const auto& settings) { return make<T>(settings); }, optimizer);
}

template std::unique_ptr<const Update<float>> make_update<float>(const Optimizer&);
template std::unique_ptr<const Update<double>> make_update<double>(const Optimizer&);

}  // namespace deltarule::training
