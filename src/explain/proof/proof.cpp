#include "explain/proof/proof.hpp"

#include <algorithm>
#include <cmath>

namespace deltarule::explain {
namespace {

constexpr double kComplexTolerance = 1e-12;  // rounding alone: 4500 ε
constexpr double kCentralTolerance = 1e-7;
constexpr double kValueTolerance = 1e-12;

Evidence evidence(std::string by, double claimed, double value, double tolerance) {
  return {std::move(by), value, digits_of_agreement(claimed, value), std::fabs(claimed - value) <= tolerance};
}

}  // namespace

double digits_of_agreement(double one, double other) {
  constexpr double kAll = 17.0;
  if (one == other) return kAll;
  const double digits = -std::log10(std::fabs(one - other) / std::max(std::fabs(one), std::fabs(other)));
  return std::isfinite(digits) ? std::clamp(digits, 0.0, kAll - 1) : 0.0;
}

Proof::Proof(const Trace& trace) : trace_(trace), probe_(trace.subject()) {
  for (const auto& layer : trace.pass().layers)
    for (const auto* numbers : {&layer.dE_da, &layer.delta})
      for (const double one : *numbers)
        if (std::isfinite(one)) largest_ = std::max(largest_, std::fabs(one));
}

/// claimed = factor times the slope. size: of the numbers that it is made of.
std::vector<Evidence> Proof::judged(double claimed, const ProbedSlope& slope, double factor, double size) const {
  std::vector<Evidence> all;
  const double scale = std::fabs(factor) * std::max({1.0, size, std::fabs(claimed)});
  if (slope.complex_step)
    all.push_back(evidence("complex step", claimed, factor * *slope.complex_step, kComplexTolerance * scale));
  if (slope.central)
    all.push_back(evidence("central difference", claimed, factor * *slope.central,
                           kCentralTolerance * std::max(scale, std::fabs(factor * trace_.E()))));
  return all;
}

std::vector<Evidence> Proof::at(int equation, Unit unit) {
  switch (equation) {
    case 1:
      return {
          evidence("in long double", trace_.E(), probe_.E(), kValueTolerance * std::max(1.0, std::fabs(trace_.E())))};
    case 4: {
      double size = 1.0;
      for (const Link& link : feeding(trace_.subject(), unit)) size += std::fabs(trace_.w(link) * trace_.carried(link));
      return {evidence("in long double", trace_.I(unit), probe_.net_input(unit), kValueTolerance * size)};
    }
    case 5:
      return judged(trace_.delta(unit), probe_.E_by_net_input(unit), -1.0, largest_);
    case 7:
    case 10:
    case 12:
      return judged(trace_.delta_seen(unit), probe_.E_by_seen(unit), -1.0, largest_);
    case 8:
      return judged(trace_.f_prime(unit), probe_.a_by_seen(unit), 1.0, 1.0);
    case 9:
    case 11:
      if (!std::isfinite(trace_.dE_da(unit))) return {};
      return judged(trace_.dE_da(unit), probe_.E_by_activation(unit), 1.0, largest_);
    default:
      return {};
  }
}

std::vector<Evidence> Proof::at(int equation, const Link& link) {
  const double size = largest_ * std::max(1.0, std::fabs(trace_.carried(link)));
  switch (equation) {
    case 2:
      return judged(derivation::equation_2_change(trace_.eta(), trace_.slope(link)), probe_.E_by_weight(link),
                    -trace_.eta(), size);
    case 3:
      return judged(trace_.slope(link), probe_.E_by_weight(link), 1.0, size);
    case 4:
      return judged(trace_.carried(link), probe_.I_by_weight(link), 1.0, std::fabs(trace_.carried(link)));
    case 6:
      return judged(trace_.change(link), probe_.E_by_weight(link), -trace_.eta(), size);
    default:
      return {};
  }
}

void Proof::count(const std::vector<Evidence>& evidence, int equation, const std::string& about,
                  ExplainedProof& proof) const {
  for (const Evidence& one : evidence) {
    ++proof.compared;
    if (one.agrees) continue;
    ++proof.failed;
    if (proof.first_failed != 0) continue;
    proof.first_failed = equation;
    proof.first_about = about;
  }
}

void Proof::count_unit(int equation, Unit unit, ExplainedProof& proof) {
  count(at(equation, unit), equation, address_of(trace_.subject(), unit), proof);
}

ExplainedProof Proof::of_everything() {
  ExplainedProof proof;
  const auto& layers = trace_.subject().graph.layers();
  const auto each = [&](std::size_t l, std::initializer_list<int> equations) {
    for (const int equation : equations)
      for (std::size_t j = 0; j < layers[l].units; ++j) count_unit(equation, {l + 1, j}, proof);
  };
  for (std::size_t l = 0; l < layers.size(); ++l) each(l, {4, 8});
  count(at(1, Unit{}), 1, "", proof);
  each(layers.size() - 1, {9, 10, 7, 5});
  for (std::size_t l = layers.size() - 1; l-- > 0;) each(l, {11, 12, 7, 5});
  for (std::size_t i = 0; i < trace_.subject().graph.inputs(); ++i) count_unit(11, {0, i}, proof);
  for (const int equation : {4, 3, 2, 6})
    for (std::size_t l = 0; l < layers.size(); ++l)
      for (std::size_t j = 0; j < layers[l].units; ++j)
        for (const Link& link : feeding(trace_.subject(), {l + 1, j}))
          count(at(equation, link), equation, address_of(trace_.subject(), link), proof);
  return proof;
}

ExplainedProof counted(const Explanation& explanation) {
  ExplainedProof proof;
  for (const ExplainedSection& section : explanation.sections)
    for (const ExplainedLine& line : section.lines)
      for (const Evidence& one : line.evidence) {
        ++proof.compared;
        if (one.agrees) continue;
        ++proof.failed;
        if (proof.first_failed != 0) continue;
        proof.first_failed = line.equation;
        proof.first_about = line.about;
      }
  return proof;
}

}  // namespace deltarule::explain
