#include "cli/commands/tune_report.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "cli/commands/events.hpp"
#include "cli/commands/measures.hpp"
#include "cli/commands/tune_command.hpp"
#include "cli/text/json.hpp"
#include "cli/text/layout.hpp"

namespace deltarule::cli {
namespace {

constexpr std::size_t kTrialsShown = 10;
constexpr std::size_t kWidth = 80;
using Rows = std::vector<std::vector<std::string>>;

/// Beside the loss one metric is shown: that which was compared, otherwise the first of the task.
std::string shown_metric(const Tuned& tuned) {
  if (tuned.metric != "loss") return tuned.metric;
  for (const Trial& trial : tuned.trials)
    if (!trial.metrics.empty()) return trial.metrics.front().name;
  return {};
}

std::string metric_of(const Trial& trial, const std::string& name) {
  for (const Metric& metric : trial.metrics)
    if (metric.name == name) return brief(metric.value);
  return "–";
}

std::string setting_of(const Trial& trial, const std::string& what) {
  for (const Choice& choice : trial.settings)
    if (choice.what == what) return choice.value;
  return "–";
}

const Trial* numbered(const Tuned& tuned, std::size_t number) {
  const auto found = std::ranges::find(tuned.trials, number, &Trial::number);
  return found == tuned.trials.end() ? nullptr : &*found;
}

// ---- text ----

/// What any trial has chosen, those with more choices first: a rule without a rate leaves its place out.
std::vector<std::string> settings_shown(const Tuned& tuned) {
  std::vector<std::string> names;
  const auto most = std::ranges::max_element(tuned.trials, {}, [](const Trial& one) { return one.settings.size(); });
  for (const Choice& choice : most->settings) names.push_back(choice.what);
  return names;
}

/// "rate" of "learning rate": a column is narrow.
std::string heading(const std::string& what) {
  return what == "batch size" ? "batch" : what.substr(what.find(' ') + 1);
}

Rows trial_rows(const Tuned& tuned) {
  const std::vector<std::string> names = settings_shown(tuned);
  const std::string metric = shown_metric(tuned);
  Rows rows = {{"trial", "epochs", "loss", metric}};
  for (const std::string& name : names) rows.front().push_back(heading(name));
  for (const Trial& trial : tuned.trials) {
    if (rows.size() > kTrialsShown || trial.error) break;
    rows.push_back(
        {std::to_string(trial.number), std::to_string(trial.best_epoch), brief(trial.loss), metric_of(trial, metric)});
    for (const std::string& name : names) rows.back().push_back(setting_of(trial, name));
  }
  return rows;
}

Rows rule_rows(const Tuned& tuned) {
  const std::string metric = shown_metric(tuned);
  const bool timed =
      std::ranges::any_of(tuned.rules, [](const RuleResult& rule) { return rule.seconds_to_level.has_value(); });
  Rows rows = {{"rule", "rate", "loss", metric, "loss by default", metric, "epochs", "to level"}};
  if (timed) rows.front().emplace_back("seconds");
  for (const RuleResult& rule : tuned.rules) {
    const Trial *best = numbered(tuned, rule.best), *defaults = numbered(tuned, rule.defaults);
    if (best == nullptr) {
      rows.push_back({rule.rule, rule.unsuited.empty() ? "failed" : "–"});
      rows.back().resize(rows.front().size(), "–");
      continue;
    }
    const bool stands = defaults != nullptr && !defaults->error;
    rows.push_back({rule.rule, setting_of(*best, "learning rate"), brief(best->loss), metric_of(*best, metric),
                    stands ? brief(defaults->loss) : "failed", stands ? metric_of(*defaults, metric) : "–",
                    std::to_string(best->best_epoch),
                    rule.epochs_to_level ? std::to_string(*rule.epochs_to_level) : "–"});
    if (timed) rows.back().push_back(rule.seconds_to_level ? brief(*rule.seconds_to_level) : "–");
  }
  return rows;
}

std::string lines_of(const Rows& rows, const std::vector<std::size_t>& right) {
  std::string text;
  for (const std::string& line : aligned(rows, right)) text += line + "\n";
  return text;
}

std::string head_text(const TuneCommand& command, const Dataset& data, const Tuned& tuned) {
  const std::size_t validation = tuned.rows.validation.size();
  std::string text = fmt::format("{}: {}, {} of {}\n", printable(command.train.data.path), counted(data.rows(), "row"),
                                 name_of(data.task()), joined(data.targets()));
  text += fmt::format("{}, each trained on {}", counted(tuned.trials.size(), "trial"),
                      counted(tuned.rows.training.size(), "row"));
  if (validation > 0) text += fmt::format(" and judged by {} on {} others", tuned.metric, validation);
  if (!command.train.validation.empty())
    text += fmt::format(" and judged by {} on those of {}", tuned.metric, printable(command.train.validation));
  text += fmt::format("; seed {}\n", command.train.fit.seed);
  if (tuned.failed > 0) text += fmt::format("{} failed\n", counted(tuned.failed, "trial"));
  if (tuned.interrupted) text += "interrupted: this is what was best until then\n";
  return text + "\n";
}

std::string level_text(const Tuned& tuned) {
  std::string text = fmt::format(
      "\nto level: epochs of the best rate until a validation {} of {}, which every rule "
      "reached",
      tuned.metric, brief(tuned.level));
  text = wrap(text, kWidth, 0) + "\n";
  for (const RuleResult& rule : tuned.rules)
    if (!rule.unsuited.empty())
      text += wrap(fmt::format("{} does not suit: {}", rule.rule, rule.unsuited), kWidth, 0) + "\n";
  return text;
}

std::string winner_text(const Tuned& tuned) {
  if (!tuned.winner) return {};
  const FitReport& report = tuned.winner->report;
  const bool kept_apart = report.measured_on == "test";
  std::string text =
      fmt::format("\ntrial {}, trained as below and measured on {}{}:\n", tuned.trials.front().number,
                  counted(report.measured_rows, "row"),
                  kept_apart ? " that no trial saw" : fmt::format(" of {}, which flatter it", report.measured_on));
  for (const std::string& line : metric_lines(report.metrics, report.baselines)) text += line + "\n";
  return text;
}

std::string command_text(const TuneCommand& command, const Tuned& tuned) {
  std::string text = "\n";
  for (const std::string& line : command_lines(winning_command(command, tuned), kWidth)) text += line + "\n";
  return text;
}

// ---- JSON ----

std::string settings_json(const Trial& trial) {
  JsonObject object;
  for (const Choice& choice : trial.settings) object.text(choice.what, choice.value);
  return object.str();
}

const char* end_name(TrialEnd end) {
  switch (end) {
    case TrialEnd::finished:
      return "finished";
    case TrialEnd::cut:
      return "cut";
    case TrialEnd::failed:
      break;
  }
  return "failed";
}

std::string trial_json(const Trial& trial) {
  JsonObject object;
  object.count("trial", trial.number)
      .text("end", end_name(trial.end))
      .raw("settings", settings_json(trial))
      .count("epochs", trial.epochs)
      .count("epochs_run", trial.epochs_run)
      .count("best_epoch", trial.best_epoch)
      .count("steps", trial.steps)
      .number("loss", trial.loss)
      .number("score", trial.score)
      .raw("metrics", metrics_json(trial.metrics))
      .text("weights_digest", trial.weights_digest);
  return object.raw("error", trial.error ? json_text(trial.error->message()) : "null").str();
}

std::string rule_json(const RuleResult& rule) {
  JsonObject object;
  object.text("rule", rule.rule)
      .raw("best", rule.best == 0 ? "null" : std::to_string(rule.best))
      .count("defaults", rule.defaults)
      .raw("unsuited", rule.unsuited.empty() ? "null" : json_text(rule.unsuited))
      .raw("epochs_to_level", rule.epochs_to_level ? std::to_string(*rule.epochs_to_level) : "null")
      .raw("seconds_to_level", rule.seconds_to_level ? json_number(*rule.seconds_to_level) : "null");
  return object.str();
}

std::string winner_json(const Tuned& tuned) {
  if (!tuned.winner) return "null";
  const FitReport& report = tuned.winner->report;
  JsonObject baselines, object;
  for (const Baseline& baseline : report.baselines) baselines.raw(baseline.name, metrics_json(baseline.metrics));
  object.count("epochs", report.training.epochs)
      .count("best_epoch", report.training.best_epoch)
      .raw("refit_epochs", report.refitted ? std::to_string(report.refit_epochs) : "null")
      .text("measured_on", report.measured_on)
      .count("rows", report.measured_rows)
      .raw("metrics", metrics_json(report.metrics))
      .raw("intervals", intervals_json(report.metrics))
      .raw("baseline", baselines.str())
      .text("verdict", report.verdict);
  return object.text("weights_digest", report.weights_digest).str();
}

}  // namespace

std::string tune_text(const TuneCommand& command, const Dataset& data, const Tuned& tuned) {
  std::string text = head_text(command, data, tuned);
  if (tuned.rules.empty()) {
    text += lines_of(trial_rows(tuned), {0, 1, 2, 3});
    if (tuned.trials.size() - tuned.failed > kTrialsShown)
      text += fmt::format("and {} more (--json lists them)\n", tuned.trials.size() - tuned.failed - kTrialsShown);
  } else {
    text += lines_of(rule_rows(tuned), {1, 2, 3, 4, 5, 6, 7, 8}) + level_text(tuned);
  }
  return text + winner_text(tuned) + command_text(command, tuned);
}

std::string tune_json(const TuneCommand& command, const Dataset& data, const Tuned& tuned) {
  std::vector<std::string> trials, rules;
  for (const Trial& trial : tuned.trials) trials.push_back(trial_json(trial));
  for (const RuleResult& rule : tuned.rules) rules.push_back(rule_json(rule));
  JsonObject object;
  object.text("schema", "deltarule-tune-1")
      .text("version", DELTARULE_VERSION)
      .text("data", command.train.data.path)
      .text("task", name_of(data.task()))
      .list("targets", data.targets())
      .count("rows", data.rows())
      .count("training", tuned.rows.training.size())
      .count("validation", tuned.rows.validation.size())
      .text("metric", tuned.metric)
      .truth("higher_is_better", tuned.higher_is_better)
      .count("seed", command.train.fit.seed)
      .count("failed", tuned.failed)
      .truth("interrupted", tuned.interrupted)
      .raw("trials", json_array(trials))
      .raw("rules", rules.empty() ? "null" : json_array(rules))
      .number("level", tuned.level)
      .raw("winner", winner_json(tuned))
      .text("command", joined(winning_command(command, tuned), " "))
      .raw("model", tuned.winner && !command.train.output.empty() ? json_text(command.train.output) : "null")
      .list("notices", tuned.notices);
  return object.str() + "\n";
}

std::string trial_text(const TuneProgress& progress) {
  const Trial& trial = progress.trial;
  std::string text = fmt::format("trial {}: ", trial.number);
  text += trial.error ? "failed" : fmt::format("{} after {}", brief(trial.score), counted(trial.epochs_run, "epoch"));
  if (progress.leading != nullptr)
    text += fmt::format("; best {} (trial {})", brief(progress.leading->score), progress.leading->number);
  return text + fmt::format("; {} ended", counted(progress.ended, "training"));
}

}  // namespace deltarule::cli
