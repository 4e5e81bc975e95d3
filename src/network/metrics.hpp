// How good predictions are, as plain functions of outputs and targets. No networks, no data sets, no text.
// All take [patterns × outputs] in double, sum in pattern order, and give NaN for no patterns at all.
#pragma once

#include <cstddef>

#include "base/matrix.hpp"

namespace deltarule::network {

using Outputs = base::MatrixView<const double>;

/// The class that a row of outputs stands for: one output: 1 from 0.5 up; several: the largest, the first of equals.
[[nodiscard]] std::size_t class_of(Outputs values, std::size_t row);

/// Σ(t−a)² over patterns and outputs = 2 ΣE_p of (1).
[[nodiscard]] double total_squared_error(Outputs a, Outputs t);
/// √(mean of (t−a)² over patterns and outputs).
[[nodiscard]] double root_mean_squared_error(Outputs a, Outputs t);
/// Mean of |t−a| over patterns and outputs.
[[nodiscard]] double mean_absolute_error(Outputs a, Outputs t);
/// 1 − Σ(t−a)² / Σ(t−mean t)² per output, averaged over outputs; an output whose targets are constant counts 1 when
/// predicted exactly, else 0.
[[nodiscard]] double r_squared(Outputs a, Outputs t);

/// Share of patterns whose class_of agrees.
[[nodiscard]] double accuracy(Outputs a, Outputs t);
/// Mean over the classes that occur among the targets of the share found.
[[nodiscard]] double balanced_accuracy(Outputs a, Outputs t);
/// Share of right decisions over every output by itself, at 0.5: for independent labels.
[[nodiscard]] double label_accuracy(Outputs a, Outputs t);
/// Share of outputs on the proper side of 0.4 / 0.6 (the 40-20-40 rule): t < 0.5 needs a ≤ 0.4, else a ≥ 0.6.
[[nodiscard]] double accuracy_40_20_40(Outputs a, Outputs t);
/// Mean over patterns of −Σ t ln a (several outputs, classes), or of the binary cross-entropy when there is one output.
/// Probabilities are kept 1e-15 away from 0 and 1, so the value is always finite.
[[nodiscard]] double log_loss(Outputs a, Outputs t);
/// Mean over patterns of the summed binary cross-entropies of independent outputs.
[[nodiscard]] double multilabel_log_loss(Outputs a, Outputs t);

}  // namespace deltarule::network
