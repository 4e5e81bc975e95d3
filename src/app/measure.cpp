#include "app/measure.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "app/measure_loss.hpp"
#include "base/math.hpp"
#include "data/row_weights.hpp"

namespace deltarule::app {
namespace {

using network::MetricTask;
using network::Outputs;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kSmallestProbability = 1e-15;
constexpr double kZ = 1.959963984540054;  // the normal quantile of 97.5 %

double per_row(const double* sums, std::size_t k) { return sums[k] / sums[0]; }

// ---- classes and labels ----

/// Sums of a class or label: found, missed, others taken for it.
constexpr std::size_t kFinds = 3;

void add_find(RowSums& rows, std::size_t first, bool is, bool taken_for) {
  if (is && taken_for) rows.add(first, 1.0);
  if (is && !taken_for) rows.add(first + 1, 1.0);
  if (!is && taken_for) rows.add(first + 2, 1.0);
}

double f1_of(const double* finds) {
  const double all = 2.0 * finds[0] + finds[1] + finds[2];
  return all == 0.0 ? kNaN : 2.0 * finds[0] / all;
}

/// Mean of what `of_one` says of each class or label, of those for which it is a number.
template <class OfOne>
double mean_over(const double* finds, std::size_t count, const OfOne& of_one) {
  double sum = 0.0;
  double defined = 0.0;
  for (std::size_t c = 0; c < count; ++c) {
    const double value = of_one(finds + c * kFinds);
    if (std::isnan(value)) continue;
    sum += value;
    defined += 1.0;
  }
  return defined == 0.0 ? kNaN : sum / defined;
}

double surprise(double probability) {
  return -base::log(std::clamp(probability, kSmallestProbability, 1.0 - kSmallestProbability));
}

/// Sums of the area under the curve: rows and placements of class 1, then of class 0.
void add_placement(RowSums& rows, std::size_t first, bool is_one, double placement) {
  rows.add(first + (is_one ? 0 : 2), 1.0);
  if (placement != 0.0) rows.add(first + (is_one ? 1 : 3), placement);
}

Formula area_formula(std::size_t first, double area) {
  return [=](const double* sums) {
    const double* s = sums + first;
    if (s[0] == 0.0 || s[2] == 0.0) return kNaN;
    return std::clamp(s[1] / s[0] + s[3] / s[2] - area, 0.0, 1.0);
  };
}

/// Sums of classes: rows, surprises, the finds of each class, for two classes the placements.
constexpr std::size_t kOfClasses = 2;

std::vector<NamedFormula> class_formulas(std::size_t classes, double area) {
  const bool binary = classes == 2;
  const auto recall = [](const double* f) { return f[0] + f[1] == 0.0 ? kNaN : f[0] / (f[0] + f[1]); };
  return {
      {"balanced_accuracy", [=](const double* s) { return mean_over(s + kOfClasses, classes, recall); }},
      {"f1",
       [=](const double* s) {
         return binary ? f1_of(s + kOfClasses + kFinds) : mean_over(s + kOfClasses, classes, f1_of);
       }},
      {"log_loss", [](const double* s) { return per_row(s, 1); }},
      {"auc", binary ? area_formula(kOfClasses + kFinds * classes, area) : Formula([](const double*) { return kNaN; })},
  };
}

Resampled resample_classes(const Comparison& compared) {
  const bool binary = compared.task == MetricTask::binary;
  const std::size_t classes = binary ? 2 : compared.columns;
  const std::size_t placed = kOfClasses + kFinds * classes;
  const Outputs a = compared.a(), t = compared.t();
  const std::vector<double> placements =
      binary ? network::auc_placements(a, t, compared.weights) : std::vector<double>();
  RowSums rows(placed + (binary ? 4 : 0));
  for (std::size_t r = 0; r < compared.rows; ++r) {
    const std::size_t is = network::class_of(t, r), taken_for = network::class_of(a, r);
    const double likely = binary ? (is == 1 ? a.row(r)[0] : 1.0 - a.row(r)[0]) : a.row(r)[is];
    rows.add(0, 1.0);
    rows.add(1, surprise(likely));
    add_find(rows, kOfClasses + kFinds * is, true, is == taken_for);
    if (is != taken_for) add_find(rows, kOfClasses + kFinds * taken_for, false, true);
    if (!placements.empty()) add_placement(rows, placed, is == 1, placements[r]);
    rows.end_line(compared.weight(r));
  }
  const double area = binary ? network::area_under_curve(a, t, compared.weights) : kNaN;
  return {std::move(rows), class_formulas(classes, area)};
}

/// Sums of labels: rows, right labels, surprises, the finds of each label.
constexpr std::size_t kOfLabels = 3;

Resampled resample_labels(const Comparison& compared) {
  const std::size_t labels = compared.columns;
  const auto count = static_cast<double>(labels);
  RowSums rows(kOfLabels + kFinds * labels);
  for (std::size_t r = 0; r < compared.rows; ++r) {
    double right = 0.0;
    double loss = 0.0;
    for (std::size_t j = 0; j < labels; ++j) {
      const bool is = compared.t().row(r)[j] >= 0.5;
      const double one = compared.a().row(r)[j];
      right += (one >= 0.5) == is ? 1.0 : 0.0;
      loss += surprise(is ? one : 1.0 - one);
      add_find(rows, kOfLabels + kFinds * j, is, one >= 0.5);
    }
    rows.add(0, 1.0);
    rows.add(1, right);
    rows.add(2, loss);
    rows.end_line(compared.weight(r));
  }
  return {std::move(rows),
          {{"accuracy", [=](const double* s) { return per_row(s, 1) / count; }},
           {"f1", [=](const double* s) { return mean_over(s + kOfLabels, labels, f1_of); }},
           {"log_loss", [=](const double* s) { return per_row(s, 2) / count; }}}};
}

// ---- numbers ----

/// Sums of a regression: rows, Σ|t−a| and Σ(t−a)² over all targets, then per target Σ(t−a)², Σt, Σt².
constexpr std::size_t kCommon = 3;
constexpr std::size_t kPerTarget = 3;

double r_squared(const double* sums, std::size_t targets) {
  double mean = 0.0;
  for (std::size_t j = 0; j < targets; ++j) {
    const double* s = sums + kCommon + j * kPerTarget;
    const double spread = s[2] - s[1] * s[1] / sums[0];
    const bool constant = !(spread > 1e-12 * s[2]);
    mean += constant ? kNaN : 1.0 - s[0] / spread;
  }
  return mean / static_cast<double>(targets);
}

/// Means of the targets over the rows: subtracted before squares are summed, so that no digits are lost.
std::vector<double> centres(Outputs targets) {
  std::vector<double> means(targets.columns);
  for (std::size_t j = 0; j < targets.columns; ++j) {
    for (std::size_t r = 0; r < targets.rows; ++r) means[j] += targets.row(r)[j];
    means[j] /= static_cast<double>(targets.rows);
  }
  return means;
}

Resampled resample_numbers(const Comparison& compared) {
  const std::size_t targets = compared.columns;
  const auto outputs = static_cast<double>(targets);
  const std::vector<double> centre = centres(compared.t());
  RowSums rows(kCommon + kPerTarget * targets);
  for (std::size_t r = 0; r < compared.rows; ++r) {
    double absolute = 0.0;
    double squares = 0.0;
    for (std::size_t j = 0; j < targets; ++j) {
      const double error = compared.t().row(r)[j] - compared.a().row(r)[j];
      const double off = compared.t().row(r)[j] - centre[j];
      absolute += std::fabs(error);
      squares += error * error;
      rows.add(kCommon + j * kPerTarget, error * error);
      rows.add(kCommon + j * kPerTarget + 1, off);
      rows.add(kCommon + j * kPerTarget + 2, off * off);
    }
    rows.add(0, 1.0);
    rows.add(1, absolute);
    rows.add(2, squares);
    rows.end_line(compared.weight(r));
  }
  return {std::move(rows),
          {{"rmse", [=](const double* s) { return std::sqrt(per_row(s, 2) / outputs); }},
           {"mae", [=](const double* s) { return per_row(s, 1) / outputs; }},
           {"r2", [=](const double* s) { return r_squared(s, targets); }}}};
}

/// (Σw)²/Σw²: as many rows of equal weight say as much (Kish 1965).
double effective_rows(const Comparison& compared) {
  double sum = 0.0;
  double squares = 0.0;
  for (std::size_t r = 0; r < compared.rows; ++r) {
    sum += compared.weight(r);
    squares += compared.weight(r) * compared.weight(r);
  }
  return sum * sum / squares;
}

std::vector<double> absolute_errors(const Comparison& compared, std::size_t target) {
  std::vector<double> errors(compared.rows);
  for (std::size_t r = 0; r < compared.rows; ++r)
    errors[r] = std::fabs(compared.t().row(r)[target] - compared.a().row(r)[target]);
  return errors;
}

Interval weighted_median_error_interval(const Comparison& compared) {
  Interval mean;
  const auto rows = std::max<std::size_t>(1, static_cast<std::size_t>(effective_rows(compared)));
  const OrderInterval order = median_interval(rows);
  const auto share = [&](std::size_t place) { return static_cast<double>(place + 1) / static_cast<double>(rows); };
  for (std::size_t j = 0; j < compared.columns; ++j) {
    const std::vector<double> errors = absolute_errors(compared, j);
    mean.low += data::weighted_quantile(errors, compared.weights, share(order.first));
    mean.high += data::weighted_quantile(errors, compared.weights, share(order.last));
  }
  const auto targets = static_cast<double>(compared.columns);
  return {mean.low / targets, mean.high / targets};
}

/// Of several targets the mean of their intervals: wider than need be, never too narrow for errors that go together.
Interval median_error_interval(const Comparison& compared) {
  if (!compared.weights.empty()) return weighted_median_error_interval(compared);
  Interval mean;
  const OrderInterval order = median_interval(compared.rows);
  for (std::size_t j = 0; j < compared.columns; ++j) {
    std::vector<double> errors = absolute_errors(compared, j);
    std::sort(errors.begin(), errors.end());
    mean.low += errors[order.first] / static_cast<double>(compared.columns);
    mean.high += errors[order.last] / static_cast<double>(compared.columns);
  }
  return mean;
}

// ---- all of them ----

Resampled resample(const Comparison& compared) {
  switch (compared.task) {
    case MetricTask::binary:
    case MetricTask::multiclass:
      return resample_classes(compared);
    case MetricTask::multilabel:
      return resample_labels(compared);
    case MetricTask::regression:
      break;
  }
  return resample_numbers(compared);
}

double weighted_accuracy(const Comparison& compared) {
  double hits = 0.0;
  double all = 0.0;
  for (std::size_t r = 0; r < compared.rows; ++r) {
    all += compared.weight(r);
    hits += network::class_of(compared.t(), r) == network::class_of(compared.a(), r) ? compared.weight(r) : 0.0;
  }
  return hits / all;
}

double weighted_median_error(const Comparison& compared) {
  double sum = 0.0;
  for (std::size_t j = 0; j < compared.columns; ++j)
    sum += data::weighted_median(absolute_errors(compared, j), compared.weights);
  return sum / static_cast<double>(compared.columns);
}

std::vector<std::size_t> confusions(const Comparison& compared) {
  const bool binary = compared.task == MetricTask::binary;
  if (!binary && compared.task != MetricTask::multiclass) return {};
  const std::size_t classes = binary ? 2 : compared.columns;
  std::vector<std::size_t> confusion(classes * classes);
  for (std::size_t r = 0; r < compared.rows; ++r)
    ++confusion[network::class_of(compared.t(), r) * classes + network::class_of(compared.a(), r)];
  return confusion;
}

}  // namespace

Interval wilson(std::size_t hits, std::size_t trials) {
  if (trials == 0) return {0.0, 1.0};
  const auto n = static_cast<double>(trials);
  return wilson_of_share(static_cast<double>(hits) / n, n);
}

Interval wilson_of_share(double p, double n) {
  const double centre = p + kZ * kZ / (2.0 * n);
  const double half = kZ * std::sqrt(p * (1.0 - p) / n + kZ * kZ / (4.0 * n * n));
  const double scale = 1.0 + kZ * kZ / n;
  return {std::max(0.0, (centre - half) / scale), std::min(1.0, (centre + half) / scale)};
}

OrderInterval median_interval(std::size_t n) {
  const auto count = static_cast<double>(n);
  const double below = std::floor(count / 2.0 - kZ * std::sqrt(count) / 2.0);
  const std::size_t first = below < 1.0 ? 0 : static_cast<std::size_t>(below) - 1;
  return {first, n - 1 - first};
}

network::MetricTask metric_task(data::Task task) {
  switch (task) {
    case data::Task::binary:
      return MetricTask::binary;
    case data::Task::multiclass:
      return MetricTask::multiclass;
    case data::Task::multilabel:
      return MetricTask::multilabel;
    case data::Task::regression:
      break;
  }
  return MetricTask::regression;
}

double value_of(const network::MetricEntry& metric, const Comparison& compared, const derivation::Loss& loss) {
  if (metric.is_of_a_loss()) return value_by_loss(metric.name, compared, loss);
  const double unweighted = metric.value(compared.a(), compared.t(), compared.task);
  if (compared.weights.empty() || std::isnan(unweighted)) return unweighted;
  if (metric.name == "median_absolute_error") return weighted_median_error(compared);
  const Resampled resampled = resample(compared);
  const std::vector<double> sums = resampled.rows.total();
  for (const NamedFormula& formula : resampled.formulas)
    if (formula.name == metric.name) return formula.value(sums.data());
  return weighted_accuracy(compared);  // of classes
}

Comparison compare(const model::Decisions& decisions, const data::BoundTable& table,
                   std::span<const std::uint32_t> rows, std::span<const double> weights) {
  Comparison compared{metric_task(table.preprocessing().task), rows.size(), 0, {}, {}};
  for (const std::uint32_t row : rows)
    if (!weights.empty()) compared.weights.push_back(weights[row]);
  const bool all_one = std::all_of(compared.weights.begin(), compared.weights.end(), [](double w) { return w == 1.0; });
  if (all_one) compared.weights.clear();
  const bool binary = compared.task == MetricTask::binary;
  const bool classes = binary || compared.task == MetricTask::multiclass;
  const std::size_t names = table.preprocessing().classes.size();
  compared.columns = binary ? 1 : (classes ? names : table.targets().size());
  compared.outputs = compared.task == MetricTask::regression ? decisions.values : decisions.probabilities;
  if (binary) {  // the probability of the second class alone
    for (std::size_t r = 0; r < rows.size(); ++r) compared.outputs[r] = decisions.probabilities[r * names + 1];
    compared.outputs.resize(rows.size());
  }
  compared.targets.resize(rows.size() * compared.columns);
  for (std::size_t r = 0; r < rows.size(); ++r) {
    double* line = compared.targets.data() + r * compared.columns;
    const auto is = classes ? static_cast<std::size_t>(table.targets()[0].classes[rows[r]]) : std::size_t{0};
    if (binary) line[0] = is == 1 ? 1.0 : 0.0;
    if (classes && !binary) line[is] = 1.0;
    for (std::size_t j = 0; !classes && j < compared.columns; ++j) line[j] = table.targets()[j].numbers[rows[r]];
  }
  return compared;
}

Measurement measure(const model::Decisions& decisions, const data::BoundTable& table,
                    std::span<const std::uint32_t> rows, Seed seed, const derivation::Loss& loss,
                    std::span<const double> weights) {
  const Comparison compared = compare(decisions, table, rows, weights);
  Measurement result{{}, confusions(compared)};
  if (rows.empty()) return result;
  Resampled resampled = resample(compared);
  std::vector<std::string_view> names;
  for (const NamedFormula& formula : resampled.formulas) names.push_back(formula.name);
  const std::vector<Interval> intervals = bootstrap(std::move(resampled), seed);
  for (const network::MetricEntry* entry : network::metrics_for(compared.task)) {
    const double value = value_of(*entry, compared);
    const auto at = std::find(names.begin(), names.end(), entry->name);
    Interval interval{kNaN, kNaN};
    if (at != names.end()) interval = intervals[static_cast<std::size_t>(at - names.begin())];
    if (entry->name == "accuracy" && !result.confusion.empty())
      interval = wilson_of_share(value, effective_rows(compared));
    if (entry->name == "median_absolute_error") interval = median_error_interval(compared);
    if (std::isnan(value)) {
      interval = {kNaN, kNaN};
      result.notices.push_back(std::string(entry->name) +
                               " is undefined on these rows: " + std::string(entry->undefined_when));
    }
    result.metrics.push_back({std::string(entry->name), value, interval.low, interval.high});
  }
  if (compared.task == MetricTask::regression)
    for (Metric& metric : measure_loss(compared, loss, seed)) result.metrics.push_back(std::move(metric));
  return result;
}

}  // namespace deltarule::app
