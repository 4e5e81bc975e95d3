// Formulas as short texts with names in them, "-eta · slope": put in symbols for the names and it is the line that one
// reads, put in numbers and it is the line that one reckons. The formulas of activations and losses are here, too, as
// docs/derivation.md has them.
#pragma once

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "deltarule/explanation.hpp"
#include "derivation/registry.hpp"

namespace deltarule::explain {

/// What stands for a name of a formula.
struct Binding {
  std::string_view name;  // "eta"; letters and '_' only
  std::string symbol;
  double number = 0.0;
};

/// Names without a binding (exp, log, Σ …) stay as they are.
[[nodiscard]] std::string with_symbols(std::string_view formula, std::span<const Binding> bindings);
[[nodiscard]] Filled with_numbers(std::string_view formula, std::span<const Binding> bindings);

/// Names in the formulas below: I, a, t, p (the parameter), n (outputs), T (sum of the targets), L (log Σ exp I).
struct UnitFormulas {
  std::string_view value, derivative;
};
/// At this net input, for functions in pieces. A registered one has "f(I)" and "f′(I)".
[[nodiscard]] UnitFormulas formulas_of(const derivation::Activation& f, double I);

struct LossFormulas {
  std::string_view share;  // of one output
  std::string_view slope;  // (9)
  std::string_view delta;  // (10) as minus the slope; uses d, f′ of the unit, where it does not cancel
};
[[nodiscard]] LossFormulas formulas_of(const derivation::Loss& loss, double a, double t);

}  // namespace deltarule::explain
