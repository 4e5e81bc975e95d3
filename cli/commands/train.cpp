// `deltarule train`: reads, checks the output place, fits, saves; says what happens on standard error and, with --json,
// in events on standard output.
#include <fmt/format.h>

#include <optional>

#include "cli/commands/commands.hpp"
#include "cli/commands/events.hpp"
#include "cli/commands/output_place.hpp"
#include "cli/commands/tables.hpp"
#include "cli/commands/train_input.hpp"
#include "cli/commands/train_report.hpp"
#include "cli/exit_codes.hpp"
#include "cli/progress.hpp"
#include "cli/report.hpp"
#include "cli/results.hpp"
#include "cli/terminal.hpp"
#include "cli/text/layout.hpp"

namespace deltarule::cli {
namespace {

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

/// One run of `train`.
class Run {
 public:
  Run(const TrainCommand& command, KeptRun* kept)
      : command_(command),
        kept_(kept),
        report_(command.quiet),
        progress_(command.progress, command.quiet),
        events_(command.json) {}

  int run() {
    try {
      return run_or_throw();
    } catch (const Exception& fault) {
      const auto* diverged = dynamic_cast<const Diverged*>(&fault);
      progress_.end();
      events_.send_quietly(error_event(fault.error(), diverged == nullptr ? nullptr : &diverged->diagnosis()));
      throw;
    }
  }

 private:
  int run_or_throw() {
    const Dataset data = dataset_of(command_);
    FitOptions options = fit_options_of(command_);
    choose_places();
    if (kept_ == nullptr) options.record.folder = folder_of(record_.path);
    stop_on_signal(!command_.quiet, kept_ != nullptr);
    const std::optional<Fitted> fitted =
        kept_ == nullptr ? fit(data, options, watching()) : kept_->fit(data, options, watching(), keeping());
    progress_.end();
    if (!fitted) {
      report_.line("left", fmt::format("at a checkpoint; deltarule resume {} goes on", shell_word(folder())));
      return kInterrupted;
    }
    report_result(report_, fitted->report, command_);
    save(*fitted);
    report_written(report_, fitted->model, fitted->report, command_, {place_.path, record_.path});
    events_.send(done_event(fitted->report, fitted->model, place_.path, record_.path));
    if (events_.failed()) throw_lost_events();
    const bool stopped = fitted->report.stop == FitStop::interrupted || (kept_ == nullptr && stop_requested());
    return stopped ? kInterrupted : kDone;
  }

  [[nodiscard]] const std::string& folder() const { return kept_->options().folder; }

  void choose_places() {
    if (kept_ != nullptr) {
      place_.path = kept_->model_path();
      if (command_.fit.record.any()) record_.path = kept_->record_path();
      return;
    }
    place_ = choose_output(command_);
    check_history_place(command_, place_);
    record_ = choose_record_place(command_, place_);
  }

  RunEvents keeping() {
    RunEvents events;
    events.on_start = [this](const std::string& where) {
      report_.line("run", fmt::format("kept in {}, {}", printable(folder()), where));
    };
    events.on_warning = [this](const std::string& text) {
      progress_.end();
      write_err("warning: " + printable(text) + "\n");  // even when nothing else is said
    };
    events.leave = stop_requested;
    return events;
  }

  FitEvents watching() {
    FitEvents events;
    events.on_plan = [this](const FitPlan& plan) {
      report_plan(report_, plan, command_);
      if (!place_.notice.empty()) report_.line("", "note: " + place_.notice);
      events_.send(start_event(plan, command_, place_.path, record_.path));
      progress_.begin(plan.training_rows, plan.training_rows + plan.validation_rows);
    };
    events.on_epoch = [this](const FitProgress& progress) {
      progress_.epoch(progress);
      if (events_.open()) events_.send_quietly(epoch_event(progress));
      return kept_ == nullptr && stop_requested();  // one that is kept is left, not ended
    };
    if (kept_ == nullptr) events.stop_baselines = stop_requested;
    return events;
  }

  void save(const Fitted& fitted) {
    const SignalsHeld held;
    if (kept_ != nullptr) return kept_->finish(fitted, report_json(fitted.report, fitted.model));
    save_in(place_, fitted.model, [this] { return choose_output(command_); });
    if (!command_.history.empty()) write_file(command_.history, history_csv(fitted.report), command_.force);
    save_in(record_, fitted.report.record, [this] { return choose_record_place(command_, place_); });
  }

  /// A place that we chose may have been taken since; one that the user named is refused by save().
  template <class Saved, class Choose>
  static void save_in(OutputPlace& place, const Saved& saved, const Choose& choose) {
    constexpr int kMostAttempts = 10;
    for (int attempt = 1;; ++attempt) {
      try {
        saved.save(place.path, place.overwrite);
        return;
      } catch (const Exception&) {
        const bool is_there = is_same_file(place.path, place.path);
        if (!place.chosen || !is_there || attempt == kMostAttempts) throw;
        place = choose();
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
  KeptRun* kept_;  // null: the run is not kept
  Report report_;
  Progress progress_;
  EventStream events_;
  OutputPlace place_, record_;  // of the model; of what is recorded
};

}  // namespace

int run_train_in(const TrainCommand& command, KeptRun& kept) { return Run(command, &kept).run(); }

int run_train(const TrainCommand& command) {
  if (command.run.folder.empty()) return Run(command, nullptr).run();
  RunOptions options = command.run;
  options.files.push_back({"data", command.data.path});
  if (!command.validation.empty()) options.files.push_back({"validation rows", command.validation});
  if (!command.network.empty()) options.files.push_back({"network", command.network});
  if (!command.start_from.empty()) options.files.push_back({"model to begin with", command.start_from});
  KeptRun kept = KeptRun::begin(options);
  return run_train_in(command, kept);
}

}  // namespace deltarule::cli
