// A training run that is kept in a folder: settings, checkpoints, and at the end model, history and report. Killed at
// any moment and taken up again, with another number of threads too, it ends in the same bytes as the run that was
// never stopped. Linux and other systems with advisory locks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "deltarule/dataset.hpp"
#include "deltarule/fit.hpp"

namespace deltarule {

/// When the next checkpoint is due after one: when any of those that are above 0 has passed.
struct CheckpointInterval {
  double seconds = 0.0;
  std::size_t epochs = 0;
  std::uint64_t steps = 0;
};

/// A file that the run reads, which must not change until it is complete.
struct RunFile {
  std::string what = {};  ///< "data"
  std::string path = {};
};

struct RunOptions {
  std::string folder = {};  ///< made if it is not there; its own folder must be
  CheckpointInterval every = {.seconds = 60.0};
  std::size_t keep = 3;  ///< newest checkpoints that stay
  std::vector<RunFile> files = {};
  std::vector<std::string> arguments = {};  ///< the caller's own words, kept for whoever takes the run up again
};

struct RunEvents {
  /// Where the run begins or goes on: "from checkpoint-000012, epoch 31".
  std::function<void(const std::string&)> on_start = {};
  /// What went wrong without ending the run: a damaged checkpoint that was passed over, one that could not be written.
  std::function<void(const std::string&)> on_warning = {};
  /// Asked after weight changes, and between the epochs of the linear baseline: true leaves the run, at a checkpoint.
  std::function<bool()> leave = {};
};

class KeptRun {
 public:
  /// Throws Exception: usage for options that make no sense and files that cannot be read twice; io for a folder that
  /// holds a run or anything else, that cannot be written to, or that another process has.
  [[nodiscard]] static KeptRun begin(const RunOptions& options);
  /// Takes up a run. Throws Exception: io for a folder without one or that another process has, format for a damaged
  /// description of it.
  [[nodiscard]] static KeptRun open(const std::string& folder);
  KeptRun(KeptRun&&) noexcept;
  KeptRun& operator=(KeptRun&&) noexcept;
  ~KeptRun();

  /// As it was begun; `folder` as it was opened.
  [[nodiscard]] const RunOptions& options() const;
  /// Where relative paths of the run begin.
  [[nodiscard]] const std::string& working_folder() const;
  /// A path of the run as this process must name it.
  [[nodiscard]] std::string path_from_here(const std::string& path) const;
  [[nodiscard]] bool complete() const;
  [[nodiscard]] std::string model_path() const;
  [[nodiscard]] std::string record_path() const;  ///< where finish() puts what was recorded

  /// fit(), kept: begins or goes on where the newest whole checkpoint stands. Nothing when it was left. `data` and
  /// `options` must be those that the run was begun with; threads may differ. With a time limit, the seconds of
  /// training count that led to the checkpoint. Throws what fit() throws; data for a file of the run that has changed,
  /// and usage for an engine or arithmetic of other bits.
  [[nodiscard]] std::optional<Fitted> fit(const Dataset& data, const FitOptions& options, const FitEvents& events = {},
                                          const RunEvents& run = {});
  /// Writes model, history, what was recorded and `report` (JSON, ends the run: it is complete when that is there).
  /// Throws Exception (io).
  void finish(const Fitted& fitted, std::string_view report);

 private:
  struct Impl;
  explicit KeptRun(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace deltarule
