// A run in words, 80 columns wide: what was planned and what came of it. The command line adds progress and files.
#include <algorithm>
#include <cmath>
#include <ostream>

#include "app/words.hpp"
#include "base/text.hpp"
#include "deltarule/fit.hpp"

namespace deltarule {
namespace {

using app::joined;
using app::rounded;
using app::thousands;

constexpr std::size_t kLabel = 11;
constexpr std::size_t kNames = 12;

void line(std::ostream& out, std::string_view label, const std::string& text) {
  out << label << std::string(kLabel - std::min(kLabel - 1, label.size()), ' ') << app::wrapped(text, kLabel, kLabel)
      << '\n';
}

std::string some(const std::vector<std::string>& names) {
  if (names.size() <= kNames) return joined(names);
  return joined({names.begin(), names.begin() + kNames}) + " and " + thousands(names.size() - kNames) + " more";
}

std::string data_in_words(const FitPlan& plan) {
  return plan.source + ": " + thousands(plan.rows) + " rows, " + thousands(plan.columns) + " columns, " +
         (plan.missing_cells == 0 ? "no" : thousands(plan.missing_cells)) + " missing cells";
}

std::string task_in_words(const FitPlan& plan) {
  std::string text = std::string(name_of(plan.task)) + ": " + some(plan.targets);
  if (!plan.classes.empty()) text += " is one of " + some(plan.classes);
  return text + (plan.task_given ? "" : " (--task changes it)");
}

std::string column_in_words(const FitPlan& plan) {
  if (plan.split_by == "group") return "; no group of " + plan.split_column + " in two parts";
  if (plan.split_by == "time") return "; in the order of " + plan.split_column;
  if (plan.split_by == "column") return "; as the column " + plan.split_column + " says";
  return {};
}

std::string split_in_words(const FitPlan& plan) {
  if (plan.validation_rows + plan.test_rows == 0)
    return "all " + thousands(plan.training_rows) + " rows are trained on; nothing is held out (--test, --validation)";
  return thousands(plan.training_rows) + " rows for training, " + thousands(plan.validation_rows) +
         " for validation, " + thousands(plan.test_rows) + " for the test" +
         (plan.stratified ? "; each class in proportion" : "") + column_in_words(plan);
}

std::string choice_in_words(const Choice& choice) {
  return choice.what + " " + choice.value + (choice.given ? " (given)" : " (chosen; " + choice.option + " changes it)");
}

std::string stop_in_words(const FitReport& report) {
  const FitResult& training = report.training;
  const std::string epoch = thousands(training.epochs);
  const std::string best = ", the weights of epoch " + thousands(training.best_epoch) + " were kept";
  switch (report.stop) {
    case FitStop::epochs:
      return "after all " + epoch + " epochs" + (training.best_epoch < training.epochs ? best : "");
    case FitStop::patience:
      return "after epoch " + epoch + ": the validation " + report.plan.stop_on + " got no better" + best;
    case FitStop::error_below:
      return "after epoch " + epoch + ": tss " + rounded(report.training_tss) + " is low enough";
    case FitStop::steps:
      return "after step " + thousands(training.steps) + ", in epoch " + epoch + best;
    case FitStop::time_limit:
      return "after step " + thousands(training.steps) + ", in epoch " + epoch + ": the time limit; --steps " +
             std::to_string(training.steps) + " in its place repeats the run" + best;
    case FitStop::interrupted:
      break;
  }
  return "interrupted after epoch " + epoch + best;
}

/// The goal is among the choices only when there was one.
const Choice* goal_of(const FitPlan& plan) {
  for (const Choice& choice : plan.choices)
    if (choice.what == "goal") return &choice;
  return nullptr;
}

std::string measured_in_words(const FitReport& report) {
  const std::string rows = base::counted(report.measured_rows, "row");
  if (report.measured_on == "test") return "on " + rows + " that training never saw";
  if (report.measured_on == "validation") return "on " + rows + " that decided when to stop: a flattering measure";
  return "on the " + rows + " trained on: says nothing about new rows";
}

std::string baseline_in_words(const Baseline& baseline) {
  std::vector<std::string> figures;
  for (const Metric& metric : baseline.metrics)
    if (!std::isnan(metric.value)) figures.push_back(metric.name + " " + rounded(metric.value));
  return baseline.name + " (" + baseline.description + "): " + joined(figures);
}

void write_goal(std::ostream& out, const FitReport& report) {
  const Choice* goal = goal_of(report.plan);
  if (goal == nullptr || report.stop == FitStop::error_below) return;
  line(out, "",
       "The goal " + goal->value + " was not reached: tss is " + rounded(report.training_tss) +
           ". Another --seed, more --epochs or more units may reach it.");
}

}  // namespace

void write_plan(std::ostream& out, const FitPlan& plan) {
  line(out, "data", data_in_words(plan));
  for (const std::string& notice : plan.notices) line(out, "", "note: " + notice);
  line(out, "task", task_in_words(plan));
  line(out, "features", some(plan.features));
  line(out, "split", split_in_words(plan));
  line(out, "network", plan.network + "; " + thousands(plan.weight_count) + " weights");
  std::string_view label = "choices";
  for (const Choice& choice : plan.choices) {
    line(out, label, choice_in_words(choice));
    label = "";
  }
  line(out, "computing", base::counted(plan.threads, "thread") + ", " + plan.arithmetic);
}

void write_result(std::ostream& out, const FitReport& report) {
  line(out, "stopped", stop_in_words(report));
  write_goal(out, report);
  if (report.refitted) {
    line(out, "refit",
         "from the same first weights on all " + thousands(report.rows_seen) + " training and validation rows, " +
             base::counted(report.refit_epochs, "epoch"));
  }
  for (const std::string& notice : report.notices) line(out, "", "note: " + notice);
  if (!report.metrics.empty()) line(out, report.measured_on, measured_in_words(report));
  for (const Metric& metric : report.metrics) line(out, "", app::metric_in_words(metric));
  for (const std::string& finding : report.health.findings) line(out, "health", finding);
  std::string_view label = "baselines";
  for (const Baseline& baseline : report.baselines) {
    line(out, label, baseline_in_words(baseline));
    label = "";
  }
  if (!report.verdict.empty()) line(out, "verdict", report.verdict);
  line(out, "weights", "digest " + report.weights_digest + ", fitted on " + base::counted(report.rows_seen, "row"));
}

std::ostream& operator<<(std::ostream& out, const FitReport& report) {
  write_plan(out, report.plan);
  write_result(out, report);
  return out;
}

}  // namespace deltarule
