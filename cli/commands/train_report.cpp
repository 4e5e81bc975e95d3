#include "cli/commands/train_report.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "cli/commands/measures.hpp"
#include "cli/commands/tables.hpp"
#include "cli/text/layout.hpp"

namespace deltarule::cli {
namespace {

constexpr std::size_t kNamesShown = 12;

std::string read_text(const FitPlan& plan) {
  std::string text =
      fmt::format("{}: {}, {}", printable(plan.source), counted(plan.rows, "row"), counted(plan.columns, "column"));
  return text + (plan.missing_cells == 0 ? ", no missing cells"
                                         : fmt::format(", {}", counted(plan.missing_cells, "missing cell")));
}

std::string task_text(const FitPlan& plan) {
  std::string text = fmt::format("{}: {}", name_of(plan.task), joined(plan.targets, ", ", kNamesShown));
  if (!plan.classes.empty() && plan.task != Task::multilabel) {
    text += fmt::format(" is one of {}", joined(plan.classes, ", ", kNamesShown));
  }
  text += fmt::format(", from {}", counted(plan.features.size(), "column"));
  return plan.task_given ? text : text + "  (--task)";
}

std::string split_text(const FitPlan& plan) {
  if (plan.validation_rows == 0 && plan.test_rows == 0) {
    return fmt::format("none: all {} are trained on, nothing is held out  (--test, --validation)",
                       counted(plan.training_rows, "row"));
  }
  std::string text = fmt::format("{} to train on", counted(plan.training_rows, "row"));
  if (plan.validation_rows > 0) text += fmt::format(", {} to stop by", plan.validation_rows);
  if (!plan.validation_source.empty()) text += fmt::format(" (from {})", printable(plan.validation_source));
  if (plan.test_rows > 0) text += fmt::format(", {} kept apart for the test", plan.test_rows);
  if (plan.split_by == "group") text += fmt::format(", no group of {} in two parts", printable(plan.split_column));
  if (plan.split_by == "time") text += fmt::format(", in the order of {}", printable(plan.split_column));
  if (plan.split_by == "column") return text + fmt::format(", as {} says", printable(plan.split_column));
  return text + (plan.stratified ? ", classes in proportion" : "") + "  (--test, --validation, --seed)";
}

/// "--seed 0", several to a line. The shares of the split have their own line.
std::string settings_text(const FitPlan& plan, const TrainCommand& command, bool given) {
  std::vector<std::string> parts;
  for (const Choice& choice : plan.choices) {
    const bool is_start = choice.option == "--start-from";
    if (is_start && choice.what == "scale") continue;  // the model's, as a note says
    const bool is_share = choice.option == "--test" || choice.option == "--validation";
    if (choice.given == given && !is_share && choice.what != "goal") {
      const std::string value = printable(is_start ? command.start_from : choice.value);
      const bool is_long = choice.what == "rule settings" || choice.what == "rule memory";
      // Those whose value cannot be typed behind the option.
      const bool is_told = is_long || choice.option.find("--no-") != std::string::npos;
      std::string part = is_told ? fmt::format("{} {} ({})", choice.what, value, choice.option)
                                 : fmt::format("{} {}", choice.option, value);
      if (!is_long) std::ranges::replace(part, ' ', kUnbrokenSpace);
      parts.push_back(std::move(part));
    }
  }
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : "; ") + part;
  return text;
}

std::string best_text(const FitResult& training) {
  if (training.best_epoch == training.epochs) return {};
  return fmt::format("; epoch {} was the best, whose weights are kept", training.best_epoch);
}

std::string stop_text(const FitReport& result, const TrainCommand& command) {
  const FitResult& training = result.training;
  const char* kept = result.refitted ? "" : ", whose weights are kept";
  switch (result.stop) {
    case FitStop::epochs:
      return fmt::format("after all {}{}", counted(training.epochs, "epoch"),
                         training.best_epoch > 0 && training.best_epoch < training.epochs
                             ? fmt::format("; epoch {} was the best{}", training.best_epoch, kept)
                             : "");
    case FitStop::patience:
      return fmt::format("after epoch {}: no better validation {} since epoch {}{}", training.epochs,
                         result.plan.stop_on, training.best_epoch, kept);
    case FitStop::error_below:
      return fmt::format("after epoch {}: tss {} is below {}", training.epochs, brief(result.training_tss),
                         command.fit.until_tss);
    case FitStop::steps:
      return fmt::format("after step {}, in epoch {}{}", training.steps, training.epochs, best_text(training));
    case FitStop::time_limit:
      return fmt::format("after step {}, in epoch {}: the time limit; --steps {} in its place repeats the run{}",
                         training.steps, training.epochs, training.steps, best_text(training));
    case FitStop::interrupted:
      return fmt::format("after epoch {}: interrupted; kept is the best so far, epoch {}", training.epochs,
                         training.best_epoch);
  }
  return {};
}

std::string measured_text(const FitReport& result) {
  const std::string rows = counted(result.measured_rows, "row");
  if (result.measured_on == "test") {
    return rows + (result.start_may_have_seen ? " that this training never saw; the starting weights may have"
                                              : " that training never saw");
  }
  if (result.measured_on == "validation") return rows + " that decided when to stop: a flattering measure";
  return "the " + rows + " that were trained on: this says nothing about new rows";
}

std::string baselines_text(const std::vector<Baseline>& baselines) {
  std::vector<std::string> parts;
  for (const Baseline& baseline : baselines) {
    parts.push_back(fmt::format("{}: {}", baseline.name, baseline.description));
  }
  return joined(parts, "; ");
}

std::string next_command(const Model& model, const TrainCommand& command, const std::string& path) {
  if (command.data.path == "-") return fmt::format("deltarule inspect {}", argument_of(path));
  const bool classes = model.task() != Task::regression;
  return fmt::format("deltarule predict {} {}{}", argument_of(path), argument_of(command.data.path),
                     classes ? " --proba" : "");
}

}  // namespace

