// The folder of a run (docs/formats.md): held by one process at a time, its checkpoints by number. What is in a
// checkpoint is not its matter.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "deltarule/fit.hpp"
#include "io/lock.hpp"

namespace deltarule::app {

inline constexpr const char* kRunFile = "run.json";
inline constexpr const char* kModelFile = "model.safetensors";
inline constexpr const char* kHistoryFile = "history.csv";
inline constexpr const char* kRecordFile = "record.npz";
inline constexpr const char* kReportFile = "report.json";  // written last: a run that has it is complete

/// "checkpoint-000123.safetensors".
[[nodiscard]] std::string checkpoint_name(std::uint64_t number);
/// What a phase has recorded, until it is in the record: "training.spool", "refit.spool".
[[nodiscard]] std::string spool_name(FitPhase phase);

class RunFolder {
 public:
  /// Makes the folder if `make`, and holds it. Io error: not there, not to be written to, held by another process.
  static Result<RunFolder> take(std::string path, bool make);
  /// Takes away what it has made, when nothing was begun in it.
  ~RunFolder();
  RunFolder(RunFolder&&) noexcept = default;
  RunFolder& operator=(RunFolder&&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }
  [[nodiscard]] bool has(const std::string& name) const;
  /// Names in it, without the lock's.
  Result<std::vector<std::string>> names() const;
  /// Removes what a process left that was killed while it wrote.
  Result<void> remove_leftovers() const;
  /// Numbers of the checkpoints, ascending.
  Result<std::vector<std::uint64_t>> checkpoints() const;
  /// Writes the next one and then removes all but the newest `keep` and those `damaged`, which go first. An error of
  /// writing leaves those that are there.
  Result<void> add_checkpoint(std::span<const std::byte> bytes, std::size_t keep,
                              const std::vector<std::uint64_t>& damaged) const;

 private:
  RunFolder(std::string path, bool made, io::FileLock lock)
      : path_(std::move(path)), made_(made), lock_(std::vector<io::FileLock>()) {
    lock_.push_back(std::move(lock));
  }
  std::string path_;
  bool made_;
  std::vector<io::FileLock> lock_;  // one; none when moved from
};

}  // namespace deltarule::app
