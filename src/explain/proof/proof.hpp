// What a trace claims, against derivatives of the plain forward pass: line by line, and equation by equation over the
// whole network in the order of computation, so that a mistake is found where it was made and not where it first hurts.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "deltarule/explanation.hpp"
#include "explain/proof/probe.hpp"
#include "explain/trace/trace.hpp"

namespace deltarule::explain {

/// To so many digits two numbers agree: 0 … 17, the last for equal ones.
[[nodiscard]] double digits_of_agreement(double one, double other);

class Proof {
 public:
  explicit Proof(const Trace& trace);

  /// What speaks for the claim of an equation at a unit: (4), (5), (7) … (12); (1) at any; empty where nothing can, as
  /// at a corner.
  [[nodiscard]] std::vector<Evidence> at(int equation, Unit unit);
  /// The same at a weight: (2), (3), (4), (6).
  [[nodiscard]] std::vector<Evidence> at(int equation, const Link& link);

  /// Every equation at every unit and weight.
  [[nodiscard]] ExplainedProof of_everything();

 private:
  [[nodiscard]] std::vector<Evidence> judged(double claimed, const ProbedSlope& slope, double factor,
                                             double size) const;
  void count(const std::vector<Evidence>& evidence, int equation, const std::string& about,
             ExplainedProof& proof) const;
  void count_unit(int equation, Unit unit, ExplainedProof& proof);

  const Trace& trace_;
  Probe probe_;
  double largest_ = 1.0;  // of the deltas and slopes of the trace: what their rounding is measured by
};

/// Counts the evidence of the lines that are shown.
[[nodiscard]] ExplainedProof counted(const Explanation& explanation);

}  // namespace deltarule::explain
