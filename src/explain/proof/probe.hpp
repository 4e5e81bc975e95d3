// Derivatives of E that know nothing of equations (5) to (12): the plain forward pass is run again with one number
// changed, by a complex step, which has no truncation error, and by a little up and down. Holds the pass; judges
// nothing (proof.hpp).
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "derivation/reference.hpp"
#include "explain/trace/subject.hpp"

namespace deltarule::explain {

/// Nothing where there is no such number: at a corner of f or of the loss; for registered functions, which are of real
/// numbers only, the complex step.
struct ProbedSlope {
  std::optional<double> complex_step, central;
};

class Probe {
 public:
  /// The subject must outlive the probe and stay as it is.
  explicit Probe(const Subject& subject);

  [[nodiscard]] ProbedSlope E_by_weight(const Link& link);
  [[nodiscard]] ProbedSlope E_by_net_input(Unit unit) {
    return E_by({Change::Of::net_input, unit, 0}, kStep * width_of(unit));
  }
  [[nodiscard]] ProbedSlope E_by_seen(Unit unit) { return E_by({Change::Of::seen, unit, 0}); }
  [[nodiscard]] ProbedSlope E_by_activation(Unit unit) { return E_by({Change::Of::activation, unit, 0}); }
  /// (8): a by what f sees.
  [[nodiscard]] ProbedSlope a_by_seen(Unit unit);
  /// (4), its consequence: I by a weight.
  [[nodiscard]] ProbedSlope I_by_weight(const Link& link);

  /// (4) and (1) once more, in long double.
  [[nodiscard]] double net_input(Unit unit);
  [[nodiscard]] double E();

 private:
  struct Change {
    enum class Of { weight, net_input, seen, activation } of;
    Unit unit;             // that receives, or has the number
    std::size_t position;  // of a weight
  };

  [[nodiscard]] ProbedSlope E_by(const Change& change, double step = kStep);
  /// What a net input is divided by in a normalised layer, where less than 1: the scale on which E bends.
  [[nodiscard]] double width_of(Unit unit) const;
  template <class T>
  [[nodiscard]] derivation::ReferencePass<T> changed(std::vector<T>& w, const Change& change, T amount) const;
  template <class T>
  [[nodiscard]] T error_of(const derivation::ReferencePass<T>& pass, const Change& change) const;
  [[nodiscard]] bool crosses_corner(const derivation::ReferencePass<double>& low,
                                    const derivation::ReferencePass<double>& high) const;
  [[nodiscard]] bool is_at_corner(const derivation::ReferencePass<derivation::Complex>& pass) const;
  const derivation::ReferencePass<long double>& second_opinion();

  static constexpr double kStep = 5e-6;           // truncation h² and rounding ε/h both far below 1e-7
  static constexpr double kComplexStep = 1e-100;  // its square vanishes beside any number

  const Subject& subject_;
  derivation::ReferencePass<double> pass_;
  std::vector<double> w_;                       // changed and put back
  std::vector<derivation::Complex> complex_w_;  // filled when it is first needed
  std::optional<derivation::ReferencePass<long double>> second_;
};

}  // namespace deltarule::explain
