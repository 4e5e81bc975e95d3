// Folders: making one, what is in it, taking files away. Reading and writing files is elsewhere.
#pragma once

#include <string>
#include <vector>

#include "deltarule/error.hpp"

namespace deltarule::io {

/// Makes a folder in one that exists; nothing to do when it is there. Io error with the system's words.
Result<void> make_folder(const std::string& path);
/// The names in a folder, sorted. Io error.
Result<std::vector<std::string>> names_in(const std::string& path);
/// Takes a file or an empty folder away; one that is not there is no error.
Result<void> remove_path(const std::string& path);
/// The path from the root, as the system has it now; the path itself when that cannot be found.
[[nodiscard]] std::string from_root(const std::string& path);
/// `path` as meant by somebody in `folder`: itself when it begins at the root.
[[nodiscard]] std::string seen_from(const std::string& folder, const std::string& path);

}  // namespace deltarule::io
