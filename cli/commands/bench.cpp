// `deltarule bench`: how quick the engine is on this machine, and how quick it could be.
#include <fmt/format.h>

#include <algorithm>

#include "cli/bench/measurement.hpp"
#include "cli/bench/table.hpp"
#include "cli/commands/commands.hpp"
#include "cli/exit_codes.hpp"
#include "cli/results.hpp"
#include "cli/terminal.hpp"
#include "cli/text/layout.hpp"
#include "cli/usage.hpp"

namespace deltarule::cli {
namespace {

constexpr std::string_view kClearLine = "\r\x1b[K";

std::vector<bench::Work> chosen_works(const BenchCommand& command) {
  std::vector<bench::Work> works = bench::all_works(command.threads, command.f64);
  std::erase_if(works, [&](const bench::Work& work) { return work.name().find(command.only) == std::string::npos; });
  if (works.empty()) {
    refuse("--only", fmt::format("no work has \"{}\" in its name", printable(command.only)), "a part of a name",
           "for example --only 784-100-10, or --only adam");
  }
  return works;
}

/// One line on a terminal, written over; elsewhere one line at the start.
class BenchProgress {
 public:
  BenchProgress(bool quiet, std::size_t works) : live_(!quiet && can_redraw(Stream::err)) {
    if (!quiet && !live_) write_err(fmt::format("measuring {} …\n", counted(works, "work")));
  }
  void show(const bench::Work& work, std::size_t done, std::size_t all) const {
    if (!live_) return;
    const std::string line = fmt::format("measuring {}/{}  {}", done + 1, all, work.name());
    write_err(std::string(kClearLine) + line.substr(0, std::max<std::size_t>(terminal_width(Stream::err), 2) - 1));
  }
  void end() const {
    if (live_) write_err(kClearLine);
  }

 private:
  bool live_;
};

}  // namespace

int run_bench(const BenchCommand& command) {
  const std::vector<bench::Work> works = chosen_works(command);
  const bool to_file = !command.json.empty() && command.json != "-";
  if (to_file) check_writable(command.json, command.force);
  stop_on_signal(false);
  const BenchProgress progress(command.quiet, works.size());
  const bench::Measurement measurement =
      bench::measure(works, command.quick ? bench::quick_protocol() : bench::Protocol{},
                     {.clock = seconds_now,
                      .thread_clock = thread_seconds,
                      .stop = stop_requested,
                      .progress = [&](const bench::Work& work, std::size_t done, std::size_t all) {
                        progress.show(work, done, all);
                      }});
  progress.end();
  const bool stopped = stop_requested();
  write_results(command.json == "-" ? as_json(measurement) : table_text(measurement));
  if (stopped) {
    write_err("interrupted: what was measured until then is above" +
              std::string(to_file ? "; no JSON was written\n" : "\n"));
    return kInterrupted;
  }
  if (to_file) write_file(command.json, as_json(measurement), command.force);
  return kDone;
}

}  // namespace deltarule::cli
