// The commands. Each returns the exit code and throws Exception, or BrokenPipe (results.hpp).
#pragma once

#include "cli/command_line.hpp"

namespace deltarule::cli {

int run_train(const TrainCommand& command);
/// The same, kept in a folder: a new run, or one that is taken up.
int run_train_in(const TrainCommand& command, KeptRun& kept);
int run_resume(const ResumeCommand& command);
int run_cv(const CvCommand& command);
int run_tune(const TuneCommand& command);
int run_predict(const PredictCommand& command);
int run_evaluate(const EvaluateCommand& command);
int run_inspect(const InspectCommand& command);
int run_explain(const ExplainCommand& command);
int run_gradcheck(const GradcheckCommand& command);
int run_bench(const BenchCommand& command);

}  // namespace deltarule::cli
