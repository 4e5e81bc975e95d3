// The recorder of one phase of a run: takes a moment where one is due, keeps it in a spool, drops those that a rollback
// takes back. What is in a moment is moment.hpp's matter.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/fit/keeper.hpp"
#include "app/record/moment.hpp"
#include "app/record/moments.hpp"
#include "data/preprocessing.hpp"
#include "data/table.hpp"
#include "deltarule/fit.hpp"
#include "io/npz.hpp"
#include "io/spool.hpp"
#include "training/trainer.hpp"

namespace deltarule::app {

/// A phase whose end has been recorded.
struct RecordedPhase {
  io::Spool spool;
  MomentRanges moments = {};
  std::vector<MomentArray> arrays = {};         // of each moment
  std::vector<io::NpyArray> of_the_phase = {};  // rows, their inputs, …
};

/// What is recorded of which patterns.
template <class T>
struct RecordSource {
  const RecordOptions& options;
  const base::PatternSource<T>& patterns;  // of training
  const data::Preprocessing& preprocessing;
  const data::Table& table;
  const std::vector<std::uint32_t>& rows;  // of the table, one for each pattern
  double label_smoothing = 0.0;
};

template <class T>
class Recorder {
 public:
  /// All must outlive the recorder; `trainer` is that of the phase.
  Recorder(const RecordSource<T>& source, FitPhase phase, training::Trainer<T>& trainer, Keeper* keeper);
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  /// Before the functions that are there.
  void watch(FitSettings& settings);
  /// The first moment, or where a run stood that is taken up (`steps` changes were made). Throws Exception (io).
  void begin(std::uint64_t steps);
  /// The moments so far, on the disk. Throws what failed.
  [[nodiscard]] MomentRanges kept() const;
  [[nodiscard]] bool failed() const { return fault_.has_value(); }
  /// The last moment: the weights that training keeps. Throws what failed.
  [[nodiscard]] std::shared_ptr<const RecordedPhase> end(const FitResult& result);

 private:
  bool take(std::uint64_t epoch, std::uint64_t step);  // false when it failed
  void take_back(std::uint64_t epochs);
  [[nodiscard]] std::uint64_t count_in_last(std::size_t which);  // 0: epoch, 1: step
  void check() const;

  RecordSource<T> source_;
  FitPhase phase_;
  network::Network<T>& network_;
  Keeper* keeper_;
  std::size_t rows_;
  network::LabelSmoothing smoothing_;
  Moment<T> moment_;
  std::optional<io::Spool> spool_;
  MomentRanges moments_;
  std::uint64_t steps_ = 0;  // when it was last asked
  std::optional<Error> fault_;
};

extern template class Recorder<float>;
extern template class Recorder<double>;

}  // namespace deltarule::app
