// The keeper of a run in a folder: says when a checkpoint is due, writes it, and gives back the newest whole one.
// Trains nothing.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "app/fit/keeper.hpp"
#include "app/run/checkpoint.hpp"
#include "app/run/folder.hpp"
#include "deltarule/kept_run.hpp"

namespace deltarule::app {

class FolderKeeper final : public Keeper {
 public:
  /// All must outlive the keeper.
  FolderKeeper(const RunFolder& folder, const RunOptions& options, const RunEvents& events);

  /// To be called before the first epoch: finds where the run stands and says so. `run` is the digest of its run.json.
  void start(const std::string& run);

  std::optional<training::FitState<float>> state_of(FitPhase phase, training::Trainer<float>& trainer) override;
  std::optional<training::FitState<double>> state_of(FitPhase phase, training::Trainer<double>& trainer) override;
  bool is_due(FitPhase phase, const training::FitPlace& place) override;
  void keep(FitPhase phase, const training::FitState<float>& state, const network::Network<float>& network,
            const MomentRanges& moments) override;
  void keep(FitPhase phase, const training::FitState<double>& state, const network::Network<double>& network,
            const MomentRanges& moments) override;
  [[nodiscard]] std::string spool_of(FitPhase phase) const override { return folder_.file(spool_name(phase)); }
  [[nodiscard]] MomentRanges moments_of(FitPhase phase) const override;
  bool leaves() override { return leaving_ = leaving_ || (events_.leave && events_.leave()); }
  [[nodiscard]] double seconds_before() const override { return seconds_before_; }

 private:
  template <class T>
  std::optional<training::FitState<T>> state_in(FitPhase phase, training::Trainer<T>& trainer);
  template <class T>
  void keep_in(FitPhase phase, const training::FitState<T>& state, const network::Network<T>& network,
               const MomentRanges& moments);
  Result<Checkpoint> read(std::uint64_t number, const std::string& run) const;
  void write();
  void warn(const std::string& text) const;

  const RunFolder& folder_;
  const RunOptions& options_;
  const RunEvents& events_;
  Checkpoint now_;  // what the newest says, or is to say
  std::string name_;
  std::vector<std::uint64_t> damaged_;
  std::function<double()> watch_;
  double seconds_before_ = 0.0;
  training::FitPlace last_;  // of the last checkpoint in this phase
  double last_seconds_ = 0.0;
  bool leaving_ = false;
};

}  // namespace deltarule::app
