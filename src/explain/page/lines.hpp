// The twelve equations as lines of an explanation, each at one unit or weight of a trace: words, symbols, numbers put
// in, value. Which lines are shown, and in which order, is walk.hpp's.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>

#include "deltarule/explanation.hpp"
#include "explain/page/formula.hpp"
#include "explain/page/notation.hpp"
#include "explain/trace/trace.hpp"

namespace deltarule::explain {

class Lines {
 public:
  /// `terms`: of a sum, that are shown.
  Lines(const Trace& trace, Notation notation, std::size_t terms)
      : trace_(trace), symbols_(trace.subject(), notation), terms_(terms) {}

  [[nodiscard]] const Symbols& symbols() const { return symbols_; }

  [[nodiscard]] ExplainedLine error() const;                         // (1)
  [[nodiscard]] ExplainedLine aim(const Link& link) const;           // (2)
  [[nodiscard]] ExplainedLine weight_slope(const Link& link) const;  // (3)
  [[nodiscard]] ExplainedLine net_input(Unit unit) const;            // (4)
  [[nodiscard]] ExplainedLine carried(const Link& link) const;       // (4), its consequence
  [[nodiscard]] ExplainedLine activation(Unit unit) const;           // a = f(I)
  [[nodiscard]] ExplainedLine delta_name(Unit unit) const;           // (5)
  [[nodiscard]] ExplainedLine change(const Link& link) const;        // (6)
  [[nodiscard]] ExplainedLine through(Unit unit) const;              // (7)
  [[nodiscard]] ExplainedLine unit_slope(Unit unit) const;           // (8)
  [[nodiscard]] ExplainedLine output_slope(Unit unit) const;         // (9)
  [[nodiscard]] ExplainedLine output_delta(Unit unit) const;         // (10)
  [[nodiscard]] ExplainedLine hidden_slope(Unit unit) const;         // (11), of inputs, too
  [[nodiscard]] ExplainedLine hidden_delta(Unit unit) const;         // (12)
  [[nodiscard]] ExplainedLine normalised(Unit unit) const;           // from I to what f sees
  [[nodiscard]] ExplainedLine denormalised(Unit unit) const;         // and back

 private:
  [[nodiscard]] ExplainedLine line(int equation, std::string about, std::string words, std::string left,
                                   double value) const;
  [[nodiscard]] ExplainedLine filled(ExplainedLine line, std::string_view formula,
                                     std::initializer_list<Binding> bindings) const;
  [[nodiscard]] std::string here(Unit unit) const;
  /// δ as it is printed: with the notation's sign.
  [[nodiscard]] double shown(double delta) const { return symbols_.delta_sign() * delta; }
  [[nodiscard]] double sum_of_targets() const;
  [[nodiscard]] double log_sum() const;
  [[nodiscard]] bool is_softmax(Unit unit) const;
  [[nodiscard]] bool is_normalised(Unit unit) const;
  [[nodiscard]] std::string seen(Unit unit) const;
  [[nodiscard]] std::string delta_seen(Unit unit) const;

  const Trace& trace_;
  Symbols symbols_;
  std::size_t terms_;
};

}  // namespace deltarule::explain
