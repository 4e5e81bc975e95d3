// What the command needs of the operating system: terminal, clock, signals, raw output. The only file of cli/ that asks
// the system for anything; files are the library's.
#pragma once

#include <cstddef>
#include <string_view>

namespace deltarule::cli {

enum class Stream { out, err };

[[nodiscard]] bool is_terminal(Stream stream);
/// A terminal that can move its cursor, for a line that is written over.
[[nodiscard]] bool can_redraw(Stream stream);
/// A terminal that can show colour, and NO_COLOR is not set.
[[nodiscard]] bool wants_colour(Stream stream);
/// Columns of the terminal; 0 when it is none.
[[nodiscard]] std::size_t terminal_width(Stream stream);
/// Where prose is broken: the terminal's width but no more than 100 columns, 80 off a terminal.
[[nodiscard]] std::size_t wrap_width(Stream stream);
/// Seconds since some moment; never goes back.
[[nodiscard]] double seconds_now();
/// Seconds that the calling thread has run: time in which others had its core is not counted.
[[nodiscard]] double thread_seconds();
/// At least 1.
[[nodiscard]] std::size_t hardware_threads();

/// Writes everything at once. Returns 0, or the system's number of the fault.
[[nodiscard]] int write_out(std::string_view text);
/// Writes to standard error; a fault there can be told to nobody.
void write_err(std::string_view text);
[[nodiscard]] bool is_broken_pipe(int fault);

/// A closed pipe or a file beyond the shell's limit becomes a fault of the write instead of a silent death in the
/// middle of a run.
void ignore_signals_of_writing();
/// SIGINT and SIGTERM end the process with exit code 130.
void end_on_signal();
/// The first SIGINT or SIGTERM is only noted, the second ends the process. `announce`: say so on standard error.
/// `leaves`: what is announced is that the run is left at a checkpoint.
void stop_on_signal(bool announce, bool leaves = false);
[[nodiscard]] bool stop_requested();

/// While it lives, no signal ends the process; one that came is obeyed at its end.
class SignalsHeld {
 public:
  SignalsHeld();
  ~SignalsHeld();
  SignalsHeld(const SignalsHeld&) = delete;
  SignalsHeld& operator=(const SignalsHeld&) = delete;
};

}  // namespace deltarule::cli
