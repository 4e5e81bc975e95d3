// What `train` says on standard error before and after the epochs.
#pragma once

#include <string>

#include "cli/command_line.hpp"
#include "cli/report.hpp"

namespace deltarule::cli {

/// Where the model and, if there is one, the record went.
struct WrittenFiles {
  const std::string& model;
  const std::string& record;
};

void report_plan(const Report& report, const FitPlan& plan, const TrainCommand& command);
void report_result(const Report& report, const FitReport& result, const TrainCommand& command);
void report_written(const Report& report, const Model& model, const FitReport& result, const TrainCommand& command,
                    const WrittenFiles& files);

}  // namespace deltarule::cli
