// The events of `train --json`: one JSON object per line, schema deltarule-events-1 (docs/cli.md). Nothing in them
// depends on time, so equal runs print equal lines.
#pragma once

#include <string>

#include "cli/command_line.hpp"

namespace deltarule::cli {

/// `model` and `record`: the files; the latter may be empty.
[[nodiscard]] std::string start_event(const FitPlan& plan, const TrainCommand& command, const std::string& model,
                                      const std::string& record);
[[nodiscard]] std::string epoch_event(const FitProgress& progress);
[[nodiscard]] std::string done_event(const FitReport& report, const Model& model, const std::string& path,
                                     const std::string& record);
/// The report of a run as one object: what the event says that ends it, without the place of the model.
[[nodiscard]] std::string report_json(const FitReport& report, const Model& model);
/// "patience" …, as the member `stop` says it.
[[nodiscard]] std::string stop_name(FitStop stop);
/// `diagnosis` may be null: of a run that did not diverge.
[[nodiscard]] std::string error_event(const Error& error, const Diagnosis* diagnosis);

}  // namespace deltarule::cli
