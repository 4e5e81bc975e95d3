#include "explain/page/lines.hpp"

#include <utility>

#include "derivation/loss_functions.hpp"
#include "explain/page/sum.hpp"

namespace deltarule::explain {
namespace {

using derivation::SoftmaxCrossEntropy;

/// A line's sum from numbers of its terms; `term(place)` makes those that are shown.
template <class Term>
ExplainedSum sum_of(std::span<const double> values, double value, std::size_t most, const Term& term) {
  const ShownTerms chosen = shown_terms(values, value, most);
  ExplainedSum sum;
  sum.more = chosen.more;
  sum.rest = chosen.rest;
  for (const std::size_t place : chosen.shown) {
    Summand one = term(place);
    one.value = values[place];
    one.place = place + 1;
    sum.shown.push_back(std::move(one));
  }
  return sum;
}

/// Minus a formula; of a deviation, the other way round.
std::string turned(std::string formula) {
  const std::size_t at = formula.starts_with("(t - a)") ? 1 : 0;
  if (formula.substr(at, 5) != "t - a" || (at == 0 && formula.size() > 5)) return "-(" + formula + ")";
  return formula.replace(at, 5, "a - t");
}

Summand summand(std::string_view formula, std::initializer_list<Binding> bindings, std::string name) {
  const std::span<const Binding> all(bindings.begin(), bindings.size());
  return {with_symbols(formula, all), with_numbers(formula, all), 0.0, 0, std::move(name)};
}

}  // namespace

ExplainedLine Lines::line(int equation, std::string about, std::string words, std::string left, double value) const {
  ExplainedLine made;
  made.equation = equation;
  made.about = std::move(about);
  made.words = std::move(words);
  made.left = std::move(left);
  made.value = value;
  return made;
}

ExplainedLine Lines::filled(ExplainedLine line, std::string_view formula,
                            std::initializer_list<Binding> bindings) const {
  const std::span<const Binding> all(bindings.begin(), bindings.size());
  line.right = with_symbols(formula, all);
  line.numbers = with_numbers(formula, all);
  return line;
}

std::string Lines::here(Unit unit) const { return address_of(trace_.subject(), unit); }

bool Lines::is_softmax(Unit unit) const {
  return trace_.subject().resolved.activations[unit.layer()].kind == base::ActivationKind::softmax;
}

bool Lines::is_normalised(Unit unit) const { return trace_.subject().graph.layers()[unit.layer()].is_normalised(); }

std::string Lines::seen(Unit unit) const { return is_normalised(unit) ? "y(" + here(unit) + ")" : symbols_.I(unit); }

std::string Lines::delta_seen(Unit unit) const {
  return is_normalised(unit) ? "δ_y(" + here(unit) + ")" : symbols_.delta(unit);
}

double Lines::sum_of_targets() const {
  double sum = 0;
  for (const double t : trace_.subject().t) sum += t;
  return sum;
}

double Lines::log_sum() const {
  const std::vector<double>& y = trace_.pass().layers.back().y;
  const double most = derivation::Softmax::largest<double>(y);
  return most + SoftmaxCrossEntropy::log_sum_above<double>(y, most);
}

// ---- forward ----

ExplainedLine Lines::net_input(Unit unit) const {
  std::vector<Link> links = feeding(trace_.subject(), unit);
  if (trace_.mistake() == Mistake::forgot_bias) std::erase_if(links, [](const Link& link) { return link.bias; });
  std::vector<double> terms;
  for (const Link& link : links) terms.push_back(trace_.w(link) * trace_.carried(link));
  ExplainedLine made =
      line(4, here(unit), "Unit " + here(unit) + " adds up what arrives: each activation times its weight.",
           symbols_.I(unit), trace_.I(unit));
  made.right = "Σ " + symbols_.letter_of_w() + " · " + symbols_.letter_of_a();
  made.sum = sum_of(terms, made.value, terms_, [&](std::size_t place) {
    const Link& link = links[place];
    if (link.bias) return summand("w · 1", {{"w", symbols_.w(link), trace_.w(link)}}, "the bias");
    return summand("w · a",
                   {{"w", symbols_.w(link), trace_.w(link)}, {"a", symbols_.a(link.from), trace_.a(link.from)}},
                   name_of(trace_.subject(), link.from));
  });
  return made;
}

ExplainedLine Lines::normalised(Unit unit) const {
  const base::Layer& layer = trace_.subject().graph.layers()[unit.layer()];
  const double gain = derivation::detail::gain_of<double>(layer, unit.index, trace_.subject().w);
  const double bias =
      derivation::detail::number_of_unit<double>(layer, base::ParameterKind::biases, unit.index, trace_.subject().w);
  const double normal = trace_.pass().layers[unit.layer()].normal[unit.index];
  return filled(line(0, here(unit),
                     "The layer is normalised: f sees a net input of mean 0 and variance 1, times a "
                     "gain, plus the bias.",
                     seen(unit), trace_.seen(unit)),
                "gain · N + bias",
                {{"gain", "gain", gain}, {"N", "Î(" + here(unit) + ")", normal}, {"bias", "bias", bias}});
}

ExplainedLine Lines::activation(Unit unit) const {
  const derivation::Activation& f = trace_.subject().resolved.activations[unit.layer()];
  const double I = trace_.seen(unit);
  return filled(
      line(0, here(unit), "Its activation function, " + f.name + ", makes of it what it passes on.", symbols_.a(unit),
           trace_.a(unit)),
      formulas_of(f, I).value,
      {{"I", seen(unit), I}, {"p", "p", f.parameter}, {"L", "log Σ exp(I)", is_softmax(unit) ? log_sum() : 0}});
}

// ---- the error ----

ExplainedLine Lines::error() const {
  const derivation::Loss& loss = trace_.subject().resolved.loss;
  const std::vector<double> shares = trace_.shares();
  const auto n = static_cast<double>(shares.size());
  const auto share = [&](std::size_t j) {
    const Unit unit{trace_.subject().graph.layers().size(), j};
    const double a = trace_.a(unit), t = trace_.subject().t[j], I = trace_.seen(unit);
    std::string_view formula = formulas_of(loss, a, t).share;
    if (trace_.mistake() == Mistake::missing_half) formula = "(t - a)²";
    const bool grouped = loss.kind == base::LossKind::softmax_cross_entropy;
    return summand(formula,
                   {{"a", symbols_.a(unit), a},
                    {"t", symbols_.t(unit), t},
                    {"I", seen(unit), I},
                    {"p", "p", loss.parameter},
                    {"n", "n", n},
                    {"L", "L", grouped ? log_sum() : 0}},
                   name_of(trace_.subject(), unit));
  };
  std::string words = "How far the outputs are from their targets (" + loss.name + ").";
  if (loss.kind == base::LossKind::softmax_cross_entropy) words += " L is the logarithm of the sum of all exp(I).";
  ExplainedLine made = line(1, "", std::move(words), symbols_.E(), trace_.E());
  if (shares.size() == 1 && trace_.mistake() == Mistake::none) {
    Summand only = share(0);
    made.right = std::move(only.symbols);
    made.numbers = std::move(only.numbers);
    return made;
  }
  made.right = "Σ over the outputs";
  made.sum = sum_of(shares, made.value, terms_, share);
  return made;
}

// ---- an output unit ----

ExplainedLine Lines::output_slope(Unit unit) const {
  const derivation::Loss& loss = trace_.subject().resolved.loss;
  const double a = trace_.a(unit), t = trace_.subject().t[unit.index];
  std::string formula(formulas_of(loss, a, t).slope);
  if (trace_.mistake() == Mistake::sign) formula = "-(" + formula + ")";
  return filled(line(9, here(unit),
                     "What the error does when the output " + here(unit) +
                         " rises: it has a target, so "
                         "(1) says it.",
                     symbols_.slope_by(symbols_.a(unit)), trace_.dE_da(unit)),
                formula,
                {{"a", symbols_.a(unit), a},
                 {"t", symbols_.t(unit), t},
                 {"p", "p", loss.parameter},
                 {"n", "n", static_cast<double>(trace_.subject().t.size())}});
}

ExplainedLine Lines::unit_slope(Unit unit) const {
  const derivation::Activation& f = trace_.subject().resolved.activations[unit.layer()];
  const bool wrong = trace_.mistake() == Mistake::derivative_of_output && !is_softmax(unit);
  // The mistake puts the activation where the net input belongs, so that f of it takes the activation's place.
  const double I = wrong ? trace_.a(unit) : trace_.seen(unit);
  const double a = wrong ? derivation::activate<double>(f, trace_.a(unit)) : trace_.a(unit);
  const std::string symbol_a = wrong ? "f(" + symbols_.a(unit) + ")" : symbols_.a(unit);
  std::string words = "How strongly " + here(unit) + " responds here: the slope of " + f.name + " at its net input.";
  if (is_softmax(unit)) words += " (Of its own net input; each output of a softmax follows those of the others, too.)";
  return filled(
      line(8, here(unit), std::move(words), symbols_.slope(symbols_.a(unit), seen(unit)), trace_.f_prime(unit)),
      formulas_of(f, I).derivative,
      {{"a", symbol_a, a}, {"I", wrong ? symbols_.a(unit) : seen(unit), I}, {"p", "p", f.parameter}});
}

ExplainedLine Lines::through(Unit unit) const {
  ExplainedLine made = line(7, here(unit),
                            std::string("The chain rule: ") + (symbols_.delta_is_slope() ? "" : "minus ") +
                                "(9) times (8). The net input reaches the error only through the "
                                "activation.",
                            delta_seen(unit), shown(trace_.delta_seen(unit)));
  const std::string slope = symbols_.slope_by(symbols_.a(unit));
  if (!is_softmax(unit)) {
    const bool forgets = trace_.mistake() == Mistake::no_derivative;
    const std::string_view formula =
        symbols_.delta_is_slope() ? (forgets ? "s" : "s · d") : (forgets ? "-s" : "-s · d");
    return filled(
        std::move(made), formula,
        {{"s", slope, trace_.dE_da(unit)}, {"d", symbols_.slope(symbols_.a(unit), seen(unit)), trace_.f_prime(unit)}});
  }
  const auto& last = trace_.pass().layers[unit.layer()];
  double mean = 0;
  for (std::size_t k = 0; k < last.a.size(); ++k) mean += last.dE_da[k] * last.a[k];
  made.words =
      "The chain rule with (9) and (8). A softmax output moves all the others, so their mean slope, each "
      "times its activation, is taken off first.";
  return filled(std::move(made), symbols_.delta_is_slope() ? "a · (s - m)" : "-a · (s - m)",
                {{"a", symbols_.a(unit), trace_.a(unit)},
                 {"s", slope, trace_.dE_da(unit)},
                 {"m", "Σ " + symbols_.slope_by(symbols_.letter_of_a()) + " · " + symbols_.letter_of_a(), mean}});
}

ExplainedLine Lines::output_delta(Unit unit) const {
  const derivation::Loss& loss = trace_.subject().resolved.loss;
  const bool cancels = derivation::is_from_net_inputs(loss);
  const double a = trace_.a(unit), t = trace_.subject().t[unit.index];
  if (is_softmax(unit) && !cancels) {
    ExplainedLine made = through(unit);
    made.equation = 10;
    made.words = "(7) with (8) and (9): the delta of the output " + here(unit) + ".";
    return made;
  }
  std::string words = cancels
                          ? "The delta of the output " + here(unit) +
                                ", (7) with (8) and (9). The slope of the loss and the slope of the unit cancel: what "
                                "is left is the deviation."
                          : "The delta of the output " + here(unit) +
                                ", (7) with (8) and (9): the deviation, times how much the unit can do about it.";
  std::string formula(formulas_of(loss, a, t).delta);
  if (trace_.mistake() == Mistake::no_derivative && !cancels) formula = formula.substr(0, formula.find(" · d"));
  if ((trace_.mistake() == Mistake::sign) != symbols_.delta_is_slope()) formula = turned(std::move(formula));
  return filled(line(10, here(unit), std::move(words), delta_seen(unit), shown(trace_.delta_seen(unit))), formula,
                {{"a", symbols_.a(unit), a},
                 {"t", symbols_.t(unit), t},
                 {"p", "p", loss.parameter},
                 {"d", symbols_.f_prime(unit), trace_.f_prime(unit)},
                 {"T", "Σ t", sum_of_targets()},
                 {"n", "n", static_cast<double>(trace_.subject().t.size())},
                 {"s", symbols_.slope_by(symbols_.a(unit)), trace_.dE_da(unit)}});
}

ExplainedLine Lines::delta_name(Unit unit) const {
  const double dE_dI = derivation::equation_5_dE_dI(trace_.delta(unit));
  const std::string slope = symbols_.slope_by(symbols_.I(unit));
  ExplainedLine made = line(5, here(unit), "", symbols_.delta(unit), shown(trace_.delta(unit)));
  if (symbols_.delta_is_slope()) {
    made.words = "What this number is: the slope of the error by the net input of " + here(unit) + ".";
    return filled(std::move(made), "s", {{"s", slope, dE_dI}});
  }
  made.words = std::string("What this number is: minus the slope of the error by the net input. ") +
               (trace_.delta(unit) > 0   ? "It is positive: more net input to "
                : trace_.delta(unit) < 0 ? "It is negative: less net input to "
                                         : "It is 0: neither more nor less net input to ") +
               here(unit) + " would lower the error.";
  return filled(std::move(made), "-s", {{"s", slope, dE_dI}});
}

// ---- a hidden unit ----

ExplainedLine Lines::hidden_slope(Unit unit) const {
  const std::vector<Link> links = fed_by(trace_.subject(), unit);
  std::vector<double> terms;
  for (const Link& link : links) terms.push_back(-(trace_.delta(link.to) * trace_.weight_in_11(link)));
  const std::string who = here(unit) + (unit.source == 0 ? ", an input," : "");
  ExplainedLine made =
      line(11, here(unit),
           "What the error does when the activation of " + who +
               " rises: it has no target, but each unit that it feeds passes its delta back, times the weight between.",
           symbols_.slope_by(symbols_.a(unit)), trace_.dE_da(unit));
  made.right = (symbols_.delta_is_slope() ? "Σ " : "-Σ ") + symbols_.letter_of_delta() + " · " + symbols_.letter_of_w();
  made.sum = sum_of(terms, made.value, terms_, [&](std::size_t place) {
    const Link& link = links[place];
    return summand(symbols_.delta_is_slope() ? "d · w" : "-d · w",
                   {{"d", symbols_.delta(link.to), shown(trace_.delta(link.to))},
                    {"w", symbols_.w(link), trace_.weight_in_11(link)}},
                   name_of(trace_.subject(), link.to));
  });
  return made;
}

ExplainedLine Lines::hidden_delta(Unit unit) const {
  double sum = 0;
  for (const Link& link : fed_by(trace_.subject(), unit)) sum += trace_.delta(link.to) * trace_.weight_in_12(link);
  const bool forgets = trace_.mistake() == Mistake::no_derivative;
  return filled(line(12, here(unit),
                     "The delta of the hidden unit " + here(unit) +
                         ", (7) with (8) and (11): what came back, times how strongly the unit responds.",
                     delta_seen(unit), shown(trace_.delta_seen(unit))),
                forgets ? "s" : "d · s",
                {{"d", symbols_.f_prime(unit), trace_.f_prime(unit)},
                 {"s", "Σ " + symbols_.letter_of_delta() + " · " + symbols_.letter_of_w(), shown(sum)}});
}

ExplainedLine Lines::denormalised(Unit unit) const {
  ExplainedLine made =
      line(0, here(unit),
           "Back through the normalisation of the layer, where every unit moves mean and variance: the "
           "delta of the net input. g is the gain times δ_y, the means are over the layer.",
           symbols_.delta(unit), shown(trace_.delta(unit)));
  made.right = "(g - mean(g) - Î · mean(g · Î)) / √(σ² + ε)";
  return made;
}

// ---- a weight ----

ExplainedLine Lines::carried(const Link& link) const {
  return filled(
      line(4, address_of(trace_.subject(), link), "One more unit of this weight brings in one more of what it carries.",
           symbols_.slope(symbols_.I(link.to), symbols_.w(link)), trace_.carried(link)),
      "a", {{"a", symbols_.carried(link), trace_.carried(link)}});
}

ExplainedLine Lines::weight_slope(const Link& link) const {
  const double dE_dI = derivation::equation_5_dE_dI(trace_.delta_of(link));
  return filled(line(3, address_of(trace_.subject(), link),
                     "The slope by the weight: it reaches the error only through the net input that it leads to.",
                     symbols_.slope_by(symbols_.w(link)), trace_.slope(link)),
                "s · d",
                {{"s", symbols_.slope_by(symbols_.I(link.to)), dE_dI},
                 {"d", symbols_.slope(symbols_.I(link.to), symbols_.w(link)), trace_.carried(link)}});
}

ExplainedLine Lines::aim(const Link& link) const {
  return filled(
      line(2, address_of(trace_.subject(), link), "The aim: the weight moves downhill, in proportion to the slope.",
           symbols_.change(link), derivation::equation_2_change(trace_.eta(), trace_.slope(link))),
      "-eta · s",
      {{"eta", symbols_.eta(), trace_.eta()}, {"s", symbols_.slope_by(symbols_.w(link)), trace_.slope(link)}});
}

ExplainedLine Lines::change(const Link& link) const {
  const bool wrong = trace_.mistake() == Mistake::wrong_index;
  return filled(
      line(6, address_of(trace_.subject(), link),
           "The delta rule, the same in one line: what is wanted at one end, times what came in at the "
           "other.",
           symbols_.change(link), trace_.change(link)),
      symbols_.delta_is_slope() ? "-eta · d · a" : "eta · d · a",
      {{"eta", symbols_.eta(), trace_.eta()},
       {"d", symbols_.delta(link.to), shown(trace_.delta_of(link))},
       {"a", wrong ? symbols_.a(link.to) : symbols_.carried(link), wrong ? trace_.a(link.to) : trace_.carried(link)}});
}

}  // namespace deltarule::explain
