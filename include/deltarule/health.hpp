// What a look at a trained network finds: units, inputs and rows that say something about the run.
#pragma once

#include <cstddef>
#include <limits>
#include <string>
#include <vector>

namespace deltarule {

/// One layer, over the rows that were looked at. Outputs have no saturated or dead units: being sure is their task.
struct LayerHealth {
  std::string activation = {};
  std::size_t units = 0;
  /// Hidden units within 1 % of the range of a bound of their activation for 95 % of the rows: hardly any slope.
  std::size_t saturated = 0;
  std::size_t dead =
      0;  ///< hidden units that say the same for every row, to one part in a million, and are not saturated
  double delta = 0.0;  ///< root mean square of δ over rows and units: what the layer hears of the errors
};

struct Health {
  std::size_t rows =
      0;  ///< that were looked at: all that the weights were fitted on, or 2,000 of them at equal distances
  std::vector<LayerHealth> layers = {};
  /// Input units that reach nothing: weights times spread below a thousandth of the median input's, or no spread at
  /// all.
  std::vector<std::string> unused_inputs = {};
  /// Mean losses of the epoch that was kept, of the first training; NaN without validation.
  double training_loss = std::numeric_limits<double>::quiet_NaN();
  double validation_loss = std::numeric_limits<double>::quiet_NaN();
  /// Groups of rows with equal inputs and different targets, among all rows that the weights were fitted on.
  std::size_t contradictory_groups = 0, contradictory_rows = 0;
  /// What they leave to any model on those rows: the smallest share of wrong rows, or root mean squared error.
  double error_floor = 0.0;
  std::vector<std::string> findings = {};  ///< what is worth saying, in words; empty for a healthy run
};

}  // namespace deltarule
