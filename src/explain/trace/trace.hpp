// The trace of one pattern: every number that the twelve equations name, by the derivation in double, or by the
// derivation with one classic mistake in it. Wraps the reference pass; proves nothing (proof.hpp).
#pragma once

#include <cstddef>
#include <vector>

#include "deltarule/error.hpp"
#include "deltarule/explanation.hpp"
#include "derivation/reference.hpp"
#include "explain/trace/subject.hpp"

namespace deltarule::explain {

class Trace {
 public:
  /// eta: the rate of (2) and (6). The subject must outlive the trace.
  Trace(const Subject& subject, double eta, Mistake mistake = Mistake::none);

  [[nodiscard]] const Subject& subject() const { return *subject_; }
  [[nodiscard]] double eta() const { return eta_; }
  [[nodiscard]] Mistake mistake() const { return mistake_; }
  [[nodiscard]] const derivation::ReferencePass<double>& pass() const { return pass_; }

  [[nodiscard]] double E() const { return pass_.E; }  // (1)
  [[nodiscard]] double a(Unit unit) const { return pass_.activations(unit.source)[unit.index]; }
  [[nodiscard]] double I(Unit unit) const { return layer(unit).I[unit.index]; }              // (4)
  [[nodiscard]] double seen(Unit unit) const { return layer(unit).y[unit.index]; }           // what f sees
  [[nodiscard]] double f_prime(Unit unit) const { return layer(unit).f_prime[unit.index]; }  // (8)
  /// (9) or (11); of an input, too.
  [[nodiscard]] double dE_da(Unit unit) const {
    return unit.source == 0 ? pass_.dE_dx[unit.index] : layer(unit).dE_da[unit.index];
  }
  [[nodiscard]] double delta(Unit unit) const { return layer(unit).delta[unit.index]; }         // −∂E/∂I
  [[nodiscard]] double delta_seen(Unit unit) const { return layer(unit).delta_y[unit.index]; }  // (10), (12)
  /// The delta that a weight's slope is made of: −∂E/∂I; of a bias −∂E/∂y.
  [[nodiscard]] double delta_of(const Link& link) const { return link.bias ? delta_seen(link.to) : delta(link.to); }
  /// What a weight carries, 1 for a bias.
  [[nodiscard]] double carried(const Link& link) const { return link.bias ? 1.0 : a(link.from); }
  [[nodiscard]] double w(const Link& link) const { return subject_->w[link.position]; }
  [[nodiscard]] double slope(const Link& link) const { return pass_.slopes[link.position]; }  // (3)
  [[nodiscard]] double change(const Link& link) const;                                        // (6)

  /// The weight that (11) and (12) read for a connection: its own, unless by mistake.
  [[nodiscard]] double weight_in_11(const Link& link) const;
  [[nodiscard]] double weight_in_12(const Link& link) const;
  /// Each output's share of E, in the order in which they are added.
  [[nodiscard]] std::vector<double> shares() const;
  /// The weights after (6), biases that are not trained left alone.
  [[nodiscard]] std::vector<double> changed_weights() const;

 private:
  [[nodiscard]] const derivation::ReferenceLayer<double>& layer(Unit unit) const { return pass_.layers[unit.layer()]; }
  void go_forward();
  void go_back();
  void output_deltas();
  void hidden_deltas(std::size_t l);

  const Subject* subject_;
  double eta_;
  Mistake mistake_;
  derivation::ReferencePass<double> pass_;
};

/// Spec error for a mistake that cannot be made here: no ½ in the loss, normalised layers.
Result<void> check_mistake(const Subject& subject, Mistake mistake);
/// "updated-weights"; what is done wrong, in words; the equation that it breaks first (0 for none).
struct MistakeInWords {
  Mistake mistake;
  std::string_view name, words;
};
[[nodiscard]] std::span<const MistakeInWords> mistakes();
[[nodiscard]] const MistakeInWords& words_of(Mistake mistake);
/// The equation that the proof must name first. no_derivative: (10), or (12) where (10) has no f′ to forget.
[[nodiscard]] int broken_equation(const Subject& subject, Mistake mistake);

/// False for a bias that training leaves alone.
[[nodiscard]] bool is_trained(const Subject& subject, const Link& link);

}  // namespace deltarule::explain
