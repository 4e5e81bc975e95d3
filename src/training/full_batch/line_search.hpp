// A step length that satisfies the strong Wolfe conditions (Nocedal & Wright, Numerical Optimization, 2nd ed. 2006,
// algorithms 3.5 and 3.6 with the cubic of (3.59)). Knows no network: a function of one number with its slope.
#pragma once

#include <cstddef>
#include <functional>

namespace deltarule::training {

/// φ(α) = E(w + α p) and φ′(α). An E that is not finite counts as infinite.
struct LinePoint {
  double alpha = 0, error = 0, slope = 0;
};

struct WolfeSettings {
  double c1 = 1e-4;  // φ(α) ≤ φ(0) + c₁ α φ′(0)
  double c2 = 0.9;   // |φ′(α)| ≤ c₂ |φ′(0)|
  std::size_t most_trials = 25;
};

struct LineStep {
  LinePoint point = {};  // alpha 0: none was found
  bool wolfe = false;    // both conditions hold; otherwise the first does, or there is no step
};

/// `start` has alpha 0 and a negative slope. `at` may be asked at any positive alpha; the step that is returned is not
/// always the one that was asked last.
[[nodiscard]] LineStep strong_wolfe(const std::function<LinePoint(double alpha)>& at, const LinePoint& start,
                                    double first_alpha, const WolfeSettings& settings);

}  // namespace deltarule::training
