#include "explain/step/rule_parts.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "derivation/number.hpp"
#include "training/updates/adam.hpp"

namespace deltarule::explain {
namespace {

using derivation::sign;
using Parts = std::vector<RulePart>;

/// `scale` times the gradient, and times the slope of the penalty where there is one.
void add_gradient(Parts& parts, const WeightMoment& m, const std::string& scale, double factor) {
  parts.push_back({"gradient", scale + " · g", factor * m.gradient});
  if (m.l2_slope != 0) parts.push_back({"decay", scale + " · l2 · w", factor * m.l2_slope});
}

void add_decay(Parts& parts, const WeightMoment& m, double rate, double decay) {
  if (m.decays && decay != 0) parts.push_back({"decay", "-η · λ · w", -rate * decay * m.w});
}

Parts parts_of(const DeltaRule& rule, const WeightMoment& m) {
  Parts parts;
  add_gradient(parts, m, "-η", -rule.learning_rate);
  return parts;
}

Parts parts_of(const Momentum& rule, const WeightMoment& m) {
  Parts parts{{"momentum", "μ · v", rule.momentum * m.memory[0]}};
  add_gradient(parts, m, "-η", -rule.learning_rate);
  return parts;
}

Parts parts_of(const Nesterov& rule, const WeightMoment& m) {
  Parts parts{{"momentum", "μ² · v", rule.momentum * rule.momentum * m.memory[0]}};
  add_gradient(parts, m, "-(1 + μ) · η", -(1 + rule.momentum) * rule.learning_rate);
  return parts;
}

/// Adam, and AdamW without its decay.
template <class Settings>
Parts adam_parts(const Settings& rule, const WeightMoment& m) {
  const auto constants = training::adam_step<double>(rule, m.step);
  const double g = m.gradient + m.l2_slope;
  const double square = rule.beta2 * m.memory[1] + (1 - rule.beta2) * g * g;
  const double scale = constants.rate / (std::sqrt(square) * constants.inverse_root_correction + rule.epsilon);
  Parts parts{{"adaptive scale", "s = η / (1 - β1^n) / (√ŝ + ε)", scale, false},
              {"momentum", "-s · β1 · m", -scale * rule.beta1 * m.memory[0]}};
  add_gradient(parts, m, "-s · (1 - β1)", -scale * (1 - rule.beta1));
  return parts;
}

Parts parts_of(const Adam& rule, const WeightMoment& m) { return adam_parts(rule, m); }
Parts parts_of(const AdamW& rule, const WeightMoment& m) {
  Parts parts = adam_parts(rule, m);
  add_decay(parts, m, rule.learning_rate, rule.weight_decay);
  return parts;
}

Parts scaled_gradient(const WeightMoment& m, const std::string& formula, double scale) {
  Parts parts{{"adaptive scale", "s = " + formula, scale, false}};
  add_gradient(parts, m, "-s", -scale);
  return parts;
}

Parts parts_of(const RMSProp& rule, const WeightMoment& m) {
  const double g = m.gradient + m.l2_slope;
  const double square = rule.rho * m.memory[0] + (1 - rule.rho) * g * g;
  return scaled_gradient(m, "η / (√s + ε)", rule.learning_rate / (std::sqrt(square) + rule.epsilon));
}

Parts parts_of(const Adagrad& rule, const WeightMoment& m) {
  const double g = m.gradient + m.l2_slope;
  const double square = std::min(m.memory[0] + g * g, std::numeric_limits<double>::max());
  return scaled_gradient(m, "η / (√s + ε)", rule.learning_rate / (std::sqrt(square) + rule.epsilon));
}

Parts parts_of(const Adadelta& rule, const WeightMoment& m) {
  const double g = m.gradient + m.l2_slope;
  const double square = rule.rho * m.memory[0] + (1 - rule.rho) * g * g;
  return scaled_gradient(m, "η · √(d + ε) / √(s + ε)",
                         rule.learning_rate * std::sqrt(m.memory[1] + rule.epsilon) / std::sqrt(square + rule.epsilon));
}

Parts parts_of(const Lion& rule, const WeightMoment& m) {
  const double of_gradient = (1 - rule.beta1) * (m.gradient + m.l2_slope), of_momentum = rule.beta1 * m.memory[0];
  Parts parts{{"gradient in the sign", "(1 - β1) · g", of_gradient, false},
              {"momentum in the sign", "β1 · m", of_momentum, false},
              {"sign", "-η · sign(c)", -rule.learning_rate * sign(of_gradient + of_momentum)}};
  add_decay(parts, m, rule.learning_rate, rule.weight_decay);
  return parts;
}

enum class Turn { go_on, stay, go_back };
Turn turn_of(const RpropMinus&, bool) { return Turn::go_on; }
Turn turn_of(const RpropPlus&, bool) { return Turn::go_back; }
Turn turn_of(const IRpropMinus&, bool) { return Turn::stay; }
Turn turn_of(const IRpropPlus&, bool has_risen) { return has_risen ? Turn::go_back : Turn::stay; }

/// The Rprop family.
template <class Settings>
Parts rprop_parts(const Settings& rule, const WeightMoment& m) {
  const double now = sign(m.gradient + m.l2_slope), before = sign(m.memory[0]), size = m.memory[1];
  const bool turns = now * before < 0;
  const Turn turn = turn_of(rule, m.error_has_risen);
  if (turns && turn == Turn::go_back) return {{"taken back", "-Δw before", before * size}};
  if (turns && turn == Turn::stay) return {{"stays", "0, the slope having turned", 0.0}};
  double next = size;
  if (now * before > 0) next = std::min(size * rule.eta_plus, std::max(rule.delta_max, rule.delta_min));
  if (turns) next = std::max(size * rule.eta_minus, rule.delta_min);
  return {{"step size",
           turns              ? "η⁻ · Δ"
           : now * before > 0 ? "η⁺ · Δ"
                              : "Δ",
           next, false},
          {"sign of the gradient", "-sign(g) · Δ", -now * next}};
}
Parts parts_of(const RpropMinus& rule, const WeightMoment& m) { return rprop_parts(rule, m); }
Parts parts_of(const RpropPlus& rule, const WeightMoment& m) { return rprop_parts(rule, m); }
Parts parts_of(const IRpropMinus& rule, const WeightMoment& m) { return rprop_parts(rule, m); }
Parts parts_of(const IRpropPlus& rule, const WeightMoment& m) { return rprop_parts(rule, m); }

Parts parts_of(const Quickprop& rule, const WeightMoment& m) {
  const double decay = m.decays ? rule.weight_decay * m.w : 0.0;
  const double s = m.gradient + m.l2_slope + decay, before = m.memory[0], change = m.memory[1];
  const double bound = rule.mu / (1 + rule.mu) * before;
  Parts parts;
  if (change != 0) {
    const bool falling = change < 0;
    const bool parabola = falling ? s < bound : s > bound;
    parts.push_back(parabola ? RulePart{"parabola", "Δw before · s / (s before - s)", change * (s / (before - s))}
                             : RulePart{"momentum", "μ · Δw before, the longest step", rule.mu * change});
    if (falling ? s <= 0 : s >= 0) return parts;  // the gradient is in the parabola
  }
  add_gradient(parts, m, "-ε", -rule.learning_rate);
  if (decay != 0) parts.push_back({"decay", "-ε · λ · w", -rule.learning_rate * decay});
  return parts;
}

Parts parts_of(const ScaledConjugateGradient&, const WeightMoment&) { return {}; }
Parts parts_of(const LBFGS&, const WeightMoment&) { return {}; }
Parts parts_of(const LevenbergMarquardt&, const WeightMoment&) { return {}; }

}  // namespace

std::vector<RulePart> rule_parts(const Optimizer& rule, const WeightMoment& moment) {
  return std::visit([&](const auto& settings) { return parts_of(settings, moment); }, rule);
}

double change_of(const std::vector<RulePart>& parts) {
  double sum = 0;
  for (const RulePart& part : parts) sum += part.is_summand ? part.value : 0.0;
  return sum;
}

}  // namespace deltarule::explain
