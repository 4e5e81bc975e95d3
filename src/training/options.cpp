#include "training/options.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "training/updates/registry.hpp"

namespace deltarule::training {
namespace {

Result<void> check_size(const char* name, double value) {
  if (std::isfinite(value) && value >= 0) return {};
  return Error{ErrorCode::spec, name, std::to_string(value), "a finite number that is not negative", {}};
}

/// A limit that becomes 0 or infinite when it is rounded would be none.
template <class T>
Result<void> check_limit(const char* name, double value) {
  if (auto checked = check_size(name, value); !checked || value == 0) return checked;
  const T rounded = static_cast<T>(value);
  if (std::isfinite(rounded) && rounded > T{0}) return {};
  return Error{ErrorCode::spec, std::string(name) + ", rounded to the number type of the run", std::to_string(value),
               "a finite number above 0", "leave it at 0 for no limit"};
}

Result<void> check_layer_rates(const TrainerOptions& options, std::size_t layers) {
  std::vector<bool> named(layers);
  for (const auto& [layer, factor] : options.layer_rates) {
    if (layer == 0 || layer > layers)
      return Error{ErrorCode::spec,
                   "layer_rates",
                   "layer " + std::to_string(layer),
                   "layers from 1 to " + std::to_string(layers),
                   {}};
    const std::string place = "rate of layer " + std::to_string(layer);
    if (named[layer - 1]) return Error{ErrorCode::spec, place, "two factors", "one", "leave out one of them"};
    named[layer - 1] = true;
    if (!(std::isfinite(factor) && factor >= 0))
      return Error{ErrorCode::spec, place, std::to_string(factor), "a finite factor that is not negative", {}};
    if (factor != 0 && factor != 1 && !has_rate(options.optimizer))
      return Error{ErrorCode::spec, place,
                   std::to_string(factor) + " with the optimizer " + std::string(name_of(options.optimizer)),
                   "an optimizer that has a learning rate, or 0 for a frozen layer", "leave it out"};
  }
  if (layers > 0 && std::count_if(options.layer_rates.begin(), options.layer_rates.end(),
                                  [](const LayerRate& one) { return one.factor == 0; }) == std::ptrdiff_t(layers))
    return Error{ErrorCode::spec, "layer_rates", "every layer frozen", "a layer that learns", {}};
  return {};
}

/// The rule as the layer with the largest factor has it: its decay must not turn weights over either.
Optimizer quickest(Optimizer optimizer, double factor) {
  if (const UpdateSetting* rate = find_setting(entry_of(optimizer), "learning_rate"); rate != nullptr)
    *rate->field(optimizer) *= factor;
  return optimizer;
}

/// The settings as the kernels will see them: 0.99999999999 is 1 in f32, 1e-60 is 0.
template <class T>
Optimizer rounded_to(Optimizer optimizer) {
  for (const UpdateSetting& setting : entry_of(optimizer).settings) {
    double& value = *setting.field(optimizer);
    value = static_cast<double>(static_cast<T>(value));
  }
  return optimizer;
}

}  // namespace

template <class T>
Result<void> check_options(const TrainerOptions& options, std::size_t layers) {
  if (auto checked = check_settings(options.optimizer); !checked) return checked;
  if (auto checked = check_settings(rounded_to<T>(options.optimizer)); !checked) {
    Error error = checked.error();
    error.place += ", rounded to the number type of the run";
    return error;
  }
  if (auto checked = check_size("l2", options.l2); !checked) return checked;
  if (auto checked = check_size("l1", options.l1); !checked) return checked;
  if (auto checked = check_limit<T>("clip_value", options.clip_value); !checked) return checked;
  if (auto checked = check_limit<T>("clip_norm", options.clip_norm); !checked) return checked;
  if (auto checked = check_limit<T>("max_norm", options.max_norm); !checked) return checked;
  if (auto checked = check_layer_rates(options, layers); !checked) return checked;
  if (const double factor = largest_factor(options); factor > 1)
    if (auto checked = check_settings(rounded_to<T>(quickest(options.optimizer, factor))); !checked) {
      Error error = checked.error();
      error.place += ", with the largest factor of a layer";
      return error;
    }
  if (options.threads == 0) return Error{ErrorCode::spec, "threads", "0", "at least one thread", {}};
  return {};
}

double largest_factor(const TrainerOptions& options) {
  double largest = 1.0;
  for (const LayerRate& one : options.layer_rates) largest = std::max(largest, one.factor);
  return largest;
}

Error single_patterns_refused(const base::Graph& graph) {
  std::size_t layer = 0;
  while (graph.layers()[layer].normalisation != base::Normalisation::batch) ++layer;
  return {ErrorCode::spec, "layer " + std::to_string(layer + 1),
          "one pattern per weight change, which has no mean and variance to be normalised by",
          "batches of at least 2 patterns for layers normalised by batch",
          "use a larger batch size, or normalise by \"layer\""};
}

template Result<void> check_options<float>(const TrainerOptions&, std::size_t);
template Result<void> check_options<double>(const TrainerOptions&, std::size_t);

}  // namespace deltarule::training
