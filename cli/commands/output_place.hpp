// Where `train` writes its model when the user does not say, and that no output replaces an input.
#pragma once

#include <string>
#include <string_view>

#include "cli/command_line.hpp"

namespace deltarule::cli {

struct OutputPlace {
  std::string path;
  bool overwrite = false;
  bool chosen = false;      ///< by us: a place that is taken in the meantime is no error
  std::string notice = {};  ///< worth saying, or empty
};

/// The file named with -o, or DATA's name with .safetensors (or -2, -3 …) beside DATA; where that folder cannot be
/// written to, in the current one. Checked to be writable now. Throws Exception (io, usage).
[[nodiscard]] OutputPlace choose_output(const TrainCommand& command);

/// Checks that the file of --history can be written and replaces no input or output. Throws Exception (io, usage).
void check_history_place(const TrainCommand& command, const OutputPlace& model);

/// The file of --record-to, or a free name by the model's, checked likewise; nothing where nothing is recorded.
[[nodiscard]] OutputPlace choose_record_place(const TrainCommand& command, const OutputPlace& model);

/// The folder that a file is in: "." for a bare name.
[[nodiscard]] std::string folder_of(const std::string& path);

/// Usage error when the output would replace an input: the same file, however it is named.
/// `option` names the output.
void refuse_same_file(const std::string& output, const std::string& input, std::string_view what, std::string fix,
                      std::string_view option = "-o");

}  // namespace deltarule::cli
