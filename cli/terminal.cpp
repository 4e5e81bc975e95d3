// POSIX behind terminal.hpp. Signal handlers touch lock-free atomics, write() and _exit() only.
#include "cli/terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>
#include <thread>

#include "cli/exit_codes.hpp"

namespace deltarule::cli {
namespace {

std::atomic<int> signals_seen{0};
std::atomic<int> signals_to_end{1};  // how many of them end the process
std::atomic<bool> held{false};
std::atomic<bool> announce_stop{false};
std::atomic<bool> announce_leave{false};  // in place of a stop after the epoch
static_assert(std::atomic<int>::is_always_lock_free && std::atomic<bool>::is_always_lock_free);

int descriptor_of(Stream stream) { return stream == Stream::out ? STDOUT_FILENO : STDERR_FILENO; }

int write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

extern "C" void on_signal(int) {
  const int saved = errno;
  const int seen = signals_seen.fetch_add(1) + 1;
  if (seen >= signals_to_end.load()) {
    if (!held.load()) ::_exit(kInterrupted);
  } else if (announce_stop.load()) {
    constexpr std::string_view kStop = "\nstopping after this epoch; once more stops at once\n";
    constexpr std::string_view kLeave = "\nwriting a checkpoint; once more stops at once\n";
    [[maybe_unused]] const int fault = write_all(STDERR_FILENO, announce_leave.load() ? kLeave : kStop);
  }
  errno = saved;
}

void catch_signals() {
  struct sigaction action{};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
}

bool has_text(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0';
}

}  // namespace

bool is_terminal(Stream stream) { return ::isatty(descriptor_of(stream)) == 1; }

bool can_redraw(Stream stream) {
  if (!is_terminal(stream)) return false;
  return has_text("TERM") && std::strcmp(std::getenv("TERM"), "dumb") != 0;
}

bool wants_colour(Stream stream) { return can_redraw(stream) && !has_text("NO_COLOR"); }

std::size_t terminal_width(Stream stream) {
  if (!is_terminal(stream)) return 0;
  constexpr std::size_t kUsual = 80;
  winsize size{};
  if (::ioctl(descriptor_of(stream), TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kUsual;
  return size.ws_col;
}

std::size_t wrap_width(Stream stream) {
  constexpr std::size_t kUsual = 80, kWidest = 100;
  const std::size_t width = terminal_width(stream);
  return width == 0 ? kUsual : std::min(width, kWidest);
}

double seconds_now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double thread_seconds() {
  constexpr double kNano = 1e-9;
  timespec time{};
  if (::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time) != 0) return seconds_now();
  return static_cast<double>(time.tv_sec) + kNano * static_cast<double>(time.tv_nsec);
}

std::size_t hardware_threads() {
  const unsigned threads = std::thread::hardware_concurrency();
  return threads == 0 ? 1 : threads;
}

int write_out(std::string_view text) { return write_all(STDOUT_FILENO, text); }
void write_err(std::string_view text) { [[maybe_unused]] const int fault = write_all(STDERR_FILENO, text); }
bool is_broken_pipe(int fault) { return fault == EPIPE; }

void ignore_signals_of_writing() {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
}

void end_on_signal() {
  signals_to_end = 1;
  catch_signals();
}

void stop_on_signal(bool announce, bool leaves) {
  signals_to_end = 2;
  announce_leave = leaves;
  announce_stop = announce;
  catch_signals();
}

bool stop_requested() { return signals_seen.load() > 0; }

SignalsHeld::SignalsHeld() { held = true; }
SignalsHeld::~SignalsHeld() {
  held = false;
  if (signals_seen.load() >= signals_to_end.load()) ::_exit(kInterrupted);
}

}  // namespace deltarule::cli
