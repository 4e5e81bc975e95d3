// cross_validate(): deals out the rows, trains the folds side by side, each with fit() alone, and adds up what they
// say.
#include "deltarule/cross_validation.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <exception>
#include <limits>
#include <mutex>
#include <optional>

#include "app/access.hpp"
#include "app/engine/unwrap.hpp"
#include "app/fit/settings.hpp"
#include "base/text.hpp"
#include "base/thread_team.hpp"
#include "data/split.hpp"

namespace deltarule {
namespace {

using namespace app;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

[[noreturn]] void refuse(std::string place, std::string got, std::string needed, std::string fix = {}) {
  throw Exception({ErrorCode::usage, std::move(place), std::move(got), std::move(needed), std::move(fix)});
}

void check(const FitOptions& options, const CrossValidationOptions& how, const data::Schema& schema) {
  const std::string fix = "Leave it out";
  if (how.repeats == 0) refuse("--repeats", "0", "at least 1");
  if (options.test) refuse("--test", "a share of test rows", "none: each fold is tested once", fix);
  if (options.row_split) refuse("row_split", "given rows", "none: each fold is tested once", fix);
  if (options.record.any()) refuse("record", "folds that record how they learn", "none", "Record a training: fit()");
  if (options.time_limit) refuse("--time-limit", "a limit in time", "folds that depend on no clock", "Use --steps");
  if (options.start_from || options.continue_from)
    refuse("--start-from", "given first weights", "weights that have seen no row", fix);
  if (schema.split == data::SplitKind::by_time || schema.split == data::SplitKind::by_part)
    refuse(data::split_option(schema.split), "a split of its own", "rows that are dealt into folds", fix);
}

// ---- which rows ----

/// A class that one fold holds alone is in no training row of that fold; one with fewer rows than folds is missing in
/// the test of some.
void check_classes(const data::Table& table, const data::Schema& schema, const std::vector<std::uint32_t>& fold_of,
                   std::size_t folds, std::vector<std::string>& notices) {
  if (!data::has_classes(schema.task)) return;
  const std::string place = table.source + ", target " + base::quoted(table.columns[schema.targets[0]].name);
  for (std::size_t c = 0; c < schema.classes.size(); ++c) {
    std::vector<std::size_t> rows(folds);
    for (std::size_t i = 0; i < schema.rows.size(); ++i)
      rows[fold_of[i]] += static_cast<std::size_t>(schema.row_class[schema.rows[i]]) == c ? 1 : 0;
    const auto there = folds - static_cast<std::size_t>(std::count(rows.begin(), rows.end(), std::size_t{0}));
    std::size_t all = 0;
    for (const std::size_t count : rows) all += count;
    const std::string got = "class " + base::quoted(schema.classes[c]) + " has " + base::counted(all, "row");
    if (there == 1) {
      throw Exception({ErrorCode::data, place, got + (all > 1 ? ", all in one fold" : ""),
                       "rows of each class in at least two folds, or one fold has none to train on",
                       "Leave the class out of the file, or use another --group-by or --seed"});
    }
    if (there < folds)
      notices.push_back(got + " in " + std::to_string(there) + " of " + std::to_string(folds) +
                        " folds: the others are not tested on it");
  }
}

/// The rows of the other folds, some of which decide when to stop.
RowSplit rows_of_fold(const data::Schema& schema, const FitOptions& options, std::vector<std::uint32_t> test,
                      std::vector<std::uint32_t> rest) {
  data::Schema own = schema;
  own.rows = std::move(rest);
  const bool validates = !options.textbook && options.patience != std::size_t{0} && !options.validation_table;
  double share = options.validation.value_or(validates && own.rows.size() >= kFewRows ? kValidationShare : 0.0);
  std::vector<std::int32_t> groups;
  if (schema.split == data::SplitKind::by_group && !options.validation) {  // one group cannot be shared out
    for (const std::uint32_t row : own.rows) groups.push_back(schema.split_codes[row]);
    const bool several = std::any_of(groups.begin(), groups.end(), [&](auto group) { return group != groups.front(); });
    if (!several) share = 0.0;
  }
  data::Split split = unwrap(data::split_rows(own, {share, 0.0, Seed{options.seed}}));
  return {std::move(split.training), std::move(split.validation), std::move(test)};
}

/// Everything about a fold but what comes of it.
std::vector<FoldReport> deal(const data::Table& table, const data::Schema& schema, const FitOptions& options,
                             const CrossValidationOptions& how, std::vector<std::string>& notices) {
  std::vector<FoldReport> folds;
  for (std::size_t repeat = 0; repeat < how.repeats; ++repeat) {
    FitOptions own = options;
    own.seed = options.seed + repeat;
    const auto fold_of = unwrap(data::deal_folds(schema, how.folds, Seed{own.seed}));
    std::vector<std::string> of_this;
    check_classes(table, schema, fold_of, how.folds, of_this);
    if (repeat == 0) notices = std::move(of_this);
    for (std::size_t fold = 0; fold < how.folds; ++fold) {
      std::vector<std::uint32_t> test, rest;
      for (std::size_t i = 0; i < schema.rows.size(); ++i) (fold_of[i] == fold ? test : rest).push_back(schema.rows[i]);
      FoldReport one{.repeat = repeat + 1, .fold = fold + 1, .seed = own.seed};
      one.rows = rows_of_fold(schema, own, std::move(test), std::move(rest));
      folds.push_back(std::move(one));
    }
  }
  return folds;
}

// ---- training ----

/// The folds on their way. Each is taken by one thread; the first by number that failed decides what is thrown.
class Run {
 public:
  Run(const Dataset& data, const FitOptions& options, const CrossValidationEvents& events,
      std::vector<FoldReport>& folds)
      : data_(data), options_(options), events_(events), folds_(folds), failed_(folds.size()), ended_(folds.size()) {}

