#include "network/metric_registry.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "base/text.hpp"

namespace deltarule::network {
namespace {

constexpr unsigned kBinary = static_cast<unsigned>(MetricTask::binary);
constexpr unsigned kMulticlass = static_cast<unsigned>(MetricTask::multiclass);
constexpr unsigned kMultilabel = static_cast<unsigned>(MetricTask::multilabel);
constexpr unsigned kRegression = static_cast<unsigned>(MetricTask::regression);
constexpr unsigned kClasses = kBinary + kMulticlass;

double accuracy_of(Outputs a, Outputs t, MetricTask task) {
  return task == MetricTask::multilabel ? label_accuracy(a, t) : accuracy(a, t);
}
double f1_of(Outputs a, Outputs t, MetricTask task) {
  if (task == MetricTask::multilabel) return label_f1(a, t);
  return task == MetricTask::binary ? f1_of_positives(a, t) : macro_f1(a, t);
}
/// Of several labels the mean, so that their number does not matter.
double log_loss_of(Outputs a, Outputs t, MetricTask task) {
  if (task == MetricTask::multilabel) return multilabel_log_loss(a, t) / static_cast<double>(a.columns);
  return log_loss(a, t);
}

template <double (*function)(Outputs, Outputs)>
double plain(Outputs a, Outputs t, MetricTask /*task*/) {
  return function(a, t);
}

using base::LossKind;
constexpr std::array kQuantiles = {LossKind::pinball};
constexpr std::array kCounts = {LossKind::poisson_deviance};
constexpr std::array kAmounts = {LossKind::gamma_deviance};
constexpr std::array kDeviances = {LossKind::poisson_deviance, LossKind::gamma_deviance};
constexpr std::array kAllOfThem = {LossKind::pinball, LossKind::poisson_deviance, LossKind::gamma_deviance};
constexpr const char* kTargets = "it needs targets that the loss is defined for";

constexpr std::array<MetricEntry, 14> kMetrics = {{
    {"accuracy", true, kClasses + kMultilabel, accuracy_of},
    {"balanced_accuracy", true, kClasses, plain<balanced_accuracy>},
    {"f1", true, kClasses + kMultilabel, f1_of, "no row is, or is taken for, what it looks for"},
    {"log_loss", false, kClasses + kMultilabel, log_loss_of},
    {"auc", true, kBinary, plain<area_under_curve>, "it needs rows of both classes"},
    {"rmse", false, kRegression, plain<root_mean_squared_error>},
    {"mae", false, kRegression, plain<mean_absolute_error>},
    {"median_absolute_error", false, kRegression, plain<median_absolute_error>},
    {"r2", true, kRegression, plain<r_squared>, "it needs targets that vary"},
    {"pinball", false, kRegression, nullptr, kTargets, kQuantiles},
    {"deviance", false, kRegression, nullptr, kTargets, kDeviances},
    {"poisson_deviance", false, kRegression, nullptr, kTargets, kCounts},
    {"gamma_deviance", false, kRegression, nullptr, kTargets, kAmounts},
    {"d2", true, kRegression, nullptr, kTargets, kAllOfThem},
}};

std::string_view task_in_words(MetricTask task) {
  switch (task) {
    case MetricTask::binary:
      return "two classes";
    case MetricTask::multiclass:
      return "several classes";
    case MetricTask::multilabel:
      return "labels";
    case MetricTask::regression:
      break;
  }
  return "numbers";
}

bool are_finite(Outputs values) {
  for (std::size_t r = 0; r < values.rows; ++r)
    for (const double value : values.row_span(r))
      if (!std::isfinite(value)) return false;
  return true;
}

}  // namespace

double MetricEntry::value(Outputs a, Outputs t, MetricTask task) const {
  if (function == nullptr || a.rows == 0 || !are_finite(a) || !are_finite(t))
    return std::numeric_limits<double>::quiet_NaN();
  return function(a, t, task);
}

std::span<const MetricEntry> metric_table() { return kMetrics; }

std::vector<const MetricEntry*> metrics_for(MetricTask task) {
  std::vector<const MetricEntry*> entries;
  for (const MetricEntry& entry : kMetrics)
    if (entry.suits(task) && !entry.is_of_a_loss()) entries.push_back(&entry);
  return entries;
}

std::vector<std::string> metric_names(MetricTask task) {
  std::vector<std::string> names;
  for (const MetricEntry* entry : metrics_for(task)) names.emplace_back(entry->name);
  return names;
}

Result<const MetricEntry*> find_metric(std::string_view name, MetricTask task, std::string_view option) {
  std::string plain_name(name);
  std::replace(plain_name.begin(), plain_name.end(), '-', '_');
  const auto found = std::find_if(kMetrics.begin(), kMetrics.end(),
                                  [&](const MetricEntry& entry) { return entry.name == plain_name; });
  if (found != kMetrics.end() && found->suits(task)) return &*found;
  std::vector<std::string> names = metric_names(task);
  for (const MetricEntry& entry : kMetrics)
    if (entry.suits(task) && entry.is_of_a_loss()) names.emplace_back(entry.name);
  const std::string needed =
      "a metric for " + std::string(task_in_words(task)) + ": " + base::listed(names, names.size());
  if (found != kMetrics.end())
    return Error{ErrorCode::usage, std::string(option), base::quoted(name) + ", which is for other tasks", needed, {}};
  return Error{ErrorCode::usage, std::string(option), base::quoted(name), needed, base::did_you_mean(name, names)};
}

Result<void> check_metric_of_loss(const MetricEntry& metric, const derivation::Loss& loss, std::string_view option) {
  if (!metric.is_of_a_loss() || std::find(metric.losses.begin(), metric.losses.end(), loss.kind) != metric.losses.end())
    return {};
  std::vector<std::string> names;
  for (const LossKind kind : metric.losses)
    names.emplace_back(kind == LossKind::pinball            ? "pinball(0.9)"
                       : kind == LossKind::poisson_deviance ? "poisson_deviance"
                                                            : "gamma_deviance");
  const bool of_squares = metric.name == "d2";
  return Error{ErrorCode::usage, std::string(option),
               base::quoted(metric.name) + " of predictions by the loss " + loss.name,
               "the loss that it is about: " + base::listed(names, names.size()),
               of_squares ? "Add such a --loss; r2 is the same for squared errors" : "Add such a --loss"};
}

}  // namespace deltarule::network
