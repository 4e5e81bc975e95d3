#include "cli/progress.hpp"

#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <vector>

#include "cli/terminal.hpp"
#include "cli/text/layout.hpp"

namespace deltarule::cli {
namespace {

constexpr double kRedrawSeconds = 0.1;
constexpr double kMeasurableSeconds = 0.05;  // before that a rate is noise
constexpr std::string_view kClearLine = "\r\x1b[K";
constexpr std::size_t kTenths = 10;

std::string rate_text(double rows_per_second) {
  if (!std::isfinite(rows_per_second)) return {};
  if (rows_per_second >= 1e6) return fmt::format("{:.1f}M rows/s", rows_per_second / 1e6);
  if (rows_per_second >= 1e4) return fmt::format("{:.0f}k rows/s", rows_per_second / 1e3);
  return fmt::format("{:.0f} rows/s", rows_per_second);
}

std::string phase_name(FitPhase phase) { return phase == FitPhase::training ? "epoch" : "refit"; }

std::string epoch_text(const FitProgress& progress) {
  const std::string planned = std::to_string(progress.epochs);
  return fmt::format("{} {:>{}}/{}", phase_name(progress.phase), progress.epoch.epoch, planned.size(), planned);
}

}  // namespace

Progress::Progress(ProgressStyle style, bool quiet) : mode_(Mode::plain) {
  if (quiet || style == ProgressStyle::none) mode_ = Mode::none;
  if (mode_ == Mode::plain && style == ProgressStyle::automatic && can_redraw(Stream::err)) mode_ = Mode::live;
}

void Progress::begin(std::size_t training_rows, std::size_t refit_rows) {
  training_rows_ = training_rows;
  refit_rows_ = refit_rows;
  phase_began_ = seconds_now();
}

void Progress::begin_phase(const FitProgress& progress) {
  end();
  // The first phase begins before its first epoch, when begin() is called; the second about when the first one ends.
  if (phase_) phase_began_ = seconds_now();
  phase_ = progress.phase;
}

double Progress::rows_per_second(const FitProgress& progress, double now) const {
  const std::size_t rows = progress.phase == FitPhase::training ? training_rows_ : refit_rows_;
  const double seconds = now - phase_began_;
  if (seconds < kMeasurableSeconds) return std::nan("");
  return static_cast<double>(rows) * static_cast<double>(progress.epoch.epoch) / seconds;
}

bool Progress::is_milestone(const FitProgress& progress) const {
  const std::size_t epoch = progress.epoch.epoch, planned = progress.epochs;
  if (std::has_single_bit(epoch) || epoch == planned) return true;
  return planned > 0 && epoch * kTenths / planned != (epoch - 1) * kTenths / planned;
}

std::string Progress::plain_line(const FitProgress& progress) const {
  std::string line = fmt::format("  {}   train {:>9}", epoch_text(progress), brief(progress.epoch.training_loss));
  if (!std::isnan(progress.epoch.validation_loss)) {
    line += fmt::format("   validation {:>9}   best {:>9}", brief(progress.epoch.validation_loss),
                        brief(progress.epoch.best_validation_loss));
  }
  if (!std::isnan(progress.epoch.validation_score)) {
    line += fmt::format("   score {:>9}   best {:>9}", brief(progress.epoch.validation_score),
                        brief(progress.epoch.best_validation_score));
  }
  return line + "\n";
}

std::string Progress::live_line(const FitProgress& progress, double now) const {
  const double done = static_cast<double>(progress.epoch.epoch);
  const double left = static_cast<double>(progress.epochs) - done;
  std::vector<std::string> parts = {fmt::format("train {}", brief(progress.epoch.training_loss))};
  if (!std::isnan(progress.epoch.validation_loss)) {
    parts.push_back(fmt::format("validation {}", brief(progress.epoch.validation_loss)));
    parts.push_back(fmt::format("best {}", brief(progress.epoch.best_validation_loss)));
  }
  if (!std::isnan(progress.epoch.validation_score)) {
    parts.push_back(fmt::format("score {}", brief(progress.epoch.validation_score)));
    parts.push_back(fmt::format("best {}", brief(progress.epoch.best_validation_score)));
  }
  if (now - phase_began_ >= kMeasurableSeconds) {
    parts.push_back(rate_text(rows_per_second(progress, now)));
    parts.push_back(fmt::format("at most {} left", duration((now - phase_began_) / done * left)));
  }
  std::string line = epoch_text(progress);
  const std::size_t width = terminal_width(Stream::err);
  for (const std::string& part : parts) {
    if (part.empty() || display_width(line) + 2 + display_width(part) >= width) continue;
    line += "  " + part;
  }
  return display_width(line) < width ? line : std::string();
}

void Progress::epoch(const FitProgress& progress) {
  if (mode_ == Mode::none) return;
  if (phase_ != progress.phase) begin_phase(progress);
  last_ = progress;
  last_shown_ = false;
  if (mode_ == Mode::plain) {
    if (!is_milestone(progress)) return;
    write_err(plain_line(progress));
    last_shown_ = true;
    return;
  }
  const double now = seconds_now();
  if (line_open_ && now - last_drawn_ < kRedrawSeconds) return;
  write_err(std::string(kClearLine) + live_line(progress, now));
  line_open_ = true;
  last_drawn_ = now;
}

void Progress::end() {
  if (line_open_) write_err(kClearLine);
  line_open_ = false;
  if (mode_ == Mode::plain && last_ && !last_shown_) write_err(plain_line(*last_));
  last_.reset();
}

}  // namespace deltarule::cli
