// Cuts the rows of a table into training, validation and test rows, or into folds. By seed only: no clock, no global
// state.
#pragma once

#include <cstdint>
#include <vector>

#include "data/schema.hpp"
#include "deltarule/error.hpp"
#include "deltarule/spec.hpp"

namespace deltarule::data {

struct SplitOptions {
  double validation = 0.15;  ///< share of all rows with a target, 0 for none
  double test = 0.2;
  Seed seed = {};
};

/// Three lists of table rows, each ascending, disjoint, together schema.rows.
struct Split {
  std::vector<std::uint32_t> training;
  std::vector<std::uint32_t> validation;
  std::vector<std::uint32_t> test;
  bool stratified = false;  // each class is cut by the same shares
};

/// Draws the split as the schema's column says (split_column.hpp), the shares being those of all rows:
/// - by_group: groups in a drawn order, each to the part that is furthest below its share;
/// - by_time: the training rows are the earliest, the test rows the latest; rows of one time stay together, so the
/// border
///   is the change of time that is nearest to the share;
/// - by_part: as the column says; the shares are not looked at.
/// Fails (data) when a part with a share stays empty: too few groups or times.
/// Without a column: for classes each is cut by the same shares to within one row, and the totals follow the shares too
/// (remainders are carried from class to class); a class always keeps at least one training row. Fails (usage) for
/// shares that are negative, not finite or leave nothing to train on.
Result<Split> split_rows(const Schema& schema, const SplitOptions& options);

/// The fold of each of schema.rows, counting from 0, in their order. For classes the rows of each class are dealt out
/// one after the other, going on where the last class ended; by_group whole groups, the largest first, to the fold with
/// the fewest rows. Folds differ by at most one row, with groups as little as that rule gives. Fails: usage for fewer
/// than two folds or more folds than rows or groups.
Result<std::vector<std::uint32_t>> deal_folds(const Schema& schema, std::size_t folds, Seed seed);

}  // namespace deltarule::data
