// `deltarule resume`: takes up a run that `train --run` keeps in a folder, as it was begun.
#include <fmt/format.h>

#include "cli/commands/commands.hpp"
#include "cli/exit_codes.hpp"
#include "cli/report.hpp"
#include "cli/text/layout.hpp"

namespace deltarule::cli {
namespace {

/// The command that the run was begun with. What it says about the account of the run is this command's own.
TrainCommand begun_with(const KeptRun& kept, const ResumeCommand& command) {
  std::vector<const char*> words = {"deltarule"};
  for (const std::string& word : kept.options().arguments) words.push_back(word.c_str());
  Command parsed = parse_command_line(static_cast<int>(words.size()), words.data());
  auto* const train = std::get_if<TrainCommand>(&parsed);
  if (train == nullptr) {
    throw Exception(Error{ErrorCode::format, command.folder, "a run that was not begun by train", "one that was",
                          "use an undamaged copy of the run"});
  }
  for (std::string* path : {&train->data.path, &train->validation, &train->network, &train->start_from})
    *path = kept.path_from_here(*path);
  if (command.threads > 0) train->fit.threads = command.threads;
  train->json = command.json;
  train->quiet = command.quiet;
  train->progress = command.progress;
  return *train;
}

}  // namespace

int run_resume(const ResumeCommand& command) {
  KeptRun kept = KeptRun::open(command.folder);
  if (kept.complete()) {
    Report(command.quiet)
        .line("run",
              fmt::format("{} is complete; its model is {}", printable(command.folder), printable(kept.model_path())));
    return kDone;
  }
  return run_train_in(begun_with(kept, command), kept);
}

}  // namespace deltarule::cli
