// The progress of a run: one line written over on a terminal, sparse lines elsewhere.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "cli/command_line.hpp"

namespace deltarule::cli {

class Progress {
 public:
  Progress(ProgressStyle style, bool quiet);
  /// Rows that an epoch of the first training and of the refit passes over; to be told before the first epoch.
  void begin(std::size_t training_rows, std::size_t refit_rows);
  void epoch(const FitProgress& progress);
  /// Clears the live line, or writes the last epoch if it has not been.
  void end();

 private:
  enum class Mode { live, plain, none };

  void begin_phase(const FitProgress& progress);
  [[nodiscard]] std::string live_line(const FitProgress& progress, double now) const;
  [[nodiscard]] std::string plain_line(const FitProgress& progress) const;
  [[nodiscard]] bool is_milestone(const FitProgress& progress) const;
  [[nodiscard]] double rows_per_second(const FitProgress& progress, double now) const;

  Mode mode_;
  std::size_t training_rows_ = 0;
  std::size_t refit_rows_ = 0;
  std::optional<FitPhase> phase_;
  std::optional<FitProgress> last_;
  bool last_shown_ = false;
  bool line_open_ = false;
  double phase_began_ = 0.0;
  double last_drawn_ = 0.0;
};

}  // namespace deltarule::cli
