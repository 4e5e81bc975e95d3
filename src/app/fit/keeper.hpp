// Whoever keeps the states of a run while it trains, and gives them back when it is taken up again. What it does with
// them is its own business (src/app/run).
#pragma once

#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "app/record/moments.hpp"
#include "deltarule/fit.hpp"
#include "training/fit_state.hpp"
#include "training/trainer.hpp"

namespace deltarule::app {

class Keeper {
 public:
  virtual ~Keeper() = default;
  /// Where a phase of training stands; nothing when it has not begun. `trainer` is that of the phase, as it begins.
  virtual std::optional<training::FitState<float>> state_of(FitPhase phase, training::Trainer<float>& trainer) = 0;
  virtual std::optional<training::FitState<double>> state_of(FitPhase phase, training::Trainer<double>& trainer) = 0;
  virtual bool is_due(FitPhase phase, const training::FitPlace& place) = 0;
  /// `moments` of what is recorded: on the disk.
  virtual void keep(FitPhase phase, const training::FitState<float>& state, const network::Network<float>& network,
                    const MomentRanges& moments) = 0;
  virtual void keep(FitPhase phase, const training::FitState<double>& state, const network::Network<double>& network,
                    const MomentRanges& moments) = 0;
  /// The file for what is recorded in a phase, and the moments of the state that state_of() gave.
  [[nodiscard]] virtual std::string spool_of(FitPhase phase) const = 0;
  [[nodiscard]] virtual MomentRanges moments_of(FitPhase phase) const = 0;
  /// True: the run is to be left as soon as its state has been kept.
  virtual bool leaves() = 0;
  /// Seconds that training took before it was taken up.
  [[nodiscard]] virtual double seconds_before() const = 0;
};

/// Thrown where a run is left.
struct RunLeft {};

/// A keeper's part in one phase, kept away from the engine, which must not see an exception.
template <class T>
class KeptPhase {
 public:
  /// `failed`: whether a callback of the user's threw, so that how the training ended is nothing to keep.
  /// `recorded`: the moments so far, on the disk.
  KeptPhase(Keeper* keeper, FitPhase phase, training::Trainer<T>& trainer, std::function<bool()> failed,
            std::function<MomentRanges()> recorded)
      : keeper_(keeper), failed_(std::move(failed)), recorded_(std::move(recorded)) {
    if (keeper == nullptr) return;
    state_ = keeper->state_of(phase, trainer);
    if (state_) checkpoints_.resume_from = &*state_;
    checkpoints_.is_due = [this, phase](const training::FitPlace& place) {
      return guarded([&] { return keeper_->is_due(phase, place); });
    };
    checkpoints_.keep = [this, phase, &trainer](const training::FitState<T>& state) {
      return guarded([&] {
        if (failed_()) return true;
        keeper_->keep(phase, state, trainer.network(), recorded_());
        return keeper_->leaves();
      });
    };
  }
  KeptPhase(const KeptPhase&) = delete;
  KeptPhase& operator=(const KeptPhase&) = delete;

  [[nodiscard]] const training::Checkpoints<T>& checkpoints() const { return checkpoints_; }
  /// Weight changes up to the state that the phase goes on from.
  [[nodiscard]] std::uint64_t steps_before() const { return state_ ? state_->result.steps : 0; }
  /// To be called after the training: throws what the keeper threw, or RunLeft; not where the user's callback failed.
  void check(StopReason reason) const {
    if (thrown_) std::rethrow_exception(thrown_);
    if (reason == StopReason::paused && !failed_()) throw RunLeft();
  }

 private:
  /// True, which ends the training, for what throws.
  template <class Call>
  bool guarded(const Call& call) {
    try {
      return thrown_ || call();
    } catch (...) {
      thrown_ = std::current_exception();
      return true;
    }
  }

  Keeper* keeper_;
  std::function<bool()> failed_;
  std::function<MomentRanges()> recorded_;
  std::optional<training::FitState<T>> state_;
  training::Checkpoints<T> checkpoints_;
  std::exception_ptr thrown_ = nullptr;
};

}  // namespace deltarule::app
