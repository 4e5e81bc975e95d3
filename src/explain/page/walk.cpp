#include "explain/page/walk.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/text.hpp"
#include "explain/page/sum.hpp"

namespace deltarule::explain {
namespace {

using Unlinked = std::optional<Link>;

/// The weight with the steepest slope; of equals the first. `only_hidden`: from a hidden unit, where there is one. A
/// bias only where there is nothing else.
Unlinked steepest(const Trace& trace, Unit unit, bool only_hidden) {
  std::vector<Link> links = feeding(trace.subject(), unit);
  if (only_hidden) std::erase_if(links, [](const Link& link) { return link.bias || link.from.source == 0; });
  if (links.size() > 1) std::erase_if(links, [](const Link& link) { return link.bias; });
  const auto flatter = [&](const Link& one, const Link& other) {
    return std::fabs(trace.slope(one)) < std::fabs(trace.slope(other));
  };
  const auto best = std::max_element(links.begin(), links.end(), flatter);
  return best == links.end() ? std::nullopt : Unlinked(*best);
}

Unit worst_output(const Trace& trace) {
  const std::vector<double> shares = trace.shares();
  const auto worst = std::max_element(shares.begin(), shares.end(),
                                      [](double one, double other) { return std::fabs(one) < std::fabs(other); });
  return {trace.subject().graph.layers().size(), static_cast<std::size_t>(worst - shares.begin())};
}

/// A weight, and the unit that it leads to.
Focus around(const Trace& trace, Focus focus, const Link& link) {
  if (!is_output(trace.subject(), link.to)) {
    focus.hidden = link.to;
    focus.hidden_weight = link;
    return focus;
  }
  focus.output = link.to;
  focus.output_weight = link;
  if (!link.bias && link.from.source > 0) focus.hidden = link.from;
  return focus;
}

std::vector<Link> largest_changes(const Trace& trace, Unit unit, std::size_t most) {
  std::vector<Link> links = feeding(trace.subject(), unit);
  std::sort(links.begin(), links.end(), [&](const Link& one, const Link& other) {
    const double change = std::fabs(trace.change(one)), other_change = std::fabs(trace.change(other));
    return change != other_change ? change > other_change : one.position < other.position;
  });
  links.resize(std::min(links.size(), most));
  return links;
}

class Walk {
 public:
  Walk(const Trace& trace, const Focus& focus, const ExplainOptions& options, Proof* proof)
      : trace_(trace),
        focus_(focus),
        options_(options),
        lines_(trace, options.notation, options.terms),
        proof_(proof) {}

  std::vector<ExplainedSection> sections() {
    forward();
    begin("The error", {});
    add(lines_.error(), Unit{});
    output();
    if (focus_.output_weight) weight(*focus_.output_weight);
    if (focus_.hidden) hidden();
    if (focus_.hidden_weight) weight(*focus_.hidden_weight);
    if (focus_.all_weights) all_weights();
    if (focus_.input) input();
    return std::move(sections_);
  }

 private:
  void begin(std::string title, std::vector<std::string> words) {
    sections_.push_back({std::move(title), std::move(words), {}});
  }
  template <class Where>
  void add(ExplainedLine line, const Where& where) {
    if (proof_ != nullptr) line.evidence = proof_->at(line.equation, where);
    // δ is printed with the sign of the notation.
    const bool is_delta = line.equation == 5 || line.equation == 7 || line.equation == 10 || line.equation == 12;
    for (Evidence& one : line.evidence)
      if (is_delta) one.value *= lines_.symbols().delta_sign();
    sections_.back().lines.push_back(std::move(line));
  }
  [[nodiscard]] std::string name(Unit unit) const {
    const std::string own = name_of(trace_.subject(), unit);
    return address_of(trace_.subject(), unit) + (own.empty() ? "" : " (" + own + ")");
  }
  [[nodiscard]] bool is_normalised(Unit unit) const {
    return trace_.subject().graph.layers()[unit.layer()].is_normalised();
  }

