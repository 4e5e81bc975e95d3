// `deltarule predict`: one line per row of a table, as CSV or JSON Lines.
#include <fmt/format.h>

#include <algorithm>

#include "cli/commands/commands.hpp"
#include "cli/commands/output_place.hpp"
#include "cli/commands/tables.hpp"
#include "cli/exit_codes.hpp"
#include "cli/results.hpp"
#include "cli/terminal.hpp"
#include "cli/text/json.hpp"
#include "cli/text/layout.hpp"
#include "cli/text/spelling.hpp"
#include "cli/usage.hpp"

namespace deltarule::cli {
namespace {

constexpr std::size_t kNamesShown = 20;

/// The data, its kept columns letter by letter: a model reads numbers from text as well.
struct Kept {
  Table data;
  std::vector<std::string> columns;
};

void check_columns(const std::vector<std::string>& kept, const Table& table) {
  const std::vector<std::string> columns = table.column_names();
  for (const std::string& name : kept) {
    if (std::ranges::find(columns, name) != columns.end()) continue;
    const std::string near = nearest(name, columns);
    throw Exception(Error{ErrorCode::data, "--keep", fmt::format("no column \"{}\"", printable(name)),
                          fmt::format("columns of {}: {}", table.source(), joined(columns, ", ", kNamesShown)),
                          near.empty() ? std::string() : fmt::format("did you mean {}?", near)});
  }
}

Kept read_kept(const PredictCommand& command, const Model& model) {
  Kept kept{read_table_for(model, command.data, possible_columns(command.keep)), {}};
  kept.columns = column_list(command.keep, kept.data.column_names());
  check_columns(kept.columns, kept.data);
  return kept;
}

struct Column {
  std::string name;
  bool is_number = false;
};

/// The columns of the output: predictions, probabilities, kept columns.
std::vector<Column> columns_of(const Predictions& predictions, bool probabilities,
                               const std::vector<std::string>& kept) {
  std::vector<Column> columns;
  for (const std::string& target : predictions.targets) {
    const std::string name = predictions.targets.size() == 1 ? "prediction" : fmt::format("prediction({})", target);
    columns.push_back({name, !predictions.values.empty()});
  }
  if (probabilities) {
    for (const std::string& label : predictions.classes) columns.push_back({fmt::format("p({})", label), true});
  }
  for (const std::string& name : kept) {
    if (std::ranges::find(columns, name, &Column::name) != columns.end()) {
      refuse("--keep", fmt::format("a column called \"{}\"", name), "names that the output does not have already",
             "rename the column in the data");
    }
    columns.push_back({name, false});
  }
  return columns;
}

/// The fields of one row, in the order of the columns.
void fields_of(std::size_t row, const Predictions& predictions, bool probabilities, const Kept& kept,
               std::vector<std::string>& fields) {
  fields.clear();
  const std::size_t targets = predictions.targets.size(), classes = predictions.classes.size();
  for (std::size_t i = 0; i < targets; ++i) fields.push_back(predictions.text[row * targets + i]);
  for (std::size_t i = 0; probabilities && i < classes; ++i) {
    fields.push_back(json_number(predictions.probabilities[row * classes + i]));
  }
  for (const std::string& name : kept.columns) {
    Result<std::string> cell = kept.data.cell(row, name);
    if (!cell) throw Exception(cell.error());
    fields.push_back(std::move(cell).value());
  }
}

/// Readers trim blanks around a bare field, and take an empty line for none.
bool needs_quotes(const std::string& field, bool alone) {
  if (field.empty()) return alone;
  const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
  return is_blank(field.front()) || is_blank(field.back()) || field.find_first_of(",\"\r\n") != std::string::npos;
}

/// RFC 4180, with a line feed alone at the end of lines.
void append_csv(std::string& line, const std::vector<std::string>& fields) {
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) line += ',';
    if (!needs_quotes(fields[i], fields.size() == 1)) {
      line += fields[i];
      continue;
    }
    line += '"';
    for (const char c : fields[i]) {
      if (c == '"') line += '"';
      line += c;
    }
    line += '"';
  }
  line += '\n';
}

void append_json(std::string& line, const std::vector<Column>& columns, const std::vector<std::string>& fields) {
  JsonObject object;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (columns[i].is_number) {
      object.raw(columns[i].name, fields[i]);
    } else {
      object.text(columns[i].name, fields[i]);
    }
  }
  line += object.str();
  line += '\n';
}

template <class Sink>
void write_rows(const Predictions& predictions, const PredictCommand& command, const Kept& kept, Sink sink) {
  const std::vector<Column> columns = columns_of(predictions, command.probabilities, kept.columns);
  std::vector<std::string> fields;
  std::string line;
  if (!command.json) {
    for (const Column& column : columns) fields.push_back(column.name);
    append_csv(line, fields);
    sink(line);
  }
  const std::size_t rows = predictions.targets.empty() ? 0 : predictions.text.size() / predictions.targets.size();
  for (std::size_t row = 0; row < rows; ++row) {
    fields_of(row, predictions, command.probabilities, kept, fields);
    line.clear();
    if (command.json) {
      append_json(line, columns, fields);
    } else {
      append_csv(line, fields);
    }
    sink(line);
  }
}

}  // namespace

int run_predict(const PredictCommand& command) {
  refuse_same_file(command.output, command.data.path, "the data itself", "name a new file for the predictions");
  refuse_same_file(command.output, command.model, "the model itself", "name a new file for the predictions");
  const Model model = load_model(command.model, command.data.path);
  if (!command.output.empty()) check_writable(command.output, command.force);
  if (command.probabilities && model.task() == Task::regression) {
    refuse("--proba", "a model of numbers (regression)", "a model of classes", "leave out --proba");
  }
  const Kept kept = read_kept(command, model);
  const Predictions predictions = model.predict(kept.data, command.options);
  show_notices(kept.data.notices(), command.quiet);
  show_notices(predictions.notices, command.quiet);
  if (command.output.empty()) {
    Results results;
    write_rows(predictions, command, kept, [&](const std::string& line) { results.add(line); });
    results.flush();
    return kDone;
  }
  std::string text;
  write_rows(predictions, command, kept, [&](const std::string& line) { text += line; });
  const SignalsHeld held;
  write_file(command.output, text, command.force);
  return kDone;
}

}  // namespace deltarule::cli
