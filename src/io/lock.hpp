// A lock between processes: a file that one of them holds. Advisory, as the system's locks are, and gone with the
// process that holds it, however that ends.
#pragma once

#include <string>
#include <utility>

#include "deltarule/error.hpp"

namespace deltarule::io {

class FileLock {
 public:
  /// Makes the file if need be. Io error that names the process which holds it, if another one does.
  static Result<FileLock> take(const std::string& path);
  /// Takes the file away and lets go.
  ~FileLock();
  FileLock(FileLock&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)), path_(std::move(other.path_)) {}
  FileLock& operator=(FileLock&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    std::swap(path_, other.path_);
    return *this;
  }

 private:
  FileLock(int descriptor, std::string path) : descriptor_(descriptor), path_(std::move(path)) {}
  int descriptor_;
  std::string path_;
};

}  // namespace deltarule::io
