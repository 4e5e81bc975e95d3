// Cuts the rows of a table into training, validation and test rows. By seed only: no clock, no global state.
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

/// Draws the split. For classes each is cut by the same shares to within one row, and the totals follow the shares too
/// (remainders are carried from class to class); a class always keeps at least one training row. Fails (usage) for
/// shares that are negative, not finite or leave nothing to train on.
Result<Split> split_rows(const Schema& schema, const SplitOptions& options);

}  // namespace deltarule::data
