// What bounds the steps of a run beside its rule: rates of single layers and frozen ones, clipped slopes, the largest
// norm of incoming weights, decay of biases.
#include <charconv>
#include <cmath>
#include <string>
#include <string_view>

#include "app/fit/settings.hpp"
#include "app/words.hpp"
#include "base/text.hpp"
#include "deltarule/error.hpp"
#include "io/number.hpp"
#include "training/options.hpp"
#include "training/updates/registry.hpp"

namespace deltarule::app {
namespace {

[[noreturn]] void refuse(std::string place, std::string got, std::string needed, std::string fix = {}) {
  throw Exception({ErrorCode::usage, std::move(place), std::move(got), std::move(needed), std::move(fix)});
}

/// h1, h2, … from the inputs on, and out.
std::string layer_name(std::size_t layer, std::size_t layers) {
  return layer == layers ? "out" : "h" + std::to_string(layer);
}

std::size_t layer_named(const char* option, std::string_view name, std::size_t layers) {
  if (name == "out") return layers;
  std::string_view digits = name;
  if (digits.starts_with('h')) digits.remove_prefix(1);
  std::size_t layer = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), layer);
  const bool is_hidden = name.starts_with('h');
  const bool is_there = layer >= 1 && (is_hidden ? layer < layers : layer <= layers);
  if (read.ec == std::errc() && read.ptr == digits.data() + digits.size() && is_there) return layer;
  std::vector<std::string> names;
  for (std::size_t l = 1; l <= layers; ++l) names.push_back(layer_name(l, layers));
  refuse(option, "layer " + base::quoted(name), "one of " + base::listed(names, 12) + " of this network",
         "h1 is the hidden layer next to the inputs");
}

void choose_layers(const FitOptions& options, Settings& settings, ChoiceList& choices) {
  const std::size_t layers = settings.network.layers.size();
  std::vector<LayerRate>& rates = settings.trainer.layer_rates;
  std::vector<std::string> told, frozen;
  for (const auto& [name, factor] : options.layer_rates) {
    rates.push_back({layer_named("--layer-rate", name, layers), factor});
    told.push_back(layer_name(rates.back().layer, layers) + "=" + io::to_text(factor));
  }
  for (const std::string& name : options.freeze) {
    rates.push_back({layer_named("--freeze", name, layers), 0.0});
    frozen.push_back(layer_name(rates.back().layer, layers));
  }
  if (!told.empty()) choices.add("layer rate", joined(told, ","), "--layer-rate", true);
  if (!frozen.empty()) choices.add("freeze", joined(frozen, ","), "--freeze", true);
}

/// A number above 0 in one of the trainer's options.
void choose_limit(const char* what, const char* option, const std::optional<double>& given, double& limit,
                  ChoiceList& choices) {
  if (!given) return;
  if (!(std::isfinite(*given) && *given > 0)) refuse(option, io::to_text(*given), "a finite number above 0");
  limit = *given;
  choices.add(what, io::to_text(limit), option, true);
}

/// An option that would do nothing is a mistake.
bool decays(const TrainerOptions& trainer) {
  if (trainer.l2 != 0 || trainer.l1 != 0) return true;
  for (const auto& [name, value] : training::settings_of(trainer.optimizer))
    if (name == "weight_decay" && value != 0) return true;
  return false;
}

}  // namespace

void choose_limits(const FitOptions& options, Settings& settings, ChoiceList& choices) {
  choose_layers(options, settings, choices);
  choose_limit("clip value", "--clip-value", options.clip_value, settings.trainer.clip_value, choices);
  choose_limit("clip norm", "--clip-norm", options.clip_norm, settings.trainer.clip_norm, choices);
  choose_limit("max norm", "--max-norm", options.max_norm, settings.trainer.max_norm, choices);
  if (options.decay_biases) {
    if (!decays(settings.trainer))
      refuse("--decay-biases", "nothing that decays", "a weight decay above 0", "Add --weight-decay 0.0001");
    settings.trainer.decay_biases = true;
    choices.add("decay biases", "yes", "--decay-biases", true);
  }
  const std::size_t layers = settings.network.layers.size();
  const auto checked = settings.f64 ? training::check_options<double>(settings.trainer, layers)
                                    : training::check_options<float>(settings.trainer, layers);
  if (!checked) throw Exception(checked.error());
}

}  // namespace deltarule::app
