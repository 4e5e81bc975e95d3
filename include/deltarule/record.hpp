// What a run records of itself while it learns, for those who study learning: weights, and what the first rows make of
// them, moment by moment, as one NPZ file that numpy.load opens (docs/formats.md).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace deltarule {

namespace app {
struct RecordAccess;
struct RecordState;
}  // namespace app

/// From one moment to the next: when any of those that are above 0 has passed.
struct RecordInterval {
  std::size_t epochs = 0;
  std::uint64_t steps = 0;  ///< weight changes
};

/// Moments are the first weights, one after each interval, and the weights that training keeps. None of it decides a
/// bit of the result.
struct RecordOptions {
  bool weights = false;      ///< biases with them, and what normalised layers have besides
  bool activations = false;  ///< and net inputs, of the first rows
  bool deltas = false;       ///< minus the slopes of E_p by the net inputs, of the first rows
  RecordInterval every = {.epochs = 1};
  std::size_t rows = 100;   ///< the first so many training rows in the table's order; all if there are fewer
  std::string folder = {};  ///< where moments wait in a file without a name until the record is saved; empty: here
  [[nodiscard]] bool any() const { return weights || activations || deltas; }
};

/// What was recorded, on the disk until it goes away. Copies share it.
class Record {
 public:
  /// True when nothing was asked for.
  [[nodiscard]] bool empty() const { return state_ == nullptr; }
  /// Moments of the training, those of a refit not counted.
  [[nodiscard]] std::uint64_t moments() const;
  /// Writes the NPZ file, whole or not at all; no file when it is empty. Equal runs write equal files. Throws Exception
  /// (io) when the file exists and `overwrite` is false, and when what was recorded cannot be read back.
  void save(const std::string& path, bool overwrite = false) const;

 private:
  friend struct app::RecordAccess;
  std::shared_ptr<const app::RecordState> state_;
};

}  // namespace deltarule
