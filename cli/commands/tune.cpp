// `deltarule tune`: searches settings, or compares the update rules, and says which command trains the winner.
#include <fmt/format.h>

#include "cli/commands/commands.hpp"
#include "cli/commands/output_place.hpp"
#include "cli/commands/tables.hpp"
#include "cli/commands/train_input.hpp"
#include "cli/commands/tune_report.hpp"
#include "cli/exit_codes.hpp"
#include "cli/results.hpp"
#include "cli/terminal.hpp"
#include "cli/text/layout.hpp"

namespace deltarule::cli {
namespace {

constexpr std::string_view kClearLine = "\r\x1b[K";

/// One line on a terminal, written over; elsewhere a line for each training.
class TuneLines {
 public:
  explicit TuneLines(bool quiet) : quiet_(quiet), live_(!quiet && can_redraw(Stream::err)) {}
  void show(const TuneProgress& progress) const {
    if (quiet_) return;
    const std::string text = trial_text(progress);
    if (!live_) return write_err("  " + text + "\n");
    write_err(std::string(kClearLine) + text.substr(0, std::max<std::size_t>(terminal_width(Stream::err), 2) - 1));
  }
  void end() const {
    if (live_) write_err(kClearLine);
  }

 private:
  bool quiet_, live_;
};

}  // namespace

int run_tune(const TuneCommand& command) {
  const TrainCommand& train = command.train;
  const Dataset data = dataset_of(train);
  const FitOptions options = fit_options_of(train);
  const bool writes = !train.output.empty();
  if (writes) (void)choose_output(train);  // refuses a place that cannot be written to, before the search
  stop_on_signal(!train.quiet);
  const TuneLines lines(train.quiet);
  TuneEvents events;
  events.on_trial = [&](const TuneProgress& progress) { lines.show(progress); };
  events.stop = [] { return stop_requested(); };
  const Tuned tuned = tune(data, options, command.how, events);
  lines.end();
  if (tuned.trials.empty()) return kInterrupted;
  show_notices(tuned.notices, train.quiet);
  if (writes && tuned.winner) {
    const SignalsHeld held;
    tuned.winner->model.save(train.output, train.force);
  }
  write_results(train.json ? tune_json(command, data, tuned) : tune_text(command, data, tuned));
  if (train.quiet) return tuned.interrupted ? kInterrupted : kDone;
  if (writes && tuned.winner) write_err(fmt::format("wrote {}\n", printable(train.output)));
  if (writes && !tuned.winner) write_err("no model was written; the command above trains it\n");
  return tuned.interrupted ? kInterrupted : kDone;
}

}  // namespace deltarule::cli
