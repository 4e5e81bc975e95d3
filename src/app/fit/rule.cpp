// The update rule of a run: its name, its settings in brackets, and the options for rate, momentum and decay.
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "app/engine/unwrap.hpp"
#include "app/fit/bracketed.hpp"
#include "app/fit/settings.hpp"
#include "app/words.hpp"
#include "base/text.hpp"
#include "io/number.hpp"
#include "training/updates/registry.hpp"

namespace deltarule::app {
namespace {

const auto kNumber = [](double value) { return io::to_text(value); };
constexpr std::string_view kExample = "For example --optimizer 'irprop+(delta0=0.05,eta_plus=1.3)'";

/// Settings with an option of their own, which is how they are given.
constexpr std::array<std::array<std::string_view, 2>, 3> kOptions = {
    {{"learning_rate", "--learning-rate"}, {"momentum", "--momentum"}, {"weight_decay", "--weight-decay"}}};

std::string_view option_of(std::string_view setting) {
  for (const auto& [name, option] : kOptions)
    if (name == setting) return option;
  return {};
}

[[noreturn]] void refuse(std::string place, std::string got, std::string needed, std::string fix) {
  throw Exception({ErrorCode::usage, std::move(place), std::move(got), std::move(needed), std::move(fix)});
}

void take_setting(std::string_view name, std::string_view value, Optimizer& rule) {
  const training::UpdateSetting* setting = training::find_setting(training::entry_of(rule), name);
  if (setting == nullptr) throw Exception(training::set_setting(rule, name, 0).error());
  if (const std::string_view option = option_of(setting->name); !option.empty())
    refuse("--optimizer", base::quoted(name) + " in brackets", "rate, momentum and decay by their own options",
           "Use " + std::string(option) + " " + std::string(value));
  const io::ParsedNumber number = io::parse_number(value);
  if (number.status != io::NumberStatus::ok)
    refuse("--optimizer", std::string(name) + " " + base::quoted(value), std::string(setting->needed),
           std::string(kExample));
  *setting->field(rule) = number.value;
}

struct NamedRule {
  Optimizer rule;
  bool has_brackets = false;
};

/// `adam`, or with settings in brackets, `adam(beta1=0.8, epsilon=1e-6)`.
NamedRule rule_named(std::string_view text) {
  const Bracketed given = bracketed(text, "--optimizer", std::string(kExample));
  NamedRule named{unwrap(training::find_update(given.name))->defaults, given.has_brackets};
  for (const auto& [name, value] : given.settings) take_setting(name, value, named.rule);
  return named;
}

NamedRule chosen_rule(const FitOptions& options, const Defaults& defaults) {
  if (options.optimizer) return rule_named(*options.optimizer);
  return rule_named(options.momentum ? "momentum" : defaults.optimizer);
}

bool has(const Optimizer& rule, std::string_view setting) {
  return training::find_setting(training::entry_of(rule), setting) != nullptr;
}

void choose_rate(const FitOptions& options, const Defaults& defaults, Optimizer& rule, ChoiceList& choices) {
  const std::string name(training::name_of(rule));
  if (has(rule, "learning_rate")) {
    const double rate =
        pick(choices, "learning rate", "--learning-rate", options.learning_rate, default_rate(rule, defaults), kNumber);
    (void)training::set_setting(rule, "learning_rate", rate);
  } else if (options.learning_rate) {
    refuse("--learning-rate", io::to_text(*options.learning_rate) + " with the optimizer " + name,
           "an optimizer that has a learning rate", "Leave it out: " + name + " finds the size of its steps itself");
  }
}

void choose_momentum(const FitOptions& options, Optimizer& rule, ChoiceList& choices) {
  if (training::set_setting(rule, "momentum", options.momentum.value_or(kMomentum)).ok()) {
    choices.add("momentum", io::to_text(options.momentum.value_or(kMomentum)), "--momentum",
                options.momentum.has_value());
  } else if (options.momentum) {
    refuse("--momentum", io::to_text(*options.momentum) + " with the optimizer " + std::string(training::name_of(rule)),
           "an optimizer that has a momentum", "Use --optimizer momentum or nesterov");
  }
}

/// The settings without an option of their own, `beta1=0.9, beta2=0.999`.
std::string other_settings(const Optimizer& rule) {
  std::vector<std::string> texts;
  for (const auto& [name, value] : training::settings_of(rule))
    if (option_of(name).empty()) texts.push_back(std::string(name) + "=" + io::to_text(value));
  return joined(texts, ", ");
}

}  // namespace

void choose_rule(const FitOptions& options, const Defaults& defaults, Settings& settings, ChoiceList& choices) {
  auto [rule, has_brackets] = chosen_rule(options, defaults);
  choices.add("optimizer", std::string(training::name_of(rule)), "--optimizer",
              options.optimizer.has_value() || options.momentum.has_value());
  choose_rate(options, defaults, rule, choices);
  if (has(rule, "learning_rate")) settings.usual_rate = default_rate(rule, defaults);
  choose_momentum(options, rule, choices);
  if (const std::string others = other_settings(rule); !others.empty())
    choices.add("rule settings", others, "--optimizer", has_brackets);
  const bool decoupled = decays_apart(rule);
  const double decay =
      pick(choices, "weight decay", "--weight-decay", options.weight_decay, default_decay(rule, defaults), kNumber);
  if (decoupled) {
    (void)training::set_setting(rule, "weight_decay", decay);
  } else {
    settings.trainer.l2 = decay;
  }
  if (const auto checked = training::check_settings(rule); !checked) throw Exception(checked.error());
  settings.trainer.optimizer = rule;
}

}  // namespace deltarule::app
