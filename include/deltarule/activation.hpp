// The registry of activations and losses: what there is, and how to add your own at run time.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "deltarule/error.hpp"

namespace deltarule {

/// An activation of your own. It acts on one unit; `value` and `derivative` take the net input I.
struct ActivationDefinition {
  std::string name = {};                          ///< saved in model files; letters, digits, '_'
  std::function<double(double)> value = {};       ///< f(I)
  std::function<double(double)> derivative = {};  ///< f′(I), equation (8)
  double low = -1e308;                            ///< greatest lower bound of f
  double high = 1e308;                            ///< least upper bound of f
};

/// A loss of your own: a sum over the outputs of value(a, t).
struct LossDefinition {
  std::string name = {};
  std::function<double(double, double)> value = {};  ///< E of one output, from its activation a and target t
  std::function<double(double, double)> slope = {};  ///< ∂E/∂a, what takes the place of equation (9)
};

/// Adds to the registry of this process, after a check of the derivative against central differences and of the
/// values against the range. Fails for a taken or malformed name and for a derivative that is not the function's.
/// A file that names an unregistered activation or loss is refused. Thread-safe. The functions are called from every
/// thread of a trainer at once; one that throws counts as NaN there, and the pattern is refused.
Result<void> register_activation(ActivationDefinition definition);
Result<void> register_loss(LossDefinition definition);

/// Every name that a spec may use, aliases left out, registered ones included.
std::vector<std::string> activation_names();
std::vector<std::string> loss_names();

}  // namespace deltarule
