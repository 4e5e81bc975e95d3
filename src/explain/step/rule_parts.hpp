// What a rule makes of a slope, part by part: how much of a weight's change is the gradient's, how much the momentum's,
// how much the decay's, and by what they were scaled. From the formulas of deltarule/rules.hpp, in double, apart from
// the kernels that make the step.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "deltarule/rules.hpp"

namespace deltarule::explain {

/// One weight as its rule meets it.
struct WeightMoment {
  double w = 0.0;
  double gradient = 0.0;            // ∂E/∂w
  double l2_slope = 0.0;            // of the penalty: l2 w
  bool decays = true;               // false for biases
  std::vector<double> memory = {};  // of the rule before the step, in the order of its state arrays
  std::uint64_t step = 1;           // counting from 1
  bool error_has_risen = false;     // since the step before, for iRprop+
};

struct RulePart {
  std::string name = {};     // "gradient", "momentum", "decay", "adaptive scale" …
  std::string formula = {};  // in the letters of rules.hpp, g being the gradient
  double value = 0.0;
  bool is_summand = true;  // false: it is in the summands already, and shown beside them
};

/// The parts; the summands add up to Δw, in their order. Empty for rules that move all weights together: no part of
/// such a step belongs to one weight.
[[nodiscard]] std::vector<RulePart> rule_parts(const Optimizer& rule, const WeightMoment& moment);

/// The summands' sum, from 0 in their order.
[[nodiscard]] double change_of(const std::vector<RulePart>& parts);

}  // namespace deltarule::explain
