// What is behind the public handles Table, Dataset and Model, and the way in for the other files of this room.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/graph.hpp"
#include "data/notice.hpp"
#include "data/schema.hpp"
#include "data/table.hpp"
#include "deltarule/dataset.hpp"
#include "deltarule/model.hpp"
#include "model/model.hpp"
#include "model/predictor.hpp"

namespace deltarule::app {

struct TableState {
  data::Table table;
  data::Notices notices;
};

struct DatasetState {
  data::Schema schema;
  data::Notices notices;
  bool task_given = false;
  std::string weight = {};  // the column of the rows' weights
};

struct ModelState {
  model::Model model;
  base::Graph graph;
  model::Predictor predictor;
};

struct TableAccess {
  [[nodiscard]] static Table wrap(TableState state);
  [[nodiscard]] static const TableState& state(const Table& table);
  [[nodiscard]] static const data::Table& table(const Table& table) { return state(table).table; }
};

struct DatasetAccess {
  [[nodiscard]] static const DatasetState& state(const Dataset& dataset);
};

struct ModelAccess {
  [[nodiscard]] static Result<Model> wrap(model::Model model);
  [[nodiscard]] static const ModelState& state(const Model& model);
};

[[nodiscard]] Task public_task(data::Task task);
/// Appends the notices' sentences.
void append_texts(const data::Notices& notices, std::vector<std::string>& texts);

}  // namespace deltarule::app