  void forward() {
    begin(
        "Forward: what the network does with the pattern",
        {"One pattern goes forward through the network, its error goes back, and each weight changes by what it had "
         "to do with the error. Read from top to bottom: what is put in has stood above, or belongs to another unit.",
         "Signals go from the inputs to the outputs, layer by layer. Here are the units on the way that is looked at; "
         "the others do the same."});
    if (focus_.hidden) forward(*focus_.hidden);
    forward(focus_.output);
  }
  void forward(Unit unit) {
    add(lines_.net_input(unit), unit);
    if (is_normalised(unit)) add(lines_.normalised(unit), unit);
    add(lines_.activation(unit), unit);
  }

  void output() {
    begin("Back: the output unit " + name(focus_.output),
          {"Now the other way: what would the error do if one number were a little larger? It begins at the output, "
           "where the error is."});
    add(lines_.output_slope(focus_.output), focus_.output);
    add(lines_.unit_slope(focus_.output), focus_.output);
    add(lines_.through(focus_.output), focus_.output);
    add(lines_.output_delta(focus_.output), focus_.output);
    if (is_normalised(focus_.output)) add(lines_.denormalised(focus_.output), focus_.output);
    add(lines_.delta_name(focus_.output), focus_.output);
  }

  void hidden() {
    const Unit unit = *focus_.hidden;
    std::vector<std::string> words = {
        "A hidden unit has no target of its own. The errors are propagated back to it through the units that it "
        "feeds."};
    if (unit.source + 1 < trace_.subject().graph.layers().size())
      words.push_back("The deltas of the units above were found in the same way, layer by layer from the output down.");
    begin("Further back: the hidden unit " + name(unit), std::move(words));
    add(lines_.hidden_slope(unit), unit);
    add(lines_.unit_slope(unit), unit);
    add(lines_.hidden_delta(unit), unit);
    if (is_normalised(unit)) add(lines_.denormalised(unit), unit);
    add(lines_.delta_name(unit), unit);
  }

  void input() {
    begin("The input " + name(*focus_.input),
          {"An input has no net input and no delta. What the error would do if its value rose is (11) once more."});
    add(lines_.hidden_slope(*focus_.input), *focus_.input);
  }

  void weight(const Link& link) {
    const Subject& subject = trace_.subject();
    const std::string from = link.bias ? "the unit that is always 1" : name(link.from);
    std::vector<std::string> words;
    if (!is_trained(subject, link))
      words.push_back("Biases of this layer are not trained: the change is what it would be.");
    begin("The weight " + address_of(subject, link) + ": from " + from + " to " + name(link.to), std::move(words));
    add(lines_.carried(link), link);
    add(lines_.weight_slope(link), link);
    add(lines_.aim(link), link);
    add(lines_.change(link), link);
  }

  void all_weights() {
    const std::size_t all = feeding(trace_.subject(), *focus_.all_weights).size();
    begin("All weights into " + name(*focus_.all_weights), {"By (6), the largest change first."});
    const std::vector<Link> links = largest_changes(trace_, *focus_.all_weights, options_.terms);
    if (all > links.size())
      sections_.back().words.push_back(std::to_string(all - links.size()) +
                                       " more weights, whose changes are smaller, are not shown.");
    for (const Link& link : links) {
      add(lines_.change(link), link);
      sections_.back().lines.back().words.clear();
    }
  }

