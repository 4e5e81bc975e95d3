// Where `train` writes its model when the user does not say.
#pragma once

#include <string>

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

}  // namespace deltarule::cli