  void train(std::size_t threads) {
    base::ThreadTeam team(std::min(threads, folds_.size()));
    team.run([this](std::size_t) {
      for (std::size_t k = next_.fetch_add(1); k < folds_.size(); k = next_.fetch_add(1)) train_one(k);
    });
    if (thrown_) std::rethrow_exception(thrown_);
  }
  [[nodiscard]] bool ended(std::size_t k) const { return ended_[k] != 0; }

 private:
  /// True for a fold that nobody waits for any more.
  bool is_off(std::size_t k) const { return k > failed_.load() || stopped_.load(); }
  bool stops() {
    if (events_.stop && events_.stop()) stopped_ = true;
    return stopped_.load();
  }

  void train_one(std::size_t k) {
    if (is_off(k)) return;
    try {
      FitEvents events;
      events.on_epoch = [this, k](const FitProgress&) { return stops() || is_off(k); };
      events.stop_baselines = [this, k] { return stops() || is_off(k); };
      FoldReport& fold = folds_[k];
      FitOptions own = options_;
      own.seed = fold.seed;
      own.threads = 1;
      own.validation.reset();
      own.row_split = fold.rows;
      Fitted fitted = fit(data_, own, events);
      if (fitted.report.stop == FitStop::interrupted) return;
      fold.model = std::move(fitted.model);
      fold.report = std::move(fitted.report);
      const std::scoped_lock lock(mutex_);
      ended_[k] = 1;
      if (events_.on_fold) events_.on_fold(fold);
    } catch (...) {
      keep(k, std::current_exception());
    }
  }

  void keep(std::size_t k, const std::exception_ptr& thrown) {
    const std::scoped_lock lock(mutex_);
    if (k >= failed_.load()) return;
    failed_ = k;
    thrown_ = placed(k, thrown);
  }
  std::exception_ptr placed(std::size_t k, const std::exception_ptr& thrown) const {
    try {
      std::rethrow_exception(thrown);
    } catch (const Exception& fault) {
      Error error = fault.error();
      const std::string repeat = folds_.back().repeat > 1 ? "repeat " + std::to_string(folds_[k].repeat) + ", " : "";
      error.place = repeat + "fold " + std::to_string(folds_[k].fold) + (error.place.empty() ? "" : ", " + error.place);
      return std::make_exception_ptr(Exception(std::move(error)));
    } catch (...) {
      return std::current_exception();
    }
  }

  const Dataset& data_;
  const FitOptions& options_;
  const CrossValidationEvents& events_;
  std::vector<FoldReport>& folds_;
  std::atomic<std::size_t> next_{0};
  std::atomic<std::size_t> failed_;
  std::atomic<bool> stopped_{false};
  std::mutex mutex_;
  std::vector<char> ended_;
  std::exception_ptr thrown_ = nullptr;
};

// ---- what they say together ----

MetricSummary summary(const std::string& name, const std::vector<double>& values) {
  MetricSummary result{name, kNaN, kNaN, values.size()};
  if (values.empty()) return result;
  const auto n = static_cast<double>(values.size());
  result.mean = 0.0;
  for (const double value : values) result.mean += value;
  result.mean /= n;
  double squares = 0.0;
  for (const double value : values) squares += (value - result.mean) * (value - result.mean);
  if (values.size() > 1) result.sd = std::sqrt(squares / (n - 1.0));
  return result;
}

/// One summary per metric of the lists, in the order of the first.
std::vector<MetricSummary> summaries(const std::vector<const std::vector<Metric>*>& lists) {
  std::vector<MetricSummary> all;
  for (std::size_t m = 0; !lists.empty() && m < lists.front()->size(); ++m) {
    std::vector<double> values;
    for (const auto* list : lists)
      if (!std::isnan((*list)[m].value)) values.push_back((*list)[m].value);
    all.push_back(summary((*lists.front())[m].name, values));
  }
  return all;
}

void summarise(CrossValidation& result) {
  std::vector<const std::vector<Metric>*> own;
  for (const FoldReport& fold : result.folds) own.push_back(&fold.report.metrics);
  result.metrics = summaries(own);
  for (const char* name : {"trivial", "linear"}) {
    std::vector<const std::vector<Metric>*> lists;
    for (const FoldReport& fold : result.folds)
      for (const Baseline& baseline : fold.report.baselines)
        if (baseline.name == name) lists.push_back(&baseline.metrics);
    if (!lists.empty()) result.baselines.push_back({name, summaries(lists)});
  }
  for (const MetricSummary& metric : result.metrics) {
    const std::size_t without = result.folds.size() - metric.folds;
    if (without > 0)
      result.notices.push_back(metric.name + " is undefined in " + base::counted(without, "fold") + " of " +
                               std::to_string(result.folds.size()) + ", which its mean leaves out");
  }
}

}  // namespace

CrossValidation cross_validate(const Dataset& data, const FitOptions& options, const CrossValidationOptions& how,
                               const CrossValidationEvents& events) {
  check_options(options);
  const data::Schema& schema = DatasetAccess::state(data).schema;
  check(options, how, schema);
  CrossValidation result;
  std::vector<FoldReport> folds = deal(TableAccess::table(data.table()), schema, options, how, result.notices);
  result.planned = folds.size();
  Run run(data, options, events, folds);
  run.train(how.threads == 0 ? base::hardware_threads() : how.threads);
  for (std::size_t k = 0; k < folds.size(); ++k)
    if (run.ended(k)) result.folds.push_back(std::move(folds[k]));
  result.interrupted = result.folds.size() < result.planned;
  summarise(result);
  return result;
}

}  // namespace deltarule
