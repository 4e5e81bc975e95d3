// Names to entries and back. The rows are in entries.cpp; registered definitions live here, behind a lock, for as long
// as the process.
#include "derivation/registry.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <utility>

#include "base/exclusive.hpp"
#include "base/finite_number.hpp"
#include "base/text.hpp"
#include "derivation/entries.hpp"
#include "derivation/registration_check.hpp"
#include "derivation/spelling.hpp"

namespace deltarule::derivation {
namespace {

template <class Definition>
using Registered = std::vector<std::shared_ptr<const Definition>>;

/// The one piece of state of this room, touched under base::exclusively() only.
struct Registrations {
  Registered<ActivationDefinition> activations;
  Registered<LossDefinition> losses;

  template <class Definition>
  Registered<Definition>& of() {
    if constexpr (std::is_same_v<Definition, ActivationDefinition>)
      return activations;
    else
      return losses;
  }
};

Registrations& registrations() {
  static Registrations all;
  return all;
}

/// A copy of what is registered at this moment; the definitions themselves never change.
template <class Definition>
Registered<Definition> registered() {
  Registered<Definition> copy;
  base::exclusively([&copy] { copy = registrations().of<Definition>(); });
  return copy;
}

/// Lower case, '_' for '-'.
std::string normal(std::string_view name) {
  std::string result(name);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (c == '-') c = '_';
  }
  return result;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

std::string number_text(double value) {
  char buffer[32];
  return {buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr};
}

/// "activation" or "loss": what the messages of a lookup call the thing looked up.
struct Wanted {
  std::string_view what;
  std::string_view given;
  [[nodiscard]] Error fault(std::string needed, std::string fix = {}) const {
    return {ErrorCode::spec, std::string(what), base::quoted(given), std::move(needed), std::move(fix)};
  }
};

/// "name(parameter)" taken apart.
struct Parts {
  std::string name;
  std::optional<double> parameter;
};

Result<Parts> take_apart(const Wanted& wanted) {
  const std::string_view text = trimmed(wanted.given);
  const std::size_t open = text.find('(');
  Parts parts{normal(trimmed(text.substr(0, open))), {}};
  if (open == std::string_view::npos) return parts;
  if (text.back() != ')') return wanted.fault("a closing bracket after the parameter, as in \"leaky_relu(0.2)\"");
  const std::string_view inside = trimmed(text.substr(open + 1, text.size() - open - 2));
  parts.parameter = base::finite_number(inside);
  if (!parts.parameter) return wanted.fault("a finite number in the brackets, as in \"leaky_relu(0.2)\"");
  return parts;
}

template <class Entry>
bool is_called(const Entry& entry, std::string_view name) {
  if (name.empty()) return false;  // an empty place among the aliases
  return entry.name == name || std::find(entry.aliases.begin(), entry.aliases.end(), name) != entry.aliases.end();
}

template <class Entry>
const Entry* built_in(std::span<const Entry> entries, std::string_view name) {
  const auto found = std::find_if(entries.begin(), entries.end(), [&](const Entry& e) { return is_called(e, name); });
  return found == entries.end() ? nullptr : &*found;
}

template <class Definition>
std::shared_ptr<const Definition> registered_as(std::string_view name) {
  for (const auto& definition : registered<Definition>())
    if (normal(definition->name) == name) return definition;
  return nullptr;
}

template <class Definition, class Entry>
std::vector<std::string> names(std::span<const Entry> entries, bool with_aliases) {
  std::vector<std::string> all;
  for (const Entry& entry : entries) all.emplace_back(entry.name);
  for (const auto& definition : registered<Definition>()) all.push_back(definition->name);
  for (const Entry& entry : entries)
    for (const std::string_view alias : entry.aliases)
      if (with_aliases && !alias.empty()) all.emplace_back(alias);
  return all;
}

std::string joined(const std::vector<std::string>& words, std::string_view between) {
  std::string text;
  for (const std::string& word : words) text.append(text.empty() ? "" : between).append(word);
  return text;
}

template <class Definition, class Entry>
Error unknown(const Wanted& wanted, std::string_view name, std::span<const Entry> entries) {
  const std::vector<std::string> near = nearest(name, names<Definition>(entries, true));
  std::string what = "a known " + std::string(wanted.what);
  if (near.empty()) return wanted.fault(what, "Known: " + joined(names<Definition>(entries, false), ", "));
  return wanted.fault(what, "Did you mean " + joined(near, " or ") + "?");
}

/// The canonical name: with its parameter when that is not the default.
template <class Entry>
Result<std::string> canonical(const Wanted& wanted, const Entry& entry, const Parts& parts) {
  if (parts.parameter && !entry.parameter)
    return wanted.fault("no parameter: " + std::string(entry.name) + " has none", "Leave the brackets out");
  std::string name(entry.name);
  if (parts.parameter && *parts.parameter != *entry.parameter) name += "(" + number_text(*parts.parameter) + ")";
  return name;
}

/// The output range, which the parameter may change.
std::pair<double, double> range_of(const ActivationEntry& entry, double parameter) {
  constexpr double kInf = std::numeric_limits<double>::infinity();
  if (entry.kind == base::ActivationKind::elu) return {std::min(0.0, -parameter), kInf};
  if (entry.kind == base::ActivationKind::leaky_relu && parameter <= 0) return {0.0, kInf};
  return {entry.low, entry.high};
}

Error no_parameter(const Wanted& wanted) {
  return wanted.fault("no parameter: a registered " + std::string(wanted.what) + " has none", "Leave the brackets out");
}

/// Letters, digits and '_', a letter first, at most 64.
bool is_well_formed(std::string_view name) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto allowed = [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '_'; };
  return !name.empty() && name.size() <= 64 && letter(name[0]) && std::all_of(name.begin(), name.end(), allowed);
}

template <class Definition, class Entry>
Result<void> add(std::string_view what, Definition definition, std::span<const Entry> entries) {
  const Wanted wanted{what, definition.name};
  if (!is_well_formed(definition.name))
    return wanted.fault("a name of letters, digits and '_', beginning with a letter, at most 64 characters");
  const std::string name = normal(definition.name);
  const Error taken = wanted.fault("a name that is not taken", "Register it under another name");
  if (built_in(entries, name) != nullptr) return taken;
  if (auto checked = check_derivative(definition); !checked) return checked;
  bool is_new = true;
  base::exclusively([&] {
    Registered<Definition>& all = registrations().of<Definition>();
    for (const auto& other : all) is_new = is_new && normal(other->name) != name;
    if (is_new) all.push_back(std::make_shared<const Definition>(std::move(definition)));
  });
  if (!is_new) return taken;
  return {};
}

}  // namespace

