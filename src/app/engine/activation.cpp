#include "deltarule/activation.hpp"

#include <limits>
#include <utility>

#include "derivation/registry.hpp"

namespace deltarule {
namespace {

/// The user's function, which gives NaN where it throws: nothing below app may see an exception, and NaN is refused
/// wherever it turns up.
template <class... Arguments>
std::function<double(Arguments...)> guarded(std::function<double(Arguments...)> function) {
  if (!function) return {};
  return [function = std::move(function)](Arguments... arguments) {
    try {
      return function(arguments...);
    } catch (...) {
      return std::numeric_limits<double>::quiet_NaN();
    }
  };
}

}  // namespace

Result<void> register_activation(ActivationDefinition definition) {
  definition.value = guarded(std::move(definition.value));
  definition.derivative = guarded(std::move(definition.derivative));
  return derivation::register_activation(std::move(definition));
}
Result<void> register_loss(LossDefinition definition) {
  definition.value = guarded(std::move(definition.value));
  definition.slope = guarded(std::move(definition.slope));
  return derivation::register_loss(std::move(definition));
}
std::vector<std::string> activation_names() { return derivation::activation_names(); }
std::vector<std::string> loss_names() { return derivation::loss_names(); }

}  // namespace deltarule
