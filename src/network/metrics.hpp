// How good predictions are, as plain functions of outputs and targets. No networks, no data sets, no text.
// All take [patterns × outputs] in double, sum in pattern order, and give NaN for no patterns at all.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

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
/// Median of |t−a| per output (of an even number: the mean of the two in the middle), averaged over outputs.
[[nodiscard]] double median_absolute_error(Outputs a, Outputs t);
/// 1 − Σ(t−a)² / Σ(t−mean t)² per output, averaged over outputs. NaN when the targets of an output are constant: there
/// is nothing to explain, and any number would be an invention.
[[nodiscard]] double r_squared(Outputs a, Outputs t);

/// Share of patterns whose class_of agrees.
[[nodiscard]] double accuracy(Outputs a, Outputs t);
/// Mean over the classes that occur among the targets of the share found.
[[nodiscard]] double balanced_accuracy(Outputs a, Outputs t);
/// F1 = 2 tp / (2 tp + fp + fn) of class 1 of one output; NaN when no pattern is, or is taken for, that class.
[[nodiscard]] double f1_of_positives(Outputs a, Outputs t);
/// Mean of the F1 of the classes that occur among targets or decisions.
[[nodiscard]] double macro_f1(Outputs a, Outputs t);
/// Mean of the F1 of every output by itself, at 0.5, over those that have one; NaN when none has.
[[nodiscard]] double label_f1(Outputs a, Outputs t);
/// For each pattern of one output, the share of the patterns of the other class that it is on the right side of, equals
/// by half: what the area under the curve is a mean of. Empty when one class does not occur.
/// By the weights of the patterns, if there are some.
[[nodiscard]] std::vector<double> auc_placements(Outputs a, Outputs t, std::span<const double> weights = {});
/// Area under the ROC curve of one output: the chance that a pattern of class 1 has the larger output than one of class
/// 0, equals by half. NaN when one class does not occur.
[[nodiscard]] double area_under_curve(Outputs a, Outputs t);
[[nodiscard]] double area_under_curve(Outputs a, Outputs t, std::span<const double> weights);
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
