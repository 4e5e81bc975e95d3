// The command line of `deltarule` as plain data: which command, with which options. Parsed with CLI11, checked here.
// Runs nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "deltarule/deltarule.hpp"

namespace deltarule::cli {

/// What any table is read with.
struct DataChoice {
  std::string path;
  CsvOptions csv;
};

enum class ProgressStyle { automatic, plain, none };

struct TrainCommand {
  DataChoice data;
  std::vector<std::string> target, features, ignore, categorical;  ///< as given: names, or lists with commas
  std::string weight;                                              ///< --weight; empty: none
  Task task = Task::automatic;
  std::string group_by, split_by_time, split_column;
  FitOptions fit;
  std::string network;     ///< --network FILE.json; empty: none
  std::string start_from;  ///< --start-from; empty: none
  std::string validation;  ///< --validation FILE; empty: none, or a share
  std::string output;      ///< -o; empty: a free name by the data's
  std::string history;     ///< --history; empty: none
  std::string record_to;   ///< --record-to; empty: a free name by the model's
  RunOptions run;          ///< --run; without a folder: the run is not kept
  bool force = false;
  bool json = false;
  bool quiet = false;
  ProgressStyle progress = ProgressStyle::automatic;
};

struct ResumeCommand {
  std::string folder;
  std::size_t threads = 0;  ///< 0: those of the run
  bool json = false;
  bool quiet = false;
  ProgressStyle progress = ProgressStyle::automatic;
};

struct CvCommand {
  TrainCommand train;  ///< what each fold is trained with; writes no model
  CrossValidationOptions how;
};

struct TuneCommand {
  TrainCommand train;  ///< what the search begins with; its output may be empty: then no model is written
  TuneOptions how;
};

struct PredictCommand {
  std::string model;
  DataChoice data;
  PredictOptions options;
  std::vector<std::string> keep;  ///< as given
  bool probabilities = false;
  std::string output;  ///< empty: standard output
  bool force = false;
  bool json = false;
  bool quiet = false;
};

struct EvaluateCommand {
  std::string model;
  DataChoice data;
  PredictOptions options;
  Seed seed;
  bool json = false;
  bool quiet = false;
};

struct InspectCommand {
  std::string file;
  bool weights = false;
  bool json = false;
};

struct ExplainCommand {
  std::string model;  ///< empty with a demo
  DataChoice data;
  std::string demo;                       ///< --demo; empty: a model and a table
  std::optional<std::uint64_t> homework;  ///< --homework SEED
  bool key = false;
  std::string answers;  ///< --answers FILE; empty: none
  ExplainOptions options;
  ExplainLayout layout;
  bool quiet = false;
};

struct GradcheckCommand {
  std::string model;
  DataChoice data;
  std::size_t patterns = 10;
  bool json = false;
  bool quiet = false;
};

struct BenchCommand {
  bool quick = false;
  bool f64 = false;
  std::size_t threads = 1;
  std::string only;  ///< part of the works' names; empty: all
  std::string json;  ///< file, or - for standard output; empty: none
  bool force = false;
  bool quiet = false;
};

/// --help, --version: text for standard output.
struct ShowText {
  std::string text;
};

using Command = std::variant<ShowText, TrainCommand, ResumeCommand, CvCommand, TuneCommand, PredictCommand,
                             EvaluateCommand, InspectCommand, ExplainCommand, GradcheckCommand, BenchCommand>;

/// Throws Exception (usage).
[[nodiscard]] Command parse_command_line(int count, const char* const* arguments);

}  // namespace deltarule::cli
