// Brings a preprocessing and a table together: columns are found by name, categories by text. The order of columns,
// extra columns and a present target do not matter. Applies nothing yet (prepared_patterns.hpp does).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "data/notice.hpp"
#include "data/preprocessing.hpp"
#include "data/table.hpp"
#include "deltarule/error.hpp"

namespace deltarule::data {

enum class Unseen : std::uint8_t {
  missing,  ///< a category that training did not see counts as missing, and is counted
  error,    ///< it is refused
};
enum class Targets : std::uint8_t {
  none,      ///< not looked at: prediction
  required,  ///< all must be there: evaluation, training
};

struct BindOptions {
  Unseen unseen = Unseen::missing;  ///< --unseen missing|error
  Targets targets = Targets::none;
  std::span<const double> weights = {};  ///< [rows] or none: the target of a row of weight 0 is not looked at
};

/// One feature column of the table, ready to be read. Exactly one of numbers and codes is set.
struct BoundFeature {
  std::size_t column = 0;                      // in the table
  const double* numbers = nullptr;             // numeric: [rows], NaN = missing
  const std::int32_t* codes = nullptr;         // categorical: [rows]; below 0 = missing
  std::vector<std::int32_t> category_of_code;  // [codes]: place in FeatureRule::categories, −1 = unseen
  std::vector<double> own_numbers;             // filled where the table holds text for a numeric feature
  std::vector<std::int32_t> own_codes;         // filled where the table holds numbers for a categorical feature
  std::size_t unseen = 0;                      // cells with a category that training did not see
  std::size_t filled = 0;                      // cells without a value though training had no such cell
};

/// One target column, ready to be read: `classes` for binary and multiclass, `numbers` otherwise.
struct BoundTarget {
  std::size_t column = 0;
  std::vector<std::int32_t> classes;  // binary, multiclass: [rows], −1 = missing
  const double* numbers = nullptr;    // multilabel, regression: [rows], NaN = missing
  std::vector<double> own_numbers;    // filled where the table holds text
};

/// Keeps pointers to the table, which must outlive it and stay where it is. Movable, not copyable.
class BoundTable {
 public:
  BoundTable(BoundTable&&) noexcept = default;
  BoundTable& operator=(BoundTable&&) noexcept = default;
  BoundTable(const BoundTable&) = delete;
  BoundTable& operator=(const BoundTable&) = delete;

  [[nodiscard]] const Table& table() const { return *table_; }
  [[nodiscard]] const Preprocessing& preprocessing() const { return rules_; }
  [[nodiscard]] const std::vector<BoundFeature>& features() const { return features_; }
  [[nodiscard]] const std::vector<BoundTarget>& targets() const { return targets_; }  // empty under Targets::none
  [[nodiscard]] std::vector<std::uint32_t> all_rows() const;
  /// Rows whose targets are all there, ascending; every row under Targets::none.
  [[nodiscard]] std::vector<std::uint32_t> rows_with_targets() const;
  /// Cells that were taken for missing because training did not see their category, over all columns.
  [[nodiscard]] std::size_t unseen() const;
  /// Cells that were filled though training had no missing value in their column.
  [[nodiscard]] std::size_t filled() const;

 private:
  friend Result<BoundTable> bind_table(const Table&, const Preprocessing&, const BindOptions&, Notices&);
  BoundTable(const Table& table, const Preprocessing& preprocessing) : table_(&table), rules_(preprocessing) {}

  const Table* table_;
  Preprocessing rules_;
  std::vector<BoundFeature> features_;
  std::vector<BoundTarget> targets_;
};

/// Fails (data): feature or target columns that are missing (all of them, with nearest spellings), text where a number
/// is needed (line and column), an unseen category under Unseen::error, a class that the model does not know, a target
/// that is neither 0 nor 1 for multilabel. Notices: unseen and filled cells per column, with the first place.
Result<BoundTable> bind_table(const Table& table, const Preprocessing& preprocessing, const BindOptions& options,
                              Notices& notices);

}  // namespace deltarule::data
