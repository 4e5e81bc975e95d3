// `deltarule cv`: cross-validation, as a table per fold with mean and standard deviation, or as one JSON object.
#include <fmt/format.h>

#include <algorithm>

#include "cli/commands/commands.hpp"
#include "cli/commands/events.hpp"
#include "cli/commands/measures.hpp"
#include "cli/commands/tables.hpp"
#include "cli/commands/train_input.hpp"
#include "cli/exit_codes.hpp"
#include "cli/results.hpp"
#include "cli/terminal.hpp"
#include "cli/text/json.hpp"
#include "cli/text/layout.hpp"

namespace deltarule::cli {
namespace {

using Summaries = std::vector<MetricSummary>;

// ---- text ----

std::string dealt_text(const Dataset& data, const CvCommand& command) {
  std::string text = counted(command.how.folds, "fold");
  if (command.how.repeats > 1) text += fmt::format(", {} times", command.how.repeats);
  const bool classes = data.task() == Task::binary || data.task() == Task::multiclass;
  if (!command.train.group_by.empty()) {
    text += fmt::format(", no group of {} in two folds", printable(command.train.group_by));
  } else if (classes) {
    text += ", classes in proportion";
  }
  return text + fmt::format(", seed {}", command.train.fit.seed);
}

std::vector<std::string> summary_row(const std::string& name, const Summaries& metrics, double MetricSummary::* value) {
  std::vector<std::string> row = {name, "", ""};
  for (const MetricSummary& metric : metrics) row.push_back(brief(metric.*value));
  return row;
}

std::vector<std::string> table_lines(const CrossValidation& result, bool repeated) {
  std::vector<std::vector<std::string>> rows = {{"fold", "rows", "epochs"}};
  for (const MetricSummary& metric : result.metrics) rows.front().push_back(metric.name);
  for (const FoldReport& fold : result.folds) {
    const std::string number = repeated ? fmt::format("{}.{}", fold.repeat, fold.fold) : std::to_string(fold.fold);
    rows.push_back(
        {number, std::to_string(fold.report.measured_rows), std::to_string(fold.report.training.best_epoch)});
    for (const Metric& metric : fold.report.metrics) rows.back().push_back(brief(metric.value));
  }
  rows.push_back(summary_row("mean", result.metrics, &MetricSummary::mean));
  rows.push_back(summary_row("sd", result.metrics, &MetricSummary::sd));
  for (const BaselineSummary& baseline : result.baselines)
    rows.push_back(summary_row(baseline.name, baseline.metrics, &MetricSummary::mean));
  std::vector<std::size_t> right;
  for (std::size_t column = 1; column < rows.front().size(); ++column) right.push_back(column);
  return aligned(rows, right);
}

std::string as_text(const CvCommand& command, const Dataset& data, const CrossValidation& result) {
  const FitPlan& plan = result.folds.front().report.plan;
  std::string text =
      fmt::format("{}: {}, {} of {}; {}\n", printable(command.train.data.path), counted(data.rows(), "row"),
                  name_of(data.task()), joined(data.targets()), plan.network);
  text += dealt_text(data, command) + "\n";
  if (result.interrupted)
    text += fmt::format("interrupted: {} of {} folds ended\n", result.folds.size(), result.planned);
  text += "\n";
  for (const std::string& line : table_lines(result, command.how.repeats > 1)) text += line + "\n";
  text += fmt::format("\nsd: sample standard deviation over the {} (n - 1)", counted(result.folds.size(), "fold"));
  if (!result.baselines.empty()) text += "; trivial and linear: means of the simple models";
  return text + "\n";
}

// ---- JSON ----

std::string summaries_json(const Summaries& metrics, double MetricSummary::* value) {
  JsonObject object;
  for (const MetricSummary& metric : metrics) object.number(metric.name, metric.*value);
  return object.str();
}

std::string fold_json(const FoldReport& fold) {
  const FitReport& report = fold.report;
  JsonObject object;
  object.count("repeat", fold.repeat)
      .count("fold", fold.fold)
      .count("seed", fold.seed)
      .count("training", fold.rows.training.size())
      .count("validation", report.plan.validation_rows)
      .count("test", fold.rows.test.size())
      .text("stop", stop_name(report.stop))
      .count("epochs", report.training.epochs)
      .count("best_epoch", report.training.best_epoch)
      .count("steps", report.training.steps)
      .raw("refit_epochs", report.refitted ? std::to_string(report.refit_epochs) : "null")
      .raw("metrics", metrics_json(report.metrics));
  return object.text("weights_digest", report.weights_digest).str();
}

std::string as_json(const CvCommand& command, const Dataset& data, const CrossValidation& result,
                    const std::vector<std::string>& notices) {
  std::vector<std::string> folds;
  for (const FoldReport& fold : result.folds) folds.push_back(fold_json(fold));
  JsonObject with_values, baselines;
  for (const MetricSummary& metric : result.metrics) with_values.count(metric.name, metric.folds);
  for (const BaselineSummary& baseline : result.baselines)
    baselines.raw(baseline.name, summaries_json(baseline.metrics, &MetricSummary::mean));
  const std::string& group = command.train.group_by;
  JsonObject object;
  object.text("schema", "deltarule-cv-1")
      .text("version", DELTARULE_VERSION)
      .text("data", command.train.data.path)
      .text("task", name_of(data.task()))
      .list("targets", data.targets())
      .count("rows", data.rows())
      .count("folds", command.how.folds)
      .count("repeats", command.how.repeats)
      .text("by", group.empty() ? "random" : "group")
      .raw("column", group.empty() ? "null" : json_text(group))
      .count("seed", command.train.fit.seed)
      .text("network", result.folds.front().report.plan.network)
      .raw("results", json_array(folds))
      .raw("mean", summaries_json(result.metrics, &MetricSummary::mean))
      .raw("sd", summaries_json(result.metrics, &MetricSummary::sd))
      .raw("folds_with_value", with_values.str())
      .raw("baseline", baselines.str())
      .truth("interrupted", result.interrupted)
      .list("notices", notices);
  return object.str() + "\n";
}

// ---- the run ----

void say_fold(const FoldReport& fold, std::size_t ended, const CvCommand& command) {
  const std::string repeat = command.how.repeats > 1 ? fmt::format("repeat {}, ", fold.repeat) : "";
  write_err(
      fmt::format("  {}fold {} ended, {} of {}\n", repeat, fold.fold, ended, command.how.folds * command.how.repeats));
}

/// What was found about the table, then about the folds; what every fold's plan says is said once.
std::vector<std::string> notices_of(const CrossValidation& result) {
  std::vector<std::string> notices = result.notices;
  const auto add = [&](const std::string& notice) {
    if (std::ranges::find(notices, notice) == notices.end()) notices.push_back(notice);
  };
  for (const FoldReport& fold : result.folds)
    for (const std::string& notice : fold.report.plan.notices) add(notice);
  return notices;
}

}  // namespace

int run_cv(const CvCommand& command) {
  const Dataset data = dataset_of(command.train);
  const FitOptions options = fit_options_of(command.train);
  stop_on_signal(!command.train.quiet);
  CrossValidationEvents events;
  std::size_t ended = 0;
  events.stop = [] { return stop_requested(); };
  if (!command.train.quiet) events.on_fold = [&](const FoldReport& fold) { say_fold(fold, ++ended, command); };
  const CrossValidation result = cross_validate(data, options, command.how, events);
  if (result.folds.empty()) return kInterrupted;
  const std::vector<std::string> notices = notices_of(result);
  show_notices(notices, command.train.quiet);
  write_results(command.train.json ? as_json(command, data, result, notices) : as_text(command, data, result));
  return result.interrupted ? kInterrupted : kDone;
}

}  // namespace deltarule::cli
