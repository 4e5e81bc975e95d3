// The rules as one reads them in deltarule/rules.hpp, a weight at a time in double, for comparison with what the engine
// applies. Shares no code with it.
#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <string>

#include "deltarule/rules.hpp"

namespace deltarule::training::testing {

/// What one weight remembers.
struct Memory {
  double v = 0, m = 0, s = 0;
  double slope = 0, change = 0;
  double delta = -1;  // −1: not yet Δ₀
};

/// What a rule is told: E as reduced, with penalties.
struct Moment {
  double w = 0, g = 0;
  double step = 1;
  bool is_bias = false;  // and no decay is of it
  double E = 0, E_before = std::numeric_limits<double>::quiet_NaN();
};

using Recoded = std::function<double(const Optimizer&, const Moment&, Memory&)>;

inline double sign(double x) { return static_cast<double>((x > 0) - (x < 0)); }

inline double adam_change(double eta, double beta1, double beta2, double epsilon, const Moment& now, Memory& memory) {
  memory.m = beta1 * memory.m + (1 - beta1) * now.g;
  memory.s = beta2 * memory.s + (1 - beta2) * now.g * now.g;
  const double m = memory.m / (1 - std::pow(beta1, now.step)), s = memory.s / (1 - std::pow(beta2, now.step));
  return -eta * m / (std::sqrt(s) + epsilon);
}

/// Algorithms 1 to 4 of Igel & Hüsken, as printed: with the product of slopes, the slope that is set to zero, and the
/// last change remembered. `backtracks` decides for this step.
template <class Settings>
double rprop_change(const Settings& s, double g, Memory& memory, bool sets_zero, bool backtracks) {
  if (memory.delta < 0) memory.delta = s.delta0;
  const double product = memory.slope * g;
  if (product > 0) memory.delta = std::min(memory.delta * s.eta_plus, s.delta_max);
  if (product < 0) {
    memory.delta = std::max(memory.delta * s.eta_minus, s.delta_min);
    if (sets_zero) g = 0;
    if (backtracks) {
      memory.slope = 0;
      return -memory.change;
    }
  }
  memory.slope = g;
  return memory.change = -sign(g) * memory.delta;
}

/// Fahlman's program, in the order of its lines.
inline double quickprop_change(const Quickprop& q, const Moment& now, Memory& memory) {
  const double slope = now.g + (now.is_bias ? 0.0 : q.weight_decay * now.w), shrink = q.mu / (1 + q.mu);
  double next = 0;
  if (memory.change < 0) {
    if (slope > 0) next -= q.learning_rate * slope;
    if (slope >= shrink * memory.slope)
      next += q.mu * memory.change;
    else
      next += memory.change * (slope / (memory.slope - slope));
  } else if (memory.change > 0) {
    if (slope < 0) next -= q.learning_rate * slope;
    if (slope <= shrink * memory.slope)
      next += q.mu * memory.change;
    else
      next += memory.change * (slope / (memory.slope - slope));
  } else {
    next -= q.learning_rate * slope;
  }
  memory.slope = slope;
  return memory.change = next;
}

inline double lion_change(const Lion& s, const Moment& now, Memory& memory) {
  const double direction = s.beta1 * memory.m + (1 - s.beta1) * now.g;
  memory.m = s.beta2 * memory.m + (1 - s.beta2) * now.g;
  return -s.learning_rate * (sign(direction) + (now.is_bias ? 0.0 : s.weight_decay * now.w));
}

inline double adadelta_change(const Adadelta& s, const Moment& now, Memory& memory) {
  memory.s = s.rho * memory.s + (1 - s.rho) * now.g * now.g;
  const double change = std::sqrt(memory.v + s.epsilon) / std::sqrt(memory.s + s.epsilon) * now.g;
  memory.v = s.rho * memory.v + (1 - s.rho) * change * change;
  return -s.learning_rate * change;
}

inline std::map<std::string, Recoded> first_order_rules() {
  return {
      {"delta-rule",
       [](const Optimizer& o, const Moment& now, Memory&) { return -std::get<DeltaRule>(o).learning_rate * now.g; }},
      {"momentum",
       [](const Optimizer& o, const Moment& now, Memory& memory) {
         const auto& s = std::get<Momentum>(o);
         return memory.v = s.momentum * memory.v - s.learning_rate * now.g;
       }},
      {"nesterov",
       [](const Optimizer& o, const Moment& now, Memory& memory) {
         const auto& s = std::get<Nesterov>(o);
         memory.v = s.momentum * memory.v - s.learning_rate * now.g;
         return s.momentum * memory.v - s.learning_rate * now.g;
       }},
      {"adam",
       [](const Optimizer& o, const Moment& now, Memory& memory) {
         const auto& s = std::get<Adam>(o);
         return adam_change(s.learning_rate, s.beta1, s.beta2, s.epsilon, now, memory);
       }},
      {"adamw",
       [](const Optimizer& o, const Moment& now, Memory& memory) {
         const auto& s = std::get<AdamW>(o);
         const double decay = now.is_bias ? 0 : s.learning_rate * s.weight_decay * now.w;
         return adam_change(s.learning_rate, s.beta1, s.beta2, s.epsilon, now, memory) - decay;
       }},
      {"rmsprop",
       [](const Optimizer& o, const Moment& now, Memory& memory) {
         const auto& s = std::get<RMSProp>(o);
         memory.s = s.rho * memory.s + (1 - s.rho) * now.g * now.g;
         return -s.learning_rate * now.g / (std::sqrt(memory.s) + s.epsilon);
       }},
      {"adagrad",
       [](const Optimizer& o, const Moment& now, Memory& memory) {
         const auto& s = std::get<Adagrad>(o);
         memory.s += now.g * now.g;
         return -s.learning_rate * now.g / (std::sqrt(memory.s) + s.epsilon);
       }},
      {"adadelta", [](const Optimizer& o, const Moment& now,
                      Memory& memory) { return adadelta_change(std::get<Adadelta>(o), now, memory); }},
      {"lion", [](const Optimizer& o, const Moment& now,
                  Memory& memory) { return lion_change(std::get<Lion>(o), now, memory); }},
  };
}

/// By name of the registry.
inline const std::map<std::string, Recoded>& recoded() {
  static const std::map<std::string, Recoded> all = [] {
    std::map<std::string, Recoded> rules = first_order_rules();
    rules["rprop-"] = [](const Optimizer& o, const Moment& now, Memory& memory) {
      return rprop_change(std::get<RpropMinus>(o), now.g, memory, false, false);
    };
    rules["rprop+"] = [](const Optimizer& o, const Moment& now, Memory& memory) {
      return rprop_change(std::get<RpropPlus>(o), now.g, memory, true, true);
    };
    rules["irprop-"] = [](const Optimizer& o, const Moment& now, Memory& memory) {
      return rprop_change(std::get<IRpropMinus>(o), now.g, memory, true, false);
    };
    rules["irprop+"] = [](const Optimizer& o, const Moment& now, Memory& memory) {
      return rprop_change(std::get<IRpropPlus>(o), now.g, memory, true, now.E > now.E_before);
    };
    rules["quickprop"] = [](const Optimizer& o, const Moment& now, Memory& memory) {
      return quickprop_change(std::get<Quickprop>(o), now, memory);
    };
    return rules;
  }();
  return all;
}

}  // namespace deltarule::training::testing
