// Tables and models as the commands read them: with the hints that only the command line can give.
#pragma once

#include "cli/command_line.hpp"

namespace deltarule::cli {

[[nodiscard]] Table read_table(const DataChoice& data);

/// The same for a model: its columns of categories are read letter by letter, and those of `also`.
[[nodiscard]] Table read_table_for(const Model& model, DataChoice data, const std::vector<std::string>& also = {});

/// Each text as it stands and, cut at commas, in parts: what may be meant by a list of columns before they are known.
[[nodiscard]] Names possible_columns(const std::vector<std::string>& given);

/// Loads `model`. When it is none but `data` is one, the error says that the two are swapped.
[[nodiscard]] Model load_model(const std::string& model, const std::string& data);

/// A path as it is typed after a command: one that begins with a dash gets "./".
[[nodiscard]] std::string argument_of(const std::string& path);

/// Notices on standard error, unless `quiet`.
void show_notices(const std::vector<std::string>& notices, bool quiet);

}  // namespace deltarule::cli