void report_plan(const Report& report, const FitPlan& plan, const TrainCommand& command) {
  report.line("read", read_text(plan));
  for (const std::string& notice : plan.notices) report.line("", "note: " + printable(notice));
  report.line("task", task_text(plan));
  report.line("split", split_text(plan));
  report.line("network", fmt::format("{}: {}", plan.network, counted(plan.weight_count, "weight")));
  for (const bool given : {true, false}) {
    const std::string settings = settings_text(plan, command, given);
    if (!settings.empty()) report.line(given ? "given" : "chosen", settings);
  }
  report.line("epochs",
              fmt::format("at most {}, {}, {}", plan.epochs, counted(plan.threads, "thread"), plan.arithmetic));
  if (!plan.record.empty()) report.line("record", plan.record);
  if (command.fit.until_tss > 0) report.line("", fmt::format("until tss < {}", command.fit.until_tss));
}

void report_result(const Report& report, const FitReport& result, const TrainCommand& command) {
  report.line("stopped", stop_text(result, command));
  if (command.fit.until_tss > 0 && result.stop != FitStop::error_below) {
    report.line("", fmt::format("note: tss is {}, not below {}: more epochs (--epochs) or another --seed may get there",
                                brief(result.training_tss), command.fit.until_tss));
  }
  if (result.refitted) {
    report.line("refit", fmt::format("from the same first weights on {} for {}  (--no-refit)",
                                     counted(result.rows_seen, "row"), counted(result.refit_epochs, "epoch")));
  }
  for (const std::string& notice : result.notices) report.line("", "note: " + printable(notice));
  for (const std::string& finding : result.health.findings)
    report.line(&finding == &result.health.findings.front() ? "health" : "", printable(finding));
  if (result.metrics.empty()) return;
  report.line(result.measured_on, measured_text(result));
  report.block("", metric_lines(result.metrics, result.baselines));
  if (!result.baselines.empty()) report.line("", baselines_text(result.baselines));
  if (!result.verdict.empty()) report.line("verdict", result.verdict);
}

void report_written(const Report& report, const Model& model, const FitReport& result, const TrainCommand& command,
                    const WrittenFiles& files) {
  std::vector<std::string> written = {printable(files.model)};
  if (!command.history.empty()) written.push_back(printable(command.history));
  if (!files.record.empty()) written.push_back(printable(files.record));
  report.block("wrote", written);
  report.line("weights",
              fmt::format("digest {}, fitted on {}", result.weights_digest, counted(result.rows_seen, "row")));
  report.block("next", {next_command(model, command, files.model)});  // to be copied as it stands
}

}  // namespace deltarule::cli
