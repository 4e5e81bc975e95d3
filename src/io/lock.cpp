#include "io/lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace deltarule::io {
namespace {

constexpr mode_t kFileMode = 0666;  // minus the user's umask
constexpr int kMostAttempts = 100;  // of taking a file that others take away meanwhile

Error fault(const std::string& path, std::string got) {
  return {ErrorCode::io, path, std::move(got), "a place where a file can be locked", {}};
}

Error held_by(const std::string& path, int descriptor) {
  std::array<char, 24> text{};
  const ssize_t size = ::pread(descriptor, text.data(), text.size(), 0);
  std::string holder;
  for (ssize_t i = 0; i < size && text[static_cast<std::size_t>(i)] >= '0' && text[static_cast<std::size_t>(i)] <= '9';
       ++i)
    holder += text[static_cast<std::size_t>(i)];
  return {ErrorCode::io, path, "another process" + (holder.empty() ? "" : " (" + holder + ")") + " is at work here",
          "one process at a time", "Wait until it has ended, or end it"};
}

/// Whether the path still leads to the file that is open: whoever held the lock before may have taken it away.
bool is_still(const std::string& path, int descriptor) {
  struct stat open{}, named{};
  return ::fstat(descriptor, &open) == 0 && ::stat(path.c_str(), &named) == 0 && open.st_ino == named.st_ino &&
         open.st_dev == named.st_dev;
}

/// For people and messages; the lock does not depend on it.
void write_holder(int descriptor) {
  const std::string text = std::to_string(::getpid()) + "\n";
  if (::ftruncate(descriptor, 0) == 0) (void)!::pwrite(descriptor, text.data(), text.size(), 0);
}

}  // namespace

Result<FileLock> FileLock::take(const std::string& path) {
  for (int attempt = 0; attempt < kMostAttempts; ++attempt) {
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kFileMode);
    if (descriptor < 0) return fault(path, std::string("cannot be opened: ") + std::strerror(errno));
    FileLock lock(descriptor, {});
    if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
      if (errno == EWOULDBLOCK) return held_by(path, descriptor);
      return fault(path, std::string("cannot be locked: ") + std::strerror(errno));
    }
    if (!is_still(path, descriptor)) continue;
    write_holder(descriptor);
    lock.path_ = path;
    return lock;
  }
  return fault(path, "others lock it again and again");
}

FileLock::~FileLock() {
  if (descriptor_ < 0) return;
  if (!path_.empty()) ::unlink(path_.c_str());  // while it is held: nobody else can think that it has this one
  ::close(descriptor_);
}

}  // namespace deltarule::io
