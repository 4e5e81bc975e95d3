#include "deltarule/activation.hpp"

#include <utility>

#include "derivation/registry.hpp"

namespace deltarule {

Result<void> register_activation(ActivationDefinition definition) {
  return derivation::register_activation(std::move(definition));
}
Result<void> register_loss(LossDefinition definition) { return derivation::register_loss(std::move(definition)); }
std::vector<std::string> activation_names() { return derivation::activation_names(); }
std::vector<std::string> loss_names() { return derivation::loss_names(); }

}  // namespace deltarule
