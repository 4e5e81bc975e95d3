#include "explain/page/formula.hpp"

#include <algorithm>
#include <cmath>

namespace deltarule::explain {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

/// Calls `on_name` for each bound name and `on_text` for what is between.
template <class OnName, class OnText>
void walk(std::string_view formula, std::span<const Binding> bindings, const OnName& on_name, const OnText& on_text) {
  while (!formula.empty()) {
    const bool is_name = is_letter(formula.front());
    const auto end = std::find_if(formula.begin(), formula.end(), [&](char c) { return is_letter(c) != is_name; });
    const std::string_view part = formula.substr(0, static_cast<std::size_t>(end - formula.begin()));
    formula.remove_prefix(part.size());
    const auto bound = std::find_if(bindings.begin(), bindings.end(), [&](const Binding& b) { return b.name == part; });
    if (is_name && bound != bindings.end()) {
      on_name(*bound);
    } else {
      on_text(part);
    }
  }
}

}  // namespace

std::string with_symbols(std::string_view formula, std::span<const Binding> bindings) {
  std::string text;
  walk(
      formula, bindings, [&](const Binding& bound) { text += bound.symbol; },
      [&](std::string_view part) { text += part; });
  return text;
}

Filled with_numbers(std::string_view formula, std::span<const Binding> bindings) {
  Filled filled;
  walk(
      formula, bindings,
      [&](const Binding& bound) {
        filled.form += '#';
        filled.numbers.push_back(bound.number);
      },
      [&](std::string_view part) { filled.form += part; });
  return filled;
}

UnitFormulas formulas_of(const derivation::Activation& f, double I) {
  using Kind = base::ActivationKind;
  switch (f.kind) {
    case Kind::identity:
      return {"I", "1"};
    case Kind::sigmoid:
      return {"1 / (1 + exp(-I))", "a · (1 - a)"};
    case Kind::tanh:
      return {"tanh(I)", "1 - a²"};
    case Kind::scaled_tanh:
      return {"1.7159 · tanh(2/3 · I)", "1.7159 · 2/3 · (1 - tanh(2/3 · I)²)"};
    case Kind::relu:
      return I > 0 ? UnitFormulas{"I, being above 0", "1, I being above 0"}
                   : UnitFormulas{"0, I not being above 0", "0, I not being above 0"};
    case Kind::leaky_relu:
      return I > 0 ? UnitFormulas{"I, being above 0", "1, I being above 0"} : UnitFormulas{"p · I", "p"};
    case Kind::elu:
      return I > 0 ? UnitFormulas{"I, being above 0", "1, I being above 0"}
                   : UnitFormulas{"p · (exp(I) - 1)", "p · exp(I)"};
    case Kind::selu:
      return I > 0 ? UnitFormulas{"1.0507 · I", "1.0507, I being above 0"}
                   : UnitFormulas{"1.0507 · 1.67326 · (exp(I) - 1)", "1.0507 · 1.67326 · exp(I)"};
    case Kind::gelu:
      return {"I · Φ(I)", "Φ(I) + I · exp(-I² / 2) / √(2π)"};
    case Kind::swish:
      return {"I · s(I), s being the sigmoid", "s(I) · (1 + I · s(-I)), s being the sigmoid"};
    case Kind::softplus:
      return {"log(1 + exp(I))", "1 / (1 + exp(-I))"};
    case Kind::exp:
      return {"exp(I)", "a"};
    case Kind::softsign:
      return I < 0 ? UnitFormulas{"I / (1 - I)", "1 / (1 - I)²"} : UnitFormulas{"I / (1 + I)", "1 / (1 + I)²"};
    case Kind::gaussian:
      return {"exp(-I²)", "-2 · I · a"};
    case Kind::sin:
      return {"sin(I)", "cos(I)"};
    case Kind::hard_tanh:
      if (std::fabs(I) < 1) return {"I, being between -1 and 1", "1, I being between -1 and 1"};
      return I > 0 ? UnitFormulas{"1, where it is cut off", "0, where it is cut off"}
                   : UnitFormulas{"-1, where it is cut off", "0, where it is cut off"};
    case Kind::softmax:
      return {"exp(I - L)", "a · (1 - a)"};
    case Kind::custom:
      break;
  }
  return {"f(I)", "f′(I)"};
}

LossFormulas formulas_of(const derivation::Loss& loss, double a, double t) {
  using Kind = base::LossKind;
  const double d = t - a;
  switch (loss.kind) {
    case Kind::half_squared_error:
      return {"1/2 · (t - a)²", "-(t - a)", "(t - a) · d"};
    case Kind::mean_squared_error:
      return {"(t - a)² / n", "-2 / n · (t - a)", "2 / n · (t - a) · d"};
    case Kind::huber:
      if (std::fabs(d) <= loss.parameter) return {"1/2 · (t - a)²", "-(t - a)", "(t - a) · d"};
      return d > 0 ? LossFormulas{"p · (t - a - 1/2 · p)", "-p", "p · d"}
                   : LossFormulas{"p · (a - t - 1/2 · p)", "p", "-p · d"};
    case Kind::absolute_error:
      if (d == 0) return {"a - t", "0, where output and target agree", "0 · d"};
      return d > 0 ? LossFormulas{"t - a", "-1, the output being too low", "1 · d"}
                   : LossFormulas{"a - t", "1, the output being too high", "-1 · d"};
    case Kind::pinball:
      if (d == 0) return {"t - a", "0, where output and target agree", "0 · d"};
      return d > 0 ? LossFormulas{"p · (t - a)", "-p", "p · d"}
                   : LossFormulas{"(p - 1) · (t - a)", "1 - p", "-(1 - p) · d"};
    case Kind::binary_cross_entropy:
      return {"log(1 + exp(I)) - t · I", "(1 - t) / (1 - a) - t / a", "t - a"};
    case Kind::softmax_cross_entropy:
      return {"t · (L - I)", "-t / a", "t - a · T"};
    case Kind::poisson_deviance:
      if (t == 0) return {"a", "1 - t / a", "t - a"};
      return {"t · log(t / a) - (t - a)", "1 - t / a", "t - a"};
    case Kind::gamma_deviance:
      return {"(t - a) / a - log(t / a)", "(a - t) / a²", "(t - a) / a"};
    case Kind::output_sum:
      return {"a", "1", "-1 · d"};
    case Kind::custom:
      break;
  }
  return {"loss(a, t)", "slope(a, t)", "-s · d"};
}

}  // namespace deltarule::explain
