// How the columns of a table become the input and target units of a network: fitted on the training rows only, each as
// often as its weight says, stored in the model as plain data, applied exactly the same at prediction (binding.hpp,
// prepared_patterns.hpp).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "data/notice.hpp"
#include "data/schema.hpp"
#include "data/table.hpp"
#include "deltarule/error.hpp"

namespace deltarule::data {

enum class Scaling : std::uint8_t {
  standard,  ///< (x − mean) / standard deviation (with n)
  minmax,    ///< (x − min) / (max − min)
  none,
};
[[nodiscard]] std::string_view scaling_name(Scaling scaling);
[[nodiscard]] std::optional<Scaling> scaling_from_name(std::string_view name);

/// One feature column. Units of a numeric feature: (x − shift) · (1 / scale), then 1/0 for missing if missing_unit.
/// Units of a categorical feature: one per category, 1 for the row's, then 1/0 for missing if missing_unit.
struct FeatureRule {
  std::string name;
  ColumnType type = ColumnType::numeric;
  double shift = 0.0;                   // numeric
  double scale = 1.0;                   // numeric, 1e-300 … 1e300
  double fill = 0.0;                    // numeric: what a missing value is taken for, the median of the training rows
  std::vector<std::string> categories;  // categorical: sorted by bytes, distinct, not empty
  bool missing_unit = false;            // some training row had no value here

  [[nodiscard]] std::size_t units() const {
    return (type == ColumnType::numeric ? 1 : categories.size()) + (missing_unit ? 1 : 0);
  }
  friend bool operator==(const FeatureRule&, const FeatureRule&) = default;
};

/// One target column. A regression unit is (t − shift) · (1 / scale); otherwise shift 0 and scale 1.
struct TargetRule {
  std::string name;
  double shift = 0.0;
  double scale = 1.0;  // 1e-300 … 1e300
  friend bool operator==(const TargetRule&, const TargetRule&) = default;
};

struct Preprocessing {
  Task task = Task::regression;
  Scaling scaling = Scaling::standard;
  std::vector<FeatureRule> features;
  std::vector<TargetRule> targets;   // one, or several for multilabel and regression
  std::vector<std::string> classes;  // binary (two: unit 0 is "is classes[1]"), multiclass (one unit each)

  [[nodiscard]] std::size_t input_units() const;
  [[nodiscard]] std::size_t output_units() const;
  /// `body_mass_g`, `island=Dream`, `sex=missing`: one per input unit.
  [[nodiscard]] std::vector<std::string> input_names() const;
  /// multiclass: the classes; binary: the second class; otherwise the target names.
  [[nodiscard]] std::vector<std::string> output_names() const;
  /// Regression: the prediction of output unit `output` in the target's own units.
  [[nodiscard]] double unscale(std::size_t output, double activation) const {
    return activation * targets[output].scale + targets[output].shift;
  }
  friend bool operator==(const Preprocessing&, const Preprocessing&) = default;
};

struct PreprocessingOptions {
  Scaling scaling = Scaling::standard;  ///< --scale, features
  bool scale_targets = true;            ///< standardise regression targets (--textbook does not)
};

/// Fits on the given rows alone. Features that are constant or empty in them are left out, with a notice. Fails (data)
/// when no feature is left, a class or target is constant in them, or numbers are too large or too close to scale.
Result<Preprocessing> fit_preprocessing(const Table& table, const Schema& schema,
                                        std::span<const std::uint32_t> training_rows,
                                        const PreprocessingOptions& options, Notices& notices);

/// Whether it is one that fit_preprocessing could have made: for those who read it from a file. Fails (format).
Result<void> check_preprocessing(const Preprocessing& preprocessing);

}  // namespace deltarule::data
