// What the targets of a loss may be, and what training makes of them where labels are smoothed. Changes no target of a
// caller's: those in a workspace only.
#pragma once

#include <cstddef>
#include <string_view>

#include "deltarule/error.hpp"
#include "derivation/registry.hpp"
#include "network/passes.hpp"
#include "network/workspace.hpp"

namespace deltarule::network {

/// The targets that a loss is defined for, beside being finite.
struct TargetRange {
  bool from_zero = false;   // no negative ones
  bool above_zero = false;  // nor 0
  [[nodiscard]] bool is_limited() const { return from_zero; }
  [[nodiscard]] bool holds(double t) const { return (!from_zero || t >= 0) && (!above_zero || t > 0); }
  /// For messages: "a target above 0".
  [[nodiscard]] std::string_view in_words() const;
};
[[nodiscard]] TargetRange target_range(const derivation::Loss& loss);

/// True when the loss is defined for all targets of the row.
template <class T>
[[nodiscard]] bool targets_are_in_range(const derivation::Loss& loss, Workspace<T>& workspace, std::size_t row);

/// t ← t (1 − ε) + ε/K over the K classes of a softmax, or K = 2 for each output of a binary cross-entropy (Szegedy,
/// Vanhoucke, Ioffe, Shlens & Wojna 2016): what was certain is so only to 1 − ε (1 − 1/K).
struct LabelSmoothing {
  double keep = 1.0, add = 0.0;
  [[nodiscard]] bool is_on() const { return keep != 1.0; }
  template <class T>
  [[nodiscard]] T of(T t) const {
    return static_cast<T>(keep * static_cast<double>(t) + add);
  }
};
/// Spec error for an epsilon outside [0, 1), and for one above 0 with a loss that is no cross-entropy.
Result<LabelSmoothing> label_smoothing(const derivation::Loss& loss, std::size_t outputs, double epsilon);

/// Smooths the targets of some rows, in place.
template <class T>
void smooth_targets(const LabelSmoothing& smoothing, Workspace<T>& workspace, RowRange rows);

}  // namespace deltarule::network
