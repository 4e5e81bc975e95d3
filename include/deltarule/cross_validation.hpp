// Cross-validation: every row is tested once by a network that has not seen it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "deltarule/fit.hpp"

namespace deltarule {

struct CrossValidationOptions {
  std::size_t folds = 5;
  std::size_t repeats = 1;  ///< each with rows dealt out anew: repeat r (from 0) has the seed options.seed + r
  std::size_t threads = 1;  ///< folds trained at the same time, 0 = as many as the machine has; never decides a bit
};

/// One fold, trained and tested. `fit` with these rows and this seed gives the same model, to the byte.
struct FoldReport {
  std::size_t repeat = 1, fold = 1;  ///< counting from 1
  std::uint64_t seed = 0;
  RowSplit rows = {};
  Model model = {};
  FitReport report = {};
};

/// A metric over the folds in which it has a value.
struct MetricSummary {
  std::string name = {};
  double mean = 0.0;      ///< NaN without a value
  double sd = 0.0;        ///< sample standard deviation, divided by n − 1; NaN for fewer than two values
  std::size_t folds = 0;  ///< how many have one
};

struct BaselineSummary {
  std::string name = {};  ///< "trivial", "linear"
  std::vector<MetricSummary> metrics = {};
};

struct CrossValidation {
  std::vector<FoldReport> folds = {};  ///< those that ended by themselves, in order
  std::size_t planned = 0;             ///< folds times repeats
  bool interrupted = false;
  std::vector<MetricSummary> metrics = {};
  std::vector<BaselineSummary> baselines = {};
  std::vector<std::string> notices = {};
};

struct CrossValidationEvents {
  /// After each fold, in the order in which they end, one at a time, by the thread that trained it.
  std::function<void(const FoldReport&)> on_fold = {};
  /// Asked after each epoch, by several threads at the same time: true ends the folds under way, which are left out.
  std::function<bool()> stop = {};
};

/// Deals the rows into folds, classes in proportion, or whole groups with DatasetOptions::group_by; trains one network
/// per fold on the others, from preprocessing to refit like `fit`, and tests it on the fold. Rows that decide when to
/// stop are a share (options.validation, 0.15 from 50 rows on) of those that a fold is trained on. Throws Exception:
/// usage for fewer than two folds or more folds than rows or groups and for options that make no sense here (test,
/// row_split, time_limit, first weights, a dataset split by time or by a column); data for a class whose rows are all
/// in one fold; otherwise the error of the first fold that failed, with its number.
[[nodiscard]] CrossValidation cross_validate(const Dataset& data, const FitOptions& options = {},
                                             const CrossValidationOptions& how = {},
                                             const CrossValidationEvents& events = {});

}  // namespace deltarule
