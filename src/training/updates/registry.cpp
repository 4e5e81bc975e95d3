#include "training/updates/registry.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>
#include <variant>

#include "training/updates/adadelta.hpp"
#include "training/updates/adagrad.hpp"
#include "training/updates/adam.hpp"
#include "training/updates/adamw.hpp"
#include "training/updates/delta_rule.hpp"
#include "training/updates/lbfgs.hpp"
#include "training/updates/levenberg_marquardt.hpp"
#include "training/updates/lion.hpp"
#include "training/updates/momentum.hpp"
#include "training/updates/nesterov.hpp"
#include "training/updates/quickprop.hpp"
#include "training/updates/rmsprop.hpp"
#include "training/updates/rprop.hpp"
#include "training/updates/scg.hpp"

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

bool is_growth(double value) { return std::isfinite(value) && value >= 1; }
bool is_shrinkage(double value) { return value > 0 && value <= 1; }

constexpr std::string_view kRate = "a positive, finite number";
constexpr std::string_view kDecay = "a finite number that is not negative";
constexpr std::string_view kFraction = "a number from 0 up to but not including 1";

template <class Rule>
UpdateSetting rate() {
  return {"learning_rate", {"lr", "eta"}, field<Rule, &Rule::learning_rate>, is_rate, kRate};
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
UpdateSetting decay() {
  return {"weight_decay", {"lambda"}, field<Rule, &Rule::weight_decay>, is_decay, kDecay};
}
template <class Rule>
std::vector<UpdateSetting> betas() {
  return {{"beta1", {}, field<Rule, &Rule::beta1>, is_fraction, kFraction},
          {"beta2", {}, field<Rule, &Rule::beta2>, is_fraction, kFraction}};
}
template <class Rule>
UpdateSetting rho() {
  return {"rho", {"alpha"}, field<Rule, &Rule::rho>, is_fraction, kFraction};
}

template <class Rule>
std::vector<UpdateSetting> adam_settings() {
  std::vector<UpdateSetting> settings = betas<Rule>();
  settings.insert(settings.begin(), rate<Rule>());
  settings.push_back(epsilon<Rule>());
  return settings;
}
std::vector<UpdateSetting> adamw_settings() {
  std::vector<UpdateSetting> settings = adam_settings<AdamW>();
  settings.push_back(decay<AdamW>());
  return settings;
}
std::vector<UpdateSetting> lion_settings() {
  std::vector<UpdateSetting> settings = betas<Lion>();
  settings.insert(settings.begin(), rate<Lion>());
  settings.push_back(decay<Lion>());
  return settings;
}

template <class Rule>
std::vector<UpdateSetting> rprop_settings() {
  return {{"delta0", {"initial_step"}, field<Rule, &Rule::delta0>, is_rate, kRate},
          {"eta_plus", {}, field<Rule, &Rule::eta_plus>, is_growth, "a finite number of at least 1"},
          {"eta_minus", {}, field<Rule, &Rule::eta_minus>, is_shrinkage, "a number above 0, at most 1"},
          {"delta_min", {"min_step"}, field<Rule, &Rule::delta_min>, is_decay, kDecay},
          {"delta_max", {"max_step"}, field<Rule, &Rule::delta_max>, is_rate, kRate}};
}

std::vector<UpdateSetting> quickprop_settings() {
  UpdateSetting epsilon = rate<Quickprop>();
  epsilon.aliases.insert(epsilon.aliases.end(), {"epsilon", "eps"});  // Fahlman's letter
  return {
      std::move(epsilon), {"mu", {"max_growth"}, field<Quickprop, &Quickprop::mu>, is_rate, kRate}, decay<Quickprop>()};
}

bool is_reduction(double value) { return value > 0 && value < 1; }
bool is_increase(double value) { return std::isfinite(value) && value > 1; }
bool is_count(double value) { return value >= 1 && value <= 1000 && value == std::floor(value); }
bool is_switch(double value) { return value == 0 || value == 1; }

constexpr std::string_view kShare = "a number above 0 and below 1";
constexpr std::string_view kCount = "a whole number from 1 to 1000";

std::vector<UpdateSetting> scg_settings() {
  using Rule = ScaledConjugateGradient;
  return {{"sigma", {}, field<Rule, &Rule::sigma>, is_rate, kRate},
          {"lambda", {}, field<Rule, &Rule::lambda>, is_rate, kRate}};
}
std::vector<UpdateSetting> lbfgs_settings() {
  return {{"history", {"m"}, field<LBFGS, &LBFGS::history>, is_count, kCount},
          {"c1", {}, field<LBFGS, &LBFGS::c1>, is_reduction, kShare},
          {"c2", {}, field<LBFGS, &LBFGS::c2>, is_reduction, kShare},
          {"evaluations", {}, field<LBFGS, &LBFGS::evaluations>, is_count, kCount}};
}
std::vector<UpdateSetting> marquardt_settings() {
  using Rule = LevenbergMarquardt;
  return {{"mu", {}, field<Rule, &Rule::mu>, is_rate, kRate},
          {"mu_increase", {}, field<Rule, &Rule::mu_increase>, is_increase, "a finite number above 1"},
          {"mu_decrease", {}, field<Rule, &Rule::mu_decrease>, is_reduction, kShare},
          {"mu_max", {}, field<Rule, &Rule::mu_max>, is_rate, kRate},
          {"bayesian", {}, field<Rule, &Rule::bayesian>, is_switch, "0 or 1"},
          {"memory_mb", {"memory"}, field<Rule, &Rule::memory_mb>, is_rate, kRate}};
}

constexpr bool kFullBatch = true, kTogether = true;

const std::vector<UpdateEntry>& entries() {
  static const std::vector<UpdateEntry> all{
      {"delta-rule", {"sgd", "delta", "gradient-descent"}, DeltaRule{}, {rate<DeltaRule>()}},
      {"momentum", {}, Momentum{}, {rate<Momentum>(), momentum<Momentum>()}},
      {"nesterov", {"nag"}, Nesterov{}, {rate<Nesterov>(), momentum<Nesterov>()}},
      {"adam", {}, Adam{}, adam_settings<Adam>()},
      {"adamw", {}, AdamW{}, adamw_settings()},
      {"rmsprop", {"rms-prop"}, RMSProp{}, {rate<RMSProp>(), rho<RMSProp>(), epsilon<RMSProp>()}},
      {"adagrad", {}, Adagrad{}, {rate<Adagrad>(), epsilon<Adagrad>()}},
      {"adadelta", {}, Adadelta{}, {rate<Adadelta>(), rho<Adadelta>(), epsilon<Adadelta>()}},
      {"lion", {}, Lion{}, lion_settings()},
      {"rprop-", {"rprop-minus"}, RpropMinus{}, rprop_settings<RpropMinus>(), kFullBatch},
      {"rprop+", {"rprop", "rprop-plus"}, RpropPlus{}, rprop_settings<RpropPlus>(), kFullBatch},
      {"irprop-", {"irprop-minus"}, IRpropMinus{}, rprop_settings<IRpropMinus>(), kFullBatch},
      {"irprop+", {"irprop", "irprop-plus"}, IRpropPlus{}, rprop_settings<IRpropPlus>(), kFullBatch},
      {"quickprop", {}, Quickprop{}, quickprop_settings(), kFullBatch},
      {"scg", {"scaled-conjugate-gradient"}, ScaledConjugateGradient{}, scg_settings(), kFullBatch, kTogether},
      {"lbfgs", {"l-bfgs"}, LBFGS{}, lbfgs_settings(), kFullBatch, kTogether},
      {"lm", {"levenberg-marquardt", "marquardt"}, LevenbergMarquardt{}, marquardt_settings(), kFullBatch, kTogether},
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

template <class T>
std::unique_ptr<const Update<T>> make(const Adagrad& s) {
  return std::make_unique<AdagradUpdate<T>>(s);
}
template <class T>
std::unique_ptr<const Update<T>> make(const Adadelta& s) {
  return std::make_unique<AdadeltaUpdate<T>>(s);
}
template <class T>
std::unique_ptr<const Update<T>> make(const Lion& s) {
  return std::make_unique<LionUpdate<T>>(s);
}
template <class T>
std::unique_ptr<const Update<T>> make(const RpropMinus& s) {
  return std::make_unique<RpropUpdate<T, RpropMinus>>(s);
}
template <class T>
std::unique_ptr<const Update<T>> make(const RpropPlus& s) {
  return std::make_unique<RpropUpdate<T, RpropPlus>>(s);
}
template <class T>
std::unique_ptr<const Update<T>> make(const IRpropMinus& s) {
  return std::make_unique<RpropUpdate<T, IRpropMinus>>(s);
}
template <class T>
std::unique_ptr<const Update<T>> make(const IRpropPlus& s) {
  return std::make_unique<RpropUpdate<T, IRpropPlus>>(s);
}
template <class T>
std::unique_ptr<const Update<T>> make(const Quickprop& s) {
  return std::make_unique<QuickpropUpdate<T>>(s);
}
template <class T>
std::unique_ptr<const Update<T>> make(const ScaledConjugateGradient& s) {
  return std::make_unique<ScgUpdate<T>>(s);
}
template <class T>
std::unique_ptr<const Update<T>> make(const LBFGS& s) {
  return std::make_unique<LbfgsUpdate<T>>(s);
}
template <class T>
std::unique_ptr<const Update<T>> make(const LevenbergMarquardt& s) {
  return std::make_unique<MarquardtUpdate<T>>(s);
}

// ---- what no setting says alone ----

/// Decays that are apart from the slope shrink a weight by η λ of itself.
template <class Settings>
Result<void> check_together(const Settings& settings) {
  if constexpr (requires { settings.weight_decay; } && requires { settings.beta2; }) {
    if (settings.learning_rate * settings.weight_decay > 1)
      return Error{ErrorCode::spec, "optimizer " + std::string(name_of(settings)),
                   "learning_rate x weight_decay above 1", "a decay that does not turn weights over",
                   "lower weight_decay"};
  }
  if constexpr (requires { settings.delta0; }) {
    if (!(settings.delta_min <= settings.delta0 && settings.delta0 <= settings.delta_max))
      return Error{ErrorCode::spec, "optimizer " + std::string(name_of(settings)),
                   "delta0 " + std::to_string(settings.delta0) + " with delta_min " +
                       std::to_string(settings.delta_min) + " and delta_max " + std::to_string(settings.delta_max),
                   "delta_min, delta0 and delta_max in ascending order", "change the one that is out of line"};
  }
  if constexpr (requires { settings.c1; }) {
    if (!(settings.c1 < settings.c2))
      return Error{ErrorCode::spec, "optimizer " + std::string(name_of(settings)),
                   "c1 " + std::to_string(settings.c1) + " with c2 " + std::to_string(settings.c2), "c1 below c2",
                   "lower c1 or raise c2"};
  }
  if constexpr (requires { settings.mu_max; }) {
    if (!(settings.mu <= settings.mu_max))
      return Error{ErrorCode::spec, "optimizer " + std::string(name_of(settings)),
                   "mu " + std::to_string(settings.mu) + " with mu_max " + std::to_string(settings.mu_max),
                   "mu of at most mu_max", "lower mu or raise mu_max"};
  }
  return {};
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

const UpdateSetting* find_setting(const UpdateEntry& entry, std::string_view name) {
  const auto found = std::find_if(entry.settings.begin(), entry.settings.end(), [&](const UpdateSetting& setting) {
    return is_called(name, setting.name, setting.aliases);
  });
  return found == entry.settings.end() ? nullptr : &*found;
}

Result<void> set_setting(Optimizer& optimizer, std::string_view name, double value) {
  const UpdateEntry& entry = entry_of(optimizer);
  if (const UpdateSetting* setting = find_setting(entry, name); setting != nullptr) {
    *setting->field(optimizer) = value;
    return {};
  }
  std::string names;
  for (const UpdateSetting& setting : entry.settings) names += (names.empty() ? "" : ", ") + std::string(setting.name);
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
  return std::visit([](const auto& settings) { return check_together(settings); }, optimizer);
}

template <class T>
std::unique_ptr<const Update<T>> make_update(const Optimizer& optimizer) {
  return std::visit([](const auto& settings) { return make<T>(settings); }, optimizer);
}

template std::unique_ptr<const Update<float>> make_update<float>(const Optimizer&);
template std::unique_ptr<const Update<double>> make_update<double>(const Optimizer&);

}  // namespace deltarule::training
