// The public Dataset and the names of the tasks. What roles and tasks mean is decided in data/schema.hpp.
#include <array>
#include <utility>

#include "app/access.hpp"
#include "app/engine/unwrap.hpp"
#include "base/text.hpp"

namespace deltarule {
namespace app {

const DatasetState& DatasetAccess::state(const Dataset& dataset) {
  return *static_cast<const DatasetState*>(dataset.impl_.get());
}

Task public_task(data::Task task) {
  switch (task) {
    case data::Task::binary:
      return Task::binary;
    case data::Task::multiclass:
      return Task::multiclass;
    case data::Task::multilabel:
      return Task::multilabel;
    case data::Task::regression:
      break;
  }
  return Task::regression;
}

}  // namespace app

namespace {

constexpr std::array kTasks{Task::automatic, Task::binary, Task::multiclass, Task::multilabel, Task::regression};

std::vector<std::string> names_of(const Dataset& dataset, const std::vector<std::size_t>& columns) {
  const data::Table& table = app::TableAccess::table(dataset.table());
  std::vector<std::string> names;
  for (const std::size_t column : columns) names.push_back(table.columns[column].name);
  return names;
}

/// The one column that decides the split, if any.
void choose_split(DatasetOptions& options, data::SchemaOptions& wanted) {
  for (auto [kind, column] : {std::pair{data::SplitKind::by_group, &options.group_by},
                              std::pair{data::SplitKind::by_time, &options.split_by_time},
                              std::pair{data::SplitKind::by_part, &options.split_column}}) {
    if (column->empty()) continue;
    if (wanted.split != data::SplitKind::at_random) {
      throw Exception({ErrorCode::usage, data::split_option(kind),
                       std::string("together with ") + data::split_option(wanted.split),
                       "one column that decides the split", "Leave one of them out"});
    }
    wanted.split = kind;
    wanted.split_column = std::move(*column);
  }
}

}  // namespace

std::string_view name_of(Task task) {
  switch (task) {
    case Task::automatic:
      return "auto";
    case Task::binary:
      return "binary";
    case Task::multiclass:
      return "multiclass";
    case Task::multilabel:
      return "multilabel";
    case Task::regression:
      break;
  }
  return "regression";
}

Result<Task> task_named(std::string_view name) {
  std::vector<std::string> known;
  for (const Task task : kTasks) {
    if (name == name_of(task)) return task;
    known.emplace_back(name_of(task));
  }
  return Error{ErrorCode::usage, "--task", base::quoted(name), "auto, binary, multiclass, multilabel or regression",
               base::did_you_mean(name, known)};
}

Dataset::Dataset(Table table, DatasetOptions options) : table_(std::move(table)) {
  app::DatasetState state;
  data::SchemaOptions wanted;
  wanted.targets = std::move(options.target);
  wanted.features = std::move(options.features);
  wanted.ignore = std::move(options.ignore);
  wanted.categorical = std::move(options.categorical);
  choose_split(options, wanted);
  wanted.weight = std::move(options.weight);
  if (options.task != Task::automatic) wanted.task = data::task_from_name(name_of(options.task));
  state.task_given = options.task != Task::automatic;
  state.weight = wanted.weight;
  state.schema = unwrap(data::make_schema(app::TableAccess::table(table_), wanted, state.notices));
  impl_ = std::make_shared<const app::DatasetState>(std::move(state));
}

Task Dataset::task() const { return app::public_task(app::DatasetAccess::state(*this).schema.task); }
std::size_t Dataset::rows() const { return app::DatasetAccess::state(*this).schema.rows.size(); }

std::vector<std::string> Dataset::targets() const {
  return names_of(*this, app::DatasetAccess::state(*this).schema.targets);
}
std::vector<std::string> Dataset::features() const {
  return names_of(*this, app::DatasetAccess::state(*this).schema.features);
}

std::vector<std::string> Dataset::notices() const {
  std::vector<std::string> texts;
  app::append_texts(app::DatasetAccess::state(*this).notices, texts);
  return texts;
}

}  // namespace deltarule
