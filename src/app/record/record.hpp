// What is behind the public handle Record; what the plan says of it before the first epoch.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/fit/settings.hpp"
#include "app/record/recorder.hpp"
#include "deltarule/record.hpp"

namespace deltarule::app {

struct RecordState {
  std::vector<std::shared_ptr<const RecordedPhase>> phases;  // the training, then a refit if the model is of one
};

struct RecordAccess {
  /// Of no phases: the empty record.
  [[nodiscard]] static Record wrap(std::vector<std::shared_ptr<const RecordedPhase>> phases);
};

/// Usage error for numbers that make no sense.
void check_record(const RecordOptions& options);
/// The plan's line on what is recorded and the most that it may come to, and a notice where that is much.
void describe_record(const RecordOptions& options, const Settings& settings, const base::Graph& graph, FitPlan& plan);

}  // namespace deltarule::app
