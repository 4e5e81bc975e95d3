// `deltarule`: parses, runs one command, turns what was thrown into a message and an exit code.
#include <exception>
#include <new>

#include "cli/command_line.hpp"
#include "cli/commands/commands.hpp"
#include "cli/exit_codes.hpp"
#include "cli/failure.hpp"
#include "cli/results.hpp"
#include "cli/terminal.hpp"

namespace deltarule::cli {
namespace {

int run(const ShowText& show) {
  write_results(show.text);
  return kDone;
}
int run(const TrainCommand& command) { return run_train(command); }
int run(const ResumeCommand& command) { return run_resume(command); }
int run(const CvCommand& command) { return run_cv(command); }
int run(const TuneCommand& command) { return run_tune(command); }
int run(const PredictCommand& command) { return run_predict(command); }
int run(const EvaluateCommand& command) { return run_evaluate(command); }
int run(const InspectCommand& command) { return run_inspect(command); }
int run(const ExplainCommand& command) { return run_explain(command); }
int run(const GradcheckCommand& command) { return run_gradcheck(command); }
int run(const BenchCommand& command) { return run_bench(command); }

int main_checked(int count, const char* const* arguments) {
  ignore_signals_of_writing();
  end_on_signal();
  try {
    return std::visit([](const auto& command) { return run(command); }, parse_command_line(count, arguments));
  } catch (const Exception& fault) {
    return show_error(fault.error());
  } catch (const BrokenPipe&) {
    return kBrokenPipe;
  } catch (const std::bad_alloc&) {
    return show_error({ErrorCode::io, "memory", "the system has no more", "less data or a smaller network",
                       "use fewer units with --hidden, or fewer rows or columns"});
  } catch (const std::exception& fault) {
    return show_error(
        {ErrorCode::io, "deltarule", fault.what(), {}, "this is a fault of the program: please report it"});
  }
}

}  // namespace
}  // namespace deltarule::cli

int main(int count, char** arguments) { return deltarule::cli::main_checked(count, arguments); }
