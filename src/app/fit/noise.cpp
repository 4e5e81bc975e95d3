#include "app/fit/noise.hpp"

#include <string>
#include <vector>

#include "app/words.hpp"
#include "io/number.hpp"
#include "training/noise.hpp"

namespace deltarule::app {
namespace {

/// As the option takes it: "0.5", "h1=0.5,inputs=0.2".
std::string text_of(const Dropout& dropout) {
  std::vector<std::string> parts;
  if (dropout.hidden != 0) parts.push_back(io::to_text(dropout.hidden));
  for (std::size_t l = 0; l < dropout.by_layer.size(); ++l)
    if (dropout.by_layer[l] != 0) parts.push_back("h" + std::to_string(l + 1) + "=" + io::to_text(dropout.by_layer[l]));
  if (dropout.inputs != 0) parts.push_back("inputs=" + io::to_text(dropout.inputs));
  return joined(parts, ",");
}

/// The floor below speaks of the setting, the user of the option.
Error in_options(Error error) {
  const bool of_inputs = error.place.starts_with("input noise");
  const std::string option = of_inputs ? "--input-noise" : "--dropout";
  error.place = option + error.place.substr(std::string(of_inputs ? "input noise" : "dropout").size());
  error.code = ErrorCode::usage;
  return error;
}

}  // namespace

void choose_noise(const FitOptions& options, Settings& settings, ChoiceList& choices) {
  TrainerOptions& trainer = settings.trainer;
  trainer.seed = Seed{options.seed};
  trainer.dropout = options.dropout;
  trainer.input_noise = options.input_noise.value_or(0.0);
  const auto checked = settings.f64 ? training::check_noise<double>(settings.network, trainer)
                                    : training::check_noise<float>(settings.network, trainer);
  if (!checked) throw Exception(in_options(checked.error()));
  if (trainer.dropout.any()) choices.add("dropout", text_of(trainer.dropout), "--dropout", true);
  if (options.input_noise) choices.add("input noise", io::to_text(trainer.input_noise), "--input-noise", true);
}

}  // namespace deltarule::app
