#include "cli/commands/train_input.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "cli/commands/tables.hpp"
#include "cli/text/layout.hpp"
#include "cli/usage.hpp"

namespace deltarule::cli {
namespace {

constexpr std::size_t kNamesShown = 40;

std::string lower_case(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

/// The column that most likely is the target: by its name, otherwise the last.
std::string likely_target(const std::vector<std::string>& columns) {
  for (const char* usual : {"target", "label", "class", "y", "outcome", "species", "diagnosis", "price", "output"}) {
    for (const std::string& column : columns) {
      if (lower_case(column) == usual) return column;
    }
  }
  return columns.back();
}

[[noreturn]] void refuse_without_target(const Table& table, const TrainCommand& command) {
  const std::vector<std::string> columns = table.column_names();
  refuse("--target", "not given", fmt::format("the column to predict, one of {}", joined(columns, ", ", kNamesShown)),
         columns.empty() ? std::string()
                         : fmt::format("for example deltarule train {} --target {}", argument_of(command.data.path),
                                       shell_word(likely_target(columns))));
}

}  // namespace

Dataset dataset_of(const TrainCommand& command) {
  DataChoice choice = command.data;
  choice.csv.text_columns = possible_columns(command.categorical);
  const Table table = read_table(choice);
  const std::vector<std::string> columns = table.column_names();
  DatasetOptions options;
  options.target = column_list(command.target, columns);
  options.features = column_list(command.features, columns);
  options.ignore = column_list(command.ignore, columns);
  options.categorical = column_list(command.categorical, columns);
  options.weight = command.weight;
  options.task = command.task;
  options.group_by = command.group_by;
  options.split_by_time = command.split_by_time;
  options.split_column = command.split_column;
  if (options.target.empty()) refuse_without_target(table, command);
  return Dataset(table, options);
}

FitOptions fit_options_of(const TrainCommand& command) {
  FitOptions fit = command.fit;
  if (!command.validation.empty()) {
    DataChoice choice = command.data;  // read like the data itself
    choice.path = command.validation;
    choice.csv.text_columns = possible_columns(command.categorical);
    fit.validation_table = read_table(choice);
  }
  if (!command.network.empty()) {
    NetworkFile file = read_network(command.network);
    fit.network = std::move(file.spec);
    fit.input_names = std::move(file.input_names);
  }
  if (!command.start_from.empty()) {
    NetworkFile file = read_network(command.start_from);
    if (file.weights.empty()) {
      throw Exception(Error{ErrorCode::format, command.start_from, "a network without weights", "one with weights",
                            fmt::format("for the wiring alone: --network {}", argument_of(command.start_from))});
    }
    if (file.model) {
      fit.continue_from = std::move(file.model);
      return fit;
    }
    fit.network = std::move(file.spec);
    fit.start_from = std::move(file.weights);
    fit.input_names = std::move(file.input_names);
  }
  return fit;
}

}  // namespace deltarule::cli
