// run.json: what a run is, written before its first epoch and never changed. Everything that must be the same when it
// is taken up again is in it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "deltarule/kept_run.hpp"

namespace deltarule::app {

struct RunDescription {
  RunOptions options = {};                // but for the folder
  std::vector<std::string> digests = {};  // of options.files
  std::string working_folder = {};        // where its relative paths begin
  std::string engine_version = {};
  std::string arithmetic = {};  // "fused" or "unfused"
};

/// With the choices of the plan, which nobody reads back.
[[nodiscard]] std::string description_to_json(const RunDescription& run, const FitPlan& plan);
/// Format error that names the member at fault; `name` is the file's.
Result<RunDescription> description_from_json(std::string_view text, const std::string& name);

}  // namespace deltarule::app
