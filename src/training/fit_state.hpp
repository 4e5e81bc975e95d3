// Where a run of fit() stands between two weight changes, as plain data: from here it goes on to the same bits. The
// order of an epoch's patterns is no part of it, since it follows from seed and epoch; nor are settings, patterns and
// threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>

#include "deltarule/training.hpp"
#include "training/rollback.hpp"
#include "training/schedule.hpp"
#include "training/stopping.hpp"
#include "training/trainer_state.hpp"

namespace deltarule::training {

template <class T>
struct FitState {
  /// Of a run that has ended only the parameters, which are those that it keeps.
  TrainerState<T> trainer = {};
  bool ended = false;        // nothing is left to do but to hand out `result`
  std::size_t epoch = 1;     // the one that is on, counting from 1
  std::size_t patterns = 0;  // of it, learnt
  double loss_sum = 0.0;     // of those, their weighted E_p as met
  FitResult result = {};     // of the epochs that are over; `steps` counts those of this one, too
  BestSoFar<T> best = {};
  double best_loss = std::numeric_limits<double>::quiet_NaN();  // the smallest of the validation losses
  RateCourse rates = {};
  RollbackCourse<T> back = {};  // empty unless the run goes back where it is astray
};

/// Where a run is when it is asked whether to keep its state.
struct FitPlace {
  std::uint64_t steps = 0;
  std::size_t epochs = 0;  // that are over
};

/// How a run is kept. None of it decides a bit. The functions must not throw.
template <class T>
struct Checkpoints {
  /// Asked between epochs, after each weight change and, in per-pattern learning, after each 256 patterns: true when
  /// keep() is to be called there. Empty: never.
  std::function<bool(const FitPlace&)> is_due = {};
  /// Called at such places, and with the state of a run that has ended. True: the run stops here, as paused.
  std::function<bool(const FitState<T>&)> keep = {};
  const FitState<T>* resume_from = nullptr;  // null: from the beginning
};

}  // namespace deltarule::training
