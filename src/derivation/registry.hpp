// The registry of activations and losses by name: one entry holds the function, its derivative, its range and what it
// suits. The mathematics of the built-in ones is in activations.hpp and losses.hpp; this is how rooms find them.
#pragma once

#include <cmath>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/kinds.hpp"
#include "deltarule/activation.hpp"
#include "deltarule/error.hpp"

namespace deltarule::derivation {

/// A resolved activation: what "leaky_relu(0.2)" means.
struct Activation {
  base::ActivationKind kind = base::ActivationKind::identity;
  double parameter = 0.0;
  std::string name;              // canonical, parameter included when it is not the default; what files store
  double low = 0.0, high = 0.0;  // output range
  std::shared_ptr<const ActivationDefinition> custom;  // only for kind custom

  /// Of one unit, built in, with a finite range: whatever I is, only NaN can be wrong with f(I), and then f′ is NaN.
  [[nodiscard]] bool is_bounded() const {
    return kind != base::ActivationKind::softmax && kind != base::ActivationKind::custom && std::isfinite(low) &&
           std::isfinite(high);
  }
};

/// A resolved loss.
struct Loss {
  base::LossKind kind = base::LossKind::half_squared_error;
  double parameter = 0.0;
  std::string name;
  std::shared_ptr<const LossDefinition> custom;
};

/// Spec error with the nearest spelling for an unknown name, a parameter that is not a finite number, or one where none
/// belongs. Aliases ("linear", "logistic", "silu", "mse", "half_sse", …) and '-' for '_' are understood.
Result<Activation> find_activation(std::string_view text);
Result<Loss> find_loss(std::string_view text);

/// Cross-entropies and deviances are computed from the net inputs and need their own output activation; softmax is for
/// output layers of at least two units.
Result<void> check_pair(const Activation& output, const Loss& loss, std::size_t output_units);

/// The one output activation that a loss can have: "sigmoid", "softmax", "exp"; empty when any will do.
[[nodiscard]] std::string_view output_of(const Loss& loss);

Result<void> register_activation(ActivationDefinition definition);
Result<void> register_loss(LossDefinition definition);
std::vector<std::string> activation_names();
std::vector<std::string> loss_names();

}  // namespace deltarule::derivation