Result<Activation> find_activation(std::string_view text) {
  const Wanted wanted{"activation", text};
  auto parts = take_apart(wanted);
  if (!parts) return parts.error();
  if (const ActivationEntry* entry = built_in(activation_entries(), parts->name)) {
    auto name = canonical(wanted, *entry, *parts);
    if (!name) return name.error();
    const double parameter = parts->parameter.value_or(entry->parameter.value_or(0.0));
    const auto [low, high] = range_of(*entry, parameter);
    return Activation{entry->kind, parameter, *std::move(name), low, high, nullptr};
  }
  if (auto custom = registered_as<ActivationDefinition>(parts->name)) {
    if (parts->parameter) return no_parameter(wanted);
    return Activation{base::ActivationKind::custom, 0.0, custom->name, custom->low, custom->high, custom};
  }
  return unknown<ActivationDefinition>(wanted, parts->name, activation_entries());
}

Result<Loss> find_loss(std::string_view text) {
  const Wanted wanted{"loss", text};
  auto parts = take_apart(wanted);
  if (!parts) return parts.error();
  if (const LossEntry* entry = built_in(loss_entries(), parts->name)) {
    auto name = canonical(wanted, *entry, *parts);
    if (!name) return name.error();
    const double parameter = parts->parameter.value_or(entry->parameter.value_or(0.0));
    if (entry->kind == base::LossKind::huber && !(parameter > 0))
      return wanted.fault("a positive parameter: the deviation beyond which the loss is linear");
    if (entry->kind == base::LossKind::pinball && !(parameter > 0 && parameter < 1))
      return wanted.fault("a parameter between 0 and 1, these not included: the quantile that is fitted",
                          "For example pinball(0.9), below which 90 % of the targets lie");
    return Loss{entry->kind, parameter, *std::move(name), nullptr};
  }
  if (auto custom = registered_as<LossDefinition>(parts->name)) {
    if (parts->parameter) return no_parameter(wanted);
    return Loss{base::LossKind::custom, 0.0, custom->name, custom};
  }
  return unknown<LossDefinition>(wanted, parts->name, loss_entries());
}

Result<void> check_pair(const Activation& output, const Loss& loss, std::size_t output_units) {
  using Out = base::ActivationKind;
  using Err = base::LossKind;
  const std::string pair = output.name + " with " + loss.name;
  const auto misfit = [&pair](std::string needed, std::string fix) -> Error {
    return {ErrorCode::spec, "output layer", pair, std::move(needed), std::move(fix)};
  };
  if (loss.kind == Err::binary_cross_entropy && output.kind != Out::sigmoid)
    return misfit("sigmoid outputs for binary_cross_entropy",
                  output.kind == Out::softmax ? "Use the loss softmax_cross_entropy" : "Use the activation sigmoid");
  if (loss.kind == Err::softmax_cross_entropy && output.kind != Out::softmax)
    return misfit("a softmax output for softmax_cross_entropy",
                  output.kind == Out::sigmoid ? "Use the loss binary_cross_entropy" : "Use the activation softmax");
  if (output_of(loss) == "exp" && output.kind != Out::exp)
    return misfit("exp outputs for " + loss.name, "Use the activation exp");
  if (output.kind == Out::softmax && output_units < 2)
    return misfit("at least two output units for softmax", "Use sigmoid for a single output");
  return {};
}

std::string_view output_of(const Loss& loss) {
  switch (loss.kind) {
    case base::LossKind::binary_cross_entropy:
      return "sigmoid";
    case base::LossKind::softmax_cross_entropy:
      return "softmax";
    case base::LossKind::poisson_deviance:
    case base::LossKind::gamma_deviance:
      return "exp";
    default:
      return {};
  }
}

Result<void> register_activation(ActivationDefinition definition) {
  return add("activation", std::move(definition), activation_entries());
}
Result<void> register_loss(LossDefinition definition) { return add("loss", std::move(definition), loss_entries()); }

std::vector<std::string> activation_names() { return names<ActivationDefinition>(activation_entries(), false); }
std::vector<std::string> loss_names() { return names<LossDefinition>(loss_entries(), false); }

}  // namespace deltarule::derivation
