// How the quantities of the derivation are written: its own letters, or those of others, with their sign of delta and
// their order of indices. docs/explain.md has the table.
#pragma once

#include <string>
#include <string_view>

#include "deltarule/explanation.hpp"
#include "explain/trace/subject.hpp"

namespace deltarule::explain {

class Symbols {
 public:
  Symbols(const Subject& subject, Notation notation);

  [[nodiscard]] std::string E() const { return std::string(letters_->error); }
  [[nodiscard]] std::string letter_of_w() const { return std::string(letters_->weight); }
  [[nodiscard]] std::string letter_of_a() const { return std::string(letters_->activation); }
  [[nodiscard]] std::string letter_of_delta() const { return std::string(letters_->delta); }
  [[nodiscard]] std::string eta() const { return std::string(letters_->rate); }
  [[nodiscard]] std::string I(Unit unit) const { return of(letters_->net_input, unit); }
  [[nodiscard]] std::string a(Unit unit) const { return of(letters_->activation, unit); }
  [[nodiscard]] std::string t(Unit unit) const { return of(letters_->target, unit); }
  [[nodiscard]] std::string f_prime(Unit unit) const;
  [[nodiscard]] std::string delta(Unit unit) const { return of(letters_->delta, unit); }
  [[nodiscard]] std::string w(const Link& link) const { return of(letters_->weight, link); }
  [[nodiscard]] std::string change(const Link& link) const { return "Δ" + w(link); }
  /// What the weight carries: a(x1), or 1 for a bias.
  [[nodiscard]] std::string carried(const Link& link) const { return link.bias ? "1" : a(link.from); }
  /// ∂E/∂a(h1.2) …; "∂E/∂" + what.
  [[nodiscard]] std::string slope_by(const std::string& what) const { return "∂" + E() + "/∂" + what; }
  [[nodiscard]] std::string slope(std::string_view of, const std::string& by) const {
    return "∂" + std::string(of) + "/∂" + by;
  }

  /// True where δ is +∂E/∂I: then the numbers of δ have the other sign, and changes are subtracted.
  [[nodiscard]] bool delta_is_slope() const { return letters_->delta_is_slope; }
  [[nodiscard]] double delta_sign() const { return delta_is_slope() ? -1.0 : 1.0; }

  struct Letters {
    std::string_view error, rate, net_input, activation, target, weight, delta;
    bool delta_is_slope, receiver_first;
  };

 private:
  [[nodiscard]] std::string of(std::string_view letter, Unit unit) const;
  [[nodiscard]] std::string of(std::string_view letter, const Link& link) const;

  const Subject* subject_;
  const Letters* letters_;
};

}  // namespace deltarule::explain
