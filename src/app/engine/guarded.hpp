// A caller's functions, kept away from the rooms below, which must not see an exception: what they throw stops the run
// and is kept.
#pragma once

#include <exception>
#include <limits>

#include "deltarule/training.hpp"

namespace deltarule {

template <class Call, class Value>
Value caught(std::exception_ptr& thrown, const Call& call, Value otherwise) {
  try {
    return call();
  } catch (...) {
    if (!thrown) thrown = std::current_exception();
    return otherwise;
  }
}

/// The same settings with functions that do not throw. `settings` and `thrown` must outlive the run.
inline FitSettings guarded(const FitSettings& settings, std::exception_ptr& thrown) {
  FitSettings own = settings;
  if (settings.on_epoch || settings.on_step || settings.on_rollback || settings.score || settings.stop_now) {
    own.on_epoch = [&settings, &thrown](const EpochReport& report) {
      if (thrown) return true;
      return settings.on_epoch && caught(thrown, [&] { return settings.on_epoch(report); }, true);
    };
  }
  if (settings.score) {
    own.score = [&settings, &thrown](Rows<double> a, Rows<double> t) {
      return caught(thrown, [&] { return settings.score(a, t); }, std::numeric_limits<double>::quiet_NaN());
    };
  }
  if (settings.on_step) {
    own.on_step = [&settings, &thrown](const StepReport& report) {
      return caught(thrown, [&] { return settings.on_step(report); }, true);
    };
  }
  if (settings.on_rollback) {
    own.on_rollback = [&settings, &thrown](const Rollback& rollback) {
      (void)caught(thrown, [&] { return settings.on_rollback(rollback), true; }, true);
    };
  }
  if (settings.stop_now)
    own.stop_now = [&settings, &thrown] { return caught(thrown, [&] { return settings.stop_now(); }, true); };
  return own;
}

}  // namespace deltarule