  const Trace& trace_;
  const Focus& focus_;
  const ExplainOptions& options_;
  Lines lines_;
  Proof* proof_;
  std::vector<ExplainedSection> sections_;
};

/// "x1 = 0.5 (width), x2 = …" of the units of one source.
Filled listed(const Trace& trace, std::string begin, std::size_t source, bool targets, std::size_t most) {
  const Subject& subject = trace.subject();
  Filled line{std::move(begin), {}};
  const std::size_t units = subject.graph.units_of(source);
  for (std::size_t i = 0; i < std::min(units, most); ++i) {
    const Unit unit{source, i};
    const std::string name = name_of(subject, unit), address = address_of(subject, unit);
    line.form += (i == 0 ? "" : ", ") + (targets ? "t(" + address + ")" : address) + " = #";
    if (!name.empty() && name.find('#') == std::string::npos && name != address) line.form += " (" + name + ")";
    line.numbers.push_back(targets ? subject.t[i] : subject.x[i]);
  }
  if (units > most) line.form += " and " + std::to_string(units - most) + " more";
  line.form += ".";
  return line;
}

std::string layer_in_words(const Subject& subject, std::size_t l) {
  const base::Layer& layer = subject.graph.layers()[l];
  const Unit first{l + 1, 0}, last{l + 1, layer.units - 1};
  std::string text = base::counted(layer.units, subject.resolved.activations[l].name + " unit");
  text += " " + address_of(subject, first);
  if (layer.units > 1) text += (layer.units > 2 ? " to " : " and ") + address_of(subject, last);
  return text;
}

}  // namespace

Result<Focus> choose_focus(const Trace& trace, const ExplainOptions& options) {
  const Subject& subject = trace.subject();
  Focus focus;
  focus.output = worst_output(trace);
  if (!options.weight.empty()) {
    const auto link = find_link(subject, options.weight);
    if (!link) return link.error();
    return around(trace, focus, *link);
  }
  if (!options.unit.empty()) {
    const auto unit = find_unit(subject, options.unit);
    if (!unit) return unit.error();
    if (unit->source == 0) {
      focus.input = *unit;
      return focus;
    }
    if (const auto link = steepest(trace, *unit, false)) focus = around(trace, focus, *link);
    if (is_output(subject, *unit)) focus.output = *unit, focus.hidden.reset();
    if (!is_output(subject, *unit)) focus.hidden = *unit;
    focus.all_weights = *unit;
    return focus;
  }
  focus.output_weight = steepest(trace, focus.output, true);
  if (!focus.output_weight) focus.output_weight = steepest(trace, focus.output, false);
  if (focus.output_weight) focus = around(trace, focus, *focus.output_weight);
  if (focus.hidden) focus.hidden_weight = steepest(trace, *focus.hidden, false);
  return focus;
}

std::vector<ExplainedSection> walk(const Trace& trace, const Focus& focus, const ExplainOptions& options,
                                   Proof* proof) {
  return Walk(trace, focus, options, proof).sections();
}

std::vector<Link> links_of(const Trace& trace, const Focus& focus, const ExplainOptions& options) {
  if (focus.all_weights) return largest_changes(trace, *focus.all_weights, options.terms);
  std::vector<Link> links;
  if (focus.output_weight) links.push_back(*focus.output_weight);
  if (focus.hidden_weight) links.push_back(*focus.hidden_weight);
  return links;
}

std::vector<Filled> setting_of(const Trace& trace, const ExplainOptions& options) {
  const Subject& subject = trace.subject();
  const std::size_t layers = subject.graph.layers().size();
  std::string network = "Network: " + base::counted(subject.graph.inputs(), "input");
  for (std::size_t l = 0; l < layers; ++l) network += ", " + layer_in_words(subject, l);
  const Symbols symbols(subject, options.notation);
  Filled loss{"Loss: " + subject.resolved.loss.name + ". Learning rate: " + symbols.eta() + " = #.", {trace.eta()}};
  return {{network + ".", {}},
          std::move(loss),
          listed(trace, "Inputs: ", 0, false, options.terms),
          listed(trace, "Targets: ", layers, true, options.terms)};
}

std::vector<std::string> closing_of(const Trace& trace, const Focus& focus, const ExplainOptions& options) {
  const Subject& subject = trace.subject();
  std::vector<std::string> closing;
  if (options.unit.empty() && options.weight.empty())
    closing.push_back("Shown are the output with the largest error and the weights with the steepest slopes.");
  closing.push_back("Every other weight changes in the same way by (6), all of them from the weights as they were.");
  const Unit other = focus.hidden ? *focus.hidden : focus.output;
  const std::vector<Link> links = feeding(subject, other);
  std::string how = "To look at others: --unit " + address_of(subject, other);
  if (!links.empty()) how += ", --weight " + address_of(subject, links.front());
  closing.push_back(how + ", --pattern N.");
  if (!options.step) closing.push_back("--step makes the step itself and shows what becomes of the error.");
  if (!options.check) closing.push_back("--check proves each line against the plain forward pass.");
  return closing;
}

}  // namespace deltarule::explain
