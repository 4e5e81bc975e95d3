#include "io/folder.hpp"

#include <algorithm>
#include <filesystem>
#include <system_error>

namespace deltarule::io {
namespace {

namespace fs = std::filesystem;

Error fault(const std::string& path, const std::string& what, const std::error_code& code, std::string needed) {
  std::string fix;
  if (code == std::errc::no_such_file_or_directory) fix = "Check the path; the folder that it is in must exist";
  if (code == std::errc::permission_denied || code == std::errc::read_only_file_system)
    fix = "Name a place that you may write to";
  if (code == std::errc::no_space_on_device) fix = "Free some space, or name another place";
  return {ErrorCode::io, path, what + ": " + code.message(), std::move(needed), std::move(fix)};
}

}  // namespace

Result<void> make_folder(const std::string& path) {
  std::error_code code;
  if (fs::is_directory(path, code)) return {};
  if (fs::exists(path, code)) return Error{ErrorCode::io, path, "is a file", "a folder", "Name another place"};
  fs::create_directory(path, code);
  if (code) return fault(path, "cannot be made", code, "a folder that can be made");
  return {};
}

Result<std::vector<std::string>> names_in(const std::string& path) {
  std::vector<std::string> names;
  std::error_code code;
  fs::directory_iterator entries(path, code);
  for (; !code && entries != fs::directory_iterator(); entries.increment(code))
    names.push_back(entries->path().filename().string());
  if (code) return fault(path, "cannot be looked into", code, "a folder that can be read");
  std::sort(names.begin(), names.end());
  return names;
}

Result<void> remove_path(const std::string& path) {
  std::error_code code;
  fs::remove(path, code);
  if (code) return fault(path, "cannot be removed", code, "a file that can");
  return {};
}

std::string from_root(const std::string& path) {
  std::error_code code;
  const fs::path whole = fs::absolute(path, code);
  return code ? path : whole.lexically_normal().string();
}

std::string seen_from(const std::string& folder, const std::string& path) { return (fs::path(folder) / path).string(); }

}  // namespace deltarule::io
