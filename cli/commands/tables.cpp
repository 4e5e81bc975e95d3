#include "cli/commands/tables.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "cli/terminal.hpp"
#include "cli/text/layout.hpp"
#include "cli/usage.hpp"

namespace deltarule::cli {
namespace {

bool is_model(const std::string& path) {
  if (path == "-") return false;  // standard input can be read only once
  try {
    [[maybe_unused]] const Model model = Model::load(path);
    return true;
  } catch (const Exception&) {
    return false;
  }
}

}  // namespace

Table read_table(const DataChoice& data) { return read_csv(data.path, data.csv); }

Names possible_columns(const std::vector<std::string>& given) {
  Names names;
  for (const std::string& text : given) {
    names.push_back(text);
    for (std::string& part : split_at_commas(text)) names.push_back(std::move(part));
  }
  return names;
}

Table read_table_for(const Model& model, DataChoice data, const std::vector<std::string>& also) {
  Names& letters = data.csv.text_columns;
  letters.insert(letters.end(), also.begin(), also.end());
  const std::vector<std::string> inputs = model.inputs();
  for (const std::string& feature : model.features()) {
    // One input unit per category is called "column=category".
    const std::string begins = feature + "=";
    if (std::ranges::any_of(inputs, [&](const std::string& input) { return input.starts_with(begins); })) {
      letters.push_back(feature);
    }
  }
  return read_table(data);
}

Model load_model(const std::string& model, const std::string& data) {
  try {
    return Model::load(model);
  } catch (const Exception& fault) {
    if (fault.error().code != ErrorCode::format || data.empty() || !is_model(data)) throw;
    Error error = fault.error();
    error.fix = fmt::format("the model comes first, then the data: {} {}", shell_word(data), shell_word(model));
    throw Exception(std::move(error));
  }
}

std::string argument_of(const std::string& path) {
  return shell_word(path.size() > 1 && path.front() == '-' ? "./" + path : path);
}

void show_notices(const std::vector<std::string>& notices, bool quiet) {
  if (quiet) return;
  std::string text;
  for (const std::string& notice : notices) text += wrap("note: " + printable(notice), 0, 0) + "\n";
  write_err(text);
}

}  // namespace deltarule::cli
