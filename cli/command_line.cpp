#include "cli/command_line.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "cli/explain_options.hpp"
#include "cli/given.hpp"
#include "cli/help.hpp"
#include "cli/option_table.hpp"
#include "cli/terminal.hpp"
#include "cli/text/layout.hpp"
#include "cli/text/spelling.hpp"
#include "cli/usage.hpp"

namespace deltarule::cli {
namespace {

void network_options(const Given& given, FitOptions& fit) {
  given.set(fit.hidden, "--hidden", hidden_value);
  given.set(fit.activation, "--activation");
  given.set(fit.normalise, "--normalise", word("--normalise", {"layer", "batch"}));
  given.set(fit.output_activation, "--output-activation");
  given.set(fit.loss, "--loss");
  given.set(fit.init, "--init");
  fit.monotone = given.all("--monotone");
}

/// A schedule, likewise.
std::string schedule_value(const std::string& text) {
  static const std::vector<std::string> kSchedules = {"constant", "step",      "exponential",
                                                      "cosine",   "one-cycle", "plateau"};
  const std::size_t bracket = std::min(text.find('('), text.size());
  return one_of("--schedule", text.substr(0, bracket), kSchedules) + text.substr(bracket);
}

void limit_options(const Given& given, FitOptions& fit) {
  if (given.flag("--layer-rate")) fit.layer_rates = layer_rate_value(given.all("--layer-rate"));
  for (const std::string& text : given.all("--freeze"))
    for (const std::string& layer : split_at_commas(text)) fit.freeze.push_back(layer);
  given.set(fit.clip_value, "--clip-value", real("--clip-value", kPositive));
  given.set(fit.clip_norm, "--clip-norm", real("--clip-norm", kPositive));
  given.set(fit.max_norm, "--max-norm", real("--max-norm", kPositive));
  fit.decay_biases = given.flag("--decay-biases");
  if (!given.flag("--textbook")) fit.on_divergence = "rollback";
  given.set(fit.on_divergence, "--on-divergence", word("--on-divergence", {"rollback", "stop"}));
}

void rule_options(const Given& given, FitOptions& fit) {
  given.set(fit.optimizer, "--optimizer", optimizer_value);
  given.set(fit.learning_rate, "--learning-rate", real("--learning-rate", kPositive));
  given.set(fit.schedule, "--schedule", schedule_value);
  given.set(fit.momentum, "--momentum", real("--momentum", kBelowOne));
  given.set(fit.weight_decay, "--weight-decay", real("--weight-decay", kNotNegative));
  given.set(fit.batch_size, "--batch-size", batch_value);
  given.set(fit.reduction, "--reduction", word("--reduction", {"mean", "sum"}));
  given.set(fit.label_smoothing, "--label-smoothing", real("--label-smoothing", kSmoothing));
  given.set(fit.dropout, "--dropout", dropout_value);
  given.set(fit.input_noise, "--input-noise", real("--input-noise", kDeviation));
  if (given.flag("--class-weight")) fit.class_weight = class_weight_value(given.all("--class-weight"));
  given.set(fit.scale, "--scale", word("--scale", {"standard", "minmax", "none"}));
  given.set(fit.precision, "--precision", word("--precision", {"f32", "f64"}));
  given.set(fit.seed, "--seed", whole("--seed", 0, "a whole number from 0 to 18446744073709551615", "1"));
  given.set(fit.threads, "--threads", threads_value);
  fit.shuffle = !given.flag("--no-shuffle");
  fit.textbook = given.flag("--textbook");
}

/// A number is a share of the rows; what is none is a file.
void validation_option(const Given& given, FitOptions& fit, std::string& file) {
  const std::optional<std::string> text = given.one("--validation");
  if (!text) return;
  if (text->empty()) refuse("--validation", "an empty text", "a share of the rows, or a file", "for example 0.15");
  if (is_number(*text)) {
    fit.validation = real_value("--validation", *text, kShare);
  } else {
    file = *text;
  }
}

void length_options(const Given& given, FitOptions& fit, std::string& validation_file) {
  given.set(fit.test, "--test", real("--test", kShare));
  validation_option(given, fit, validation_file);
  if (fit.test && fit.validation && *fit.test + *fit.validation >= 1.0) {
    refuse("--test and --validation", fmt::format("{} and {}", *fit.test, *fit.validation),
           "shares that leave rows to train on: a sum below 1", "for example --test 0.2 --validation 0.15");
  }
  given.set(fit.epochs, "--epochs", whole("--epochs", 1, "a whole number from 1", "200"));
  given.set(fit.patience, "--patience", whole("--patience", 0, "a whole number from 0 (0: no early stop)", "40"));
  given.set(fit.steps, "--steps", whole("--steps", 1, "a whole number from 1", "5000"));
  given.set(fit.time_limit, "--time-limit",
            [](const std::string& text) { return seconds_value("--time-limit", text); });
  given.set(fit.stop_on, "--stop-on");
  given.set(fit.min_improvement, "--min-improvement", real("--min-improvement", kNotNegative));
  given.set(fit.until_tss, "--until", until_value);
  exclude(given, "--refit", "--no-refit", "they contradict each other");
  if (given.flag("--refit")) fit.refit = true;
  if (given.flag("--no-refit")) fit.refit = false;
}

Task task_value(const std::string& text) {
  const Result<Task> task =
      task_named(one_of("--task", text, {"auto", "binary", "multiclass", "multilabel", "regression"}));
  if (!task) throw Exception(task.error());
  return *task;
}

void refuse_contradictions(const Given& given) {
  for (const char* wiring : {"--network", "--start-from"}) {
    for (const char* option : {"--hidden", "--activation", "--output-activation", "--normalise"}) {
      exclude(given, wiring, option, "the wiring and its activations come from the file");
    }
  }
  exclude(given, "--network", "--start-from", "both name a wiring, and --start-from also first weights");
  exclude(given, "--start-from", "--init", "the first weights come from the file");
}

ProgressStyle progress_value(const std::string& text) {
  const std::string name = one_of("--progress", text, {"auto", "plain", "none"});
  if (name == "plain") return ProgressStyle::plain;
  return name == "none" ? ProgressStyle::none : ProgressStyle::automatic;
}

void run_options(const Given& given, RunOptions& run) {
  given.set(run.folder, "--run");
  for (const char* option : {"--checkpoint-every", "--keep"}) {
    if (given.flag(option) && run.folder.empty())
      refuse(option, "a run that is not kept", "--run DIR with it", "name the folder of the run with --run");
  }
  given.set(run.every, "--checkpoint-every", interval_value);
  if (run.folder.empty()) return;  // --keep is also an option of predict
  given.set(run.keep, "--keep", whole("--keep", 1, "a whole number from 1", "3"));
  exclude(given, "--run", "--output", "the model goes into the folder of the run");
  exclude(given, "--run", "--history", "the history goes into the folder of the run");
  exclude(given, "--run", "--force", "a run is never overwritten");
}

void record_options(const Given& given, TrainCommand& train) {
  RecordOptions& record = train.fit.record;
  if (given.flag("--record")) set_record(given.all("--record"), record);
  for (const char* option : {"--every", "--record-rows", "--record-to"}) {
    if (given.flag(option) && !record.any())
      refuse(option, "nothing is recorded", "--record with it", "for example --record weights,activations,deltas");
  }
  if (given.flag("--record-rows") && !record.activations && !record.deltas)
    refuse("--record-rows", "rows with --record weights, which are of no row", "activations or deltas among --record",
           "leave out --record-rows");
  given.set(record.every, "--every", record_interval_value);
  given.set(record.rows, "--record-rows", record_rows_value);
  given.set(train.record_to, "--record-to");
  exclude(given, "--run", "--record-to", "the record goes into the folder of the run");
}

TrainCommand train_of(const Given& given) {
  TrainCommand train;
  train.data = data_of(given);
  train.target = given.all("--target");
  train.features = given.all("--features");
  train.ignore = given.all("--ignore");
  train.categorical = given.all("--categorical");
  given.set(train.weight, "--weight");
  given.set(train.task, "--task", task_value);
  exclude(given, "--group-by", "--split-by-time", "both decide the split");
  exclude(given, "--group-by", "--split-column", "both decide the split");
  exclude(given, "--split-by-time", "--split-column", "both decide the split");
  given.set(train.group_by, "--group-by");
  given.set(train.split_by_time, "--split-by-time");
  given.set(train.split_column, "--split-column");
  network_options(given, train.fit);
  rule_options(given, train.fit);
  limit_options(given, train.fit);
  length_options(given, train.fit, train.validation);
  refuse_contradictions(given);
  given.set(train.network, "--network");
  given.set(train.start_from, "--start-from");
  given.set(train.output, "--output");
  given.set(train.history, "--history");
  train.force = given.flag("--force");
  train.json = given.flag("--json");
  train.quiet = given.flag("--quiet");
  run_options(given, train.run);
  record_options(given, train);
  given.set(train.progress, "--progress", progress_value);
  return train;
}

ResumeCommand resume_of(const Given& given) {
  ResumeCommand resume;
  resume.folder = given.positional("DIR", "the folder of a run");
  given.set(resume.threads, "--threads", threads_value);
  resume.json = given.flag("--json");
  resume.quiet = given.flag("--quiet");
  given.set(resume.progress, "--progress", progress_value);
  return resume;
}

CvCommand cv_of(const Given& given) {
  CvCommand cv;
  cv.train = train_of(given);
  cv.how.threads = given.flag("--threads") ? cv.train.fit.threads : hardware_threads();
  cv.train.fit.threads = 1;
  given.set(cv.how.folds, "--folds", whole("--folds", 2, "a whole number from 2", "5"));
  given.set(cv.how.repeats, "--repeats", whole("--repeats", 1, "a whole number from 1", "3"));
  return cv;
}

/// The limit in time is that of the search, not of each training.
TuneCommand tune_of(const Given& given) {
  TuneCommand tune;
  tune.train = train_of(given);
  tune.how.threads = given.flag("--threads") ? tune.train.fit.threads : hardware_threads();
  tune.train.fit.threads = 1;
  tune.how.time_limit = std::exchange(tune.train.fit.time_limit, std::nullopt);
  if (const auto only = given.one("--only")) tune.how.only_rules = one_of("--only", *only, {"rules"}) == "rules";
  exclude(given, "--trials", "--time-limit", "both decide how long the search is");
  exclude(given, "--trials", "--only", "a comparison of rules has as many trials as there are rules and rates");
  given.set(tune.how.trials, "--trials", whole("--trials", 1, "a whole number from 1", "27"));
  return tune;
}

PredictOptions predict_options_of(const Given& given) {
  PredictOptions options;
  given.set(options.threads, "--threads", threads_value);
  if (const auto unseen = given.one("--unseen")) {
    options.refuse_unseen = one_of("--unseen", *unseen, {"missing", "error"}) == "error";
  }
  return options;
}

PredictCommand predict_of(const Given& given) {
  PredictCommand predict;
  predict.model = model_of(given);
  predict.data = data_of(given);
  predict.options = predict_options_of(given);
  predict.keep = given.all("--keep");
  predict.probabilities = given.flag("--proba");
  given.set(predict.output, "--output");
  predict.force = given.flag("--force");
  predict.json = given.flag("--json");
  predict.quiet = given.flag("--quiet");
  return predict;
}

EvaluateCommand evaluate_of(const Given& given) {
  EvaluateCommand evaluate;
  evaluate.model = model_of(given);
  evaluate.data = data_of(given);
  evaluate.options = predict_options_of(given);
  given.set(evaluate.options.weight, "--weight");
  given.set(evaluate.seed.value, "--seed", whole("--seed", 0, "a whole number from 0", "1"));
  evaluate.json = given.flag("--json");
  evaluate.quiet = given.flag("--quiet");
  return evaluate;
}

InspectCommand inspect_of(const Given& given) {
  InspectCommand inspect;
  inspect.file = given.positional("FILE", "a model file or a network in JSON");
  inspect.weights = given.flag("--weights");
  inspect.json = given.flag("--json");
  exclude(given, "--weights", "--json", "--weights is JSON already");
  return inspect;
}

BenchCommand bench_of(const Given& given) {
  BenchCommand bench;
  bench.quick = given.flag("--quick");
  bench.f64 = given.flag("--f64");
  bench.threads = hardware_threads();
  given.set(bench.threads, "--threads", threads_value);
  given.set(bench.only, "--only");
  given.set(bench.json, "--json");
  bench.force = given.flag("--force");
  bench.quiet = given.flag("--quiet");
  return bench;
}

void add_command(CLI::App& app, const CommandRow& row) {
  CLI::App* command = app.add_subcommand(row.name);
  command->allow_extras();
  command->set_help_flag("-h,--help");
  for (const PositionalRow& positional : row.positionals) command->add_option(positional.name);
  for (const OptionRow& option : row.options) {
    if (option.value == nullptr) {
      command->add_flag(option.names);
    } else {
      command->add_option(option.names)->expected(1)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    }
  }
}

const CommandRow* row_named(const std::string& name) {
  const auto rows = command_table();
  const auto found = std::ranges::find_if(rows, [&](const CommandRow& row) { return name == row.name; });
  return found == rows.end() ? nullptr : &*found;
}

std::vector<std::string> command_names() {
  std::vector<std::string> names;
  for (const CommandRow& row : command_table()) names.emplace_back(row.name);
  return names;
}

std::vector<std::string> option_names(const CommandRow& row) {
  std::vector<std::string> names = {"--help"};
  for (const OptionRow& option : row.options) {
    for (const std::string& name : split_at_commas(option.names)) {
      if (name.starts_with("--")) names.push_back(name);
    }
  }
  return names;
}

/// The command that knows an option, for one typed with the wrong command.
std::string owner_of(const std::string& option) {
  for (const CommandRow& row : command_table()) {
    const std::vector<std::string> names = option_names(row);
    if (std::ranges::find(names, option) != names.end()) return row.name;
  }
  return {};
}

[[noreturn]] void refuse_option(const std::string& typed, const CommandRow& row) {
  const std::string name = typed.substr(0, typed.find('='));
  const std::string place = fmt::format("deltarule {}", row.name);
  const std::string bare = name.substr(std::min(name.find_first_not_of('-'), name.size()));
  const std::string near = nearest("--" + bare, option_names(row));
  const std::string got = fmt::format("unknown option {}", printable(name));
  const std::string see = fmt::format("deltarule {} --help lists them", row.name);
  const std::string owner = owner_of("--" + bare);  // a name that exists is no misspelling
  if (!owner.empty())
    refuse(place, got, "an option of this command", fmt::format("{} is an option of {}; {}", name, owner, see));
  if (!near.empty()) refuse(place, got, "an option of this command", fmt::format("did you mean {}? {}", near, see));
  refuse(place, got, "an option of this command", see);
}

void refuse_extras(std::vector<std::string> extras, const CommandRow& row) {
  std::erase(extras, "--");
  if (extras.empty()) return;
  const auto option =
      std::ranges::find_if(extras, [](const std::string& text) { return text.size() > 1 && text[0] == '-'; });
  if (option != extras.end()) refuse_option(*option, row);
  std::string usage;
  for (const PositionalRow& positional : row.positionals) usage += fmt::format(" {}", positional.name);
  refuse(fmt::format("deltarule {}", row.name), fmt::format("one argument too many: \"{}\"", printable(extras.front())),
         fmt::format("deltarule {}{}", row.name, usage), "put names with spaces in quotes");
}

[[noreturn]] void refuse_without_command(const std::vector<std::string>& extras) {
  const std::string commands = joined(command_names());
  const std::string see = "deltarule --help shows examples";
  if (extras.empty()) refuse("deltarule", "no command", "one of " + commands, see);
  const std::string& first = extras.front();
  if (first.starts_with('-')) {
    refuse("deltarule", fmt::format("{} before any command", printable(first)), "a command first: " + commands, see);
  }
  const std::string near = nearest(first, command_names());
  refuse("deltarule", fmt::format("unknown command \"{}\"", printable(first)), "one of " + commands,
         near.empty() ? see : fmt::format("did you mean deltarule {}?", near));
}

/// CLI11's own complaint, for the few that its parser finds before we see the values: an option without its value.
[[noreturn]] void refuse_parse(const CLI::ParseError& fault) {
  const std::string text = fault.what();
  const std::size_t end = text.find_first_of(": ");
  if (text.starts_with('-') && end != std::string::npos) {
    const std::string option = text.substr(0, end);
    refuse(option, "no value", "a value after it", fmt::format("{} VALUE, or {}=VALUE", option, option));
  }
  refuse("command line", text, {}, "see deltarule --help");
}

/// Where CLI11 is more lenient than a user would want: a flag with a value, an option whose value is the next option.
void check_values(const CLI::App& chosen, const CommandRow& row) {
  const std::vector<std::string> known = option_names(row);
  for (const OptionRow& option : row.options) {
    const std::string name = split_at_commas(option.names).back();
    for (const std::string& value : chosen.get_option(name)->results()) {
      if (option.value == nullptr && value != "true") {
        refuse(name, fmt::format("a value, \"{}\"", printable(value)), "nothing after it",
               fmt::format("write {} alone", name));
      }
      if (option.value != nullptr && std::ranges::find(known, value) != known.end()) {
        refuse(name, fmt::format("no value before {}", value), "a value after it",
               fmt::format("{} VALUE, or {}=VALUE", name, name));
      }
    }
  }
}

/// What stood before the command, or after "--" beyond its arguments.
void refuse_strays(const std::vector<std::string>& strays, const CommandRow& row) {
  if (strays.empty()) return;
  refuse("deltarule", fmt::format("\"{}\" does not belong to {}", printable(strays.front()), row.name),
         "the command first, then its arguments and options", fmt::format("see deltarule {} --help", row.name));
}

Command command_of(const CLI::App& app, const CLI::App& chosen, const CommandRow& row) {
  refuse_strays(app.remaining(), row);
  refuse_extras(chosen.remaining(), row);
  check_values(chosen, row);
  const Given given(chosen);
  const std::string name = row.name;
  if (name == "train") return train_of(given);
  if (name == "resume") return resume_of(given);
  if (name == "predict") return predict_of(given);
  if (name == "evaluate") return evaluate_of(given);
  if (name == "cv") return cv_of(given);
  if (name == "tune") return tune_of(given);
  if (name == "explain") return explain_of(given);
  if (name == "gradcheck") return gradcheck_of(given);
  if (name == "bench") return bench_of(given);
  return inspect_of(given);
}

}  // namespace

namespace {

/// CLI11 takes arguments last first. "--check all" is one option in two words.
std::vector<std::string> reversed_arguments(int count, const char* const* arguments) {
  std::vector<std::string> words(arguments + 1, arguments + count);
  const bool explains = !words.empty() && words.front() == "explain";
  for (std::size_t i = 0; explains && i + 1 < words.size(); ++i) {
    if (words[i] != "--check" || words[i + 1] != "all") continue;
    words[i] = "--check-all";
    words.erase(words.begin() + static_cast<std::ptrdiff_t>(i) + 1);
  }
  std::ranges::reverse(words);
  return words;
}

}  // namespace

Command parse_command_line(int count, const char* const* arguments) {
  CLI::App app;
  app.allow_extras();
  app.require_subcommand(0, 1);  // a file may be called "predict"
  app.set_help_flag("-h,--help");
  app.add_flag("-V,--version");
  for (const CommandRow& row : command_table()) add_command(app, row);
  app.add_subcommand("help")->allow_extras();
  try {
    app.parse(reversed_arguments(count, arguments));
  } catch (const CLI::CallForHelp&) {
    const auto chosen = app.get_subcommands();
    const CommandRow* row = chosen.empty() ? nullptr : row_named(chosen.front()->get_name());
    return ShowText{row == nullptr ? general_help() : command_help(*row)};
  } catch (const CLI::ParseError& fault) {
    refuse_parse(fault);
  }
  if (app.count("--version") > 0) return ShowText{fmt::format("deltarule {}\n", DELTARULE_VERSION)};
  const auto chosen = app.get_subcommands();
  if (chosen.empty()) refuse_without_command(app.remaining());
  if (chosen.front()->get_name() == "help") {
    const std::vector<std::string> about = chosen.front()->remaining();
    const CommandRow* row = about.empty() ? nullptr : row_named(about.front());
    return ShowText{row == nullptr ? general_help() : command_help(*row)};
  }
  Command command = command_of(app, *chosen.front(), *row_named(chosen.front()->get_name()));
  if (auto* train = std::get_if<TrainCommand>(&command)) train->run.arguments.assign(arguments + 1, arguments + count);
  return command;
}

}  // namespace deltarule::cli
