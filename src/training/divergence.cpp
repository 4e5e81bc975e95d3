#include "training/divergence.hpp"

#include <cmath>
#include <string>
#include <utility>

#include "base/panels.hpp"
#include "network/targets.hpp"

namespace deltarule::training {
namespace {

using network::Stage;

std::string describe(Stage stage) {
  switch (stage) {
    case Stage::input:
      return "an input";
    case Stage::activation:
      return "an activation";
    case Stage::target:
      return "a target";
    case Stage::loss:
      return "the error E";
    case Stage::delta:
      return "a delta";
    case Stage::target_range:
    case Stage::none:
      break;
  }
  return "a slope or weight";
}

Error diverged(std::string place, Stage stage) {
  return {ErrorCode::diverged, std::move(place), describe(stage) + " that is not finite, or too large to be squared",
          "finite numbers", "use a lower learning rate, or scale inputs and targets to about 1"};
}

/// The receiving unit of a number in a view's panels (base/panels.hpp).
template <class T>
std::size_t unit_at(const network::View& view, std::span<const T> values, std::size_t place) {
  const base::Panels<const T> panels = view.in(values.data());
  const std::size_t panel = place / (panels.kWide * view.senders);
  return panel * panels.kWide + (place - panel * panels.kWide * view.senders) % panels.width(panel);
}

}  // namespace

template <class T>
Error diverged_at(const network::Fault& fault, std::size_t pattern, const network::Network<T>& network) {
  const std::size_t layers = network.graph().layers().size();
  if (fault.stage == Stage::target_range)
    return {ErrorCode::data, "pattern " + std::to_string(pattern + 1),
            "a target that the loss " + network.loss().name + " is not defined for",
            std::string(network::target_range(network.loss()).in_words()),
            "correct the target, or choose another loss"};
  const bool in_layer = fault.stage == Stage::activation || fault.stage == Stage::delta;
  const std::size_t layer = in_layer ? fault.layer + std::size_t{1} : layers;
  return diverged("pattern " + std::to_string(pattern + 1) +
                      (fault.stage == Stage::input ? ", input layer" : ", layer " + std::to_string(layer)),
                  fault.stage);
}

template <class T>
Error diverged_in(const network::Network<T>& network, std::span<const T> values) {
  const network::View* of_largest = nullptr;
  std::size_t place = 0;
  T largest = 0;
  for (const network::View& view : network.views())
    for (std::size_t i = 0; i < view.size && !std::isnan(largest); ++i) {
      const T value = std::fabs(values[view.offset + i]);
      if (value <= largest) continue;
      of_largest = &view;
      place = i;
      largest = value;
    }
  if (of_largest == nullptr) return diverged("layer 1", Stage::none);
  return diverged("layer " + std::to_string(of_largest->layer + 1) + ", unit " +
                      std::to_string(unit_at(*of_largest, values, place) + 1),
                  Stage::none);
}

template Error diverged_at<float>(const network::Fault&, std::size_t, const network::Network<float>&);
template Error diverged_at<double>(const network::Fault&, std::size_t, const network::Network<double>&);
template Error diverged_in<float>(const network::Network<float>&, std::span<const float>);
template Error diverged_in<double>(const network::Network<double>&, std::span<const double>);

}  // namespace deltarule::training
