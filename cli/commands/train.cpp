// `deltarule train`: reads, checks the output place, fits, saves; says what happens on standard error and, with --json,
// in events on standard output.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "cli/commands/commands.hpp"
#include "cli/commands/events.hpp"
#include "cli/commands/output_place.hpp"
#include "cli/commands/tables.hpp"
#include "cli/commands/train_report.hpp"
#include "cli/exit_codes.hpp"
#include "cli/progress.hpp"
#include "cli/report.hpp"
#include "cli/results.hpp"
#include "cli/terminal.hpp"
#include "cli/text/layout.hpp"
#include "cli/usage.hpp"

namespace deltarule::cli {
namespace {

constexpr std::size_t kNamesShown = 40;

std::string lower_case(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

/// The column that most likely is the target: by its name, otherwise the last.
std::string likely_target(const std::vector<std::string>& columns) {
  for (const char* usual : {"target", "label", "class", "y", "outcome", "species", "diagnosis", "price", "output"}) {
    for (const std::string& column : columns) {
      if (lower_case(column) == usual) return column;
    }
  }
  return columns.back();
}

[[noreturn]] void refuse_without_target(const Table& table, const TrainCommand& command) {
  const std::vector<std::string> columns = table.column_names();
  refuse("--target", "not given", fmt::format("the column to predict, one of {}", joined(columns, ", ", kNamesShown)),
         columns.empty() ? std::string()
                         : fmt::format("for example deltarule train {} --target {}", argument_of(command.data.path),
                                       shell_word(likely_target(columns))));
}

Dataset dataset_of(const TrainCommand& command) {
  DataChoice choice = command.data;
  choice.csv.text_columns = possible_columns(command.categorical);
  const Table table = read_table(choice);
  const std::vector<std::string> columns = table.column_names();
  DatasetOptions options;
  options.target = column_list(command.target, columns);
  options.features = column_list(command.features, columns);
  options.ignore = column_list(command.ignore, columns);
  options.categorical = column_list(command.categorical, columns);
  options.task = command.task;
  if (options.target.empty()) refuse_without_target(table, command);
  return Dataset(table, options);
}

/// The options of the fit with the files that --network and --start-from name.
FitOptions fit_options_of(const TrainCommand& command) {
  FitOptions fit = command.fit;
  if (!command.network.empty()) {
    NetworkFile file = read_network(command.network);
    fit.network = std::move(file.spec);
    fit.input_names = std::move(file.input_names);
  }
  if (!command.start_from.empty()) {
    NetworkFile file = read_network(command.start_from);
    if (file.weights.empty()) {
      throw Exception(Error{ErrorCode::format, command.start_from, "a network without weights", "one with weights",
                            fmt::format("for the wiring alone: --network {}", argument_of(command.start_from))});
    }
    if (file.model) {
      fit.continue_from = std::move(file.model);
      return fit;
    }
    fit.network = std::move(file.spec);
    fit.start_from = std::move(file.weights);
    fit.input_names = std::move(file.input_names);
  }
  return fit;
}

/// Events on standard output, if they are wanted and somebody reads them.
class EventStream {
 public:
  explicit EventStream(bool wanted) : open_(wanted) {}
  [[nodiscard]] bool open() const { return open_; }
  /// A reader that went away ends the events, not the run; any other fault is thrown.
  void send(const std::string& event) {
    if (!open_) return;
    try {
      write_results(event);
    } catch (const BrokenPipe&) {
      open_ = false;
    }
  }
  /// The same from where nothing may be thrown: the fault is kept for end().
  void send_quietly(const std::string& event) noexcept {
    if (!open_) return;
    const int fault = write_out(event);
    if (fault == 0) return;
    open_ = false;
    failed_ = !is_broken_pipe(fault);
  }
  [[nodiscard]] bool failed() const { return failed_; }

 private:
  bool open_;
  bool failed_ = false;
};

/// The library speaks of settings; here they are options.
Error with_options(Error error) {
  if (error.code == ErrorCode::diverged && error.fix.find("--learning-rate") == std::string::npos) {
    error.fix += (error.fix.empty() ? "" : ": ") + std::string("see --learning-rate and --scale");
  }
  return error;
}

/// One run of `train`.
class Run {
 public:
  explicit Run(const TrainCommand& command)
      : command_(command), report_(command.quiet), progress_(command.progress, command.quiet), events_(command.json) {}

  int run() {
    try {
      return run_or_throw();
    } catch (const Exception& fault) {
      const Error error = with_options(fault.error());
      progress_.end();
      events_.send_quietly(error_event(error));
      throw Exception(error);
    }
  }

 private:
  int run_or_throw() {
    const Dataset data = dataset_of(command_);
    const FitOptions options = fit_options_of(command_);
    place_ = choose_output(command_);
    stop_on_signal(!command_.quiet);
    const Fitted fitted = fit(data, options, watching());
    progress_.end();
    report_result(report_, fitted.report, command_);
    save(fitted.model);
    report_written(report_, fitted.model, fitted.report, command_, place_.path);
    events_.send(done_event(fitted.report, fitted.model, place_.path));
    if (events_.failed()) throw_lost_events();
    return fitted.report.stop == FitStop::interrupted || stop_requested() ? kInterrupted : kDone;
  }

  FitEvents watching() {
    FitEvents events;
    events.on_plan = [this](const FitPlan& plan) {
      report_plan(report_, plan, command_);
      if (!place_.notice.empty()) report_.line("", "note: " + place_.notice);
      events_.send(start_event(plan, command_, place_.path));
      progress_.begin(plan.training_rows, plan.training_rows + plan.validation_rows);
    };
    events.on_epoch = [this](const FitProgress& progress) {
      progress_.epoch(progress);
      if (events_.open()) events_.send_quietly(epoch_event(progress));
      return stop_requested();
    };
    events.stop_baselines = [] { return stop_requested(); };
    return events;
  }

  /// A place that we chose may have been taken since; one that the user named is refused by save().
  void save(const Model& model) {
    constexpr int kMostAttempts = 10;
    const SignalsHeld held;
    for (int attempt = 1;; ++attempt) {
      try {
        model.save(place_.path, place_.overwrite);
        return;
      } catch (const Exception&) {
        if (!place_.chosen || attempt == kMostAttempts) throw;
        place_ = choose_output(command_);
      }
    }
  }

  [[noreturn]] void throw_lost_events() const {
    throw Exception(Error{ErrorCode::io, "standard output", "some events could not be written",
                          "a place that takes them all",
                          fmt::format("the model is whole, in {}; free some space and train again for the events",
                                      printable(place_.path))});
  }

  const TrainCommand& command_;
  Report report_;
  Progress progress_;
  EventStream events_;
  OutputPlace place_;
};

}  // namespace

int run_train(const TrainCommand& command) { return Run(command).run(); }

}  // namespace deltarule::cli
