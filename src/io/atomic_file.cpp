// The system calls behind atomic_file.hpp: temporary file, fsync, verify, link or rename, fsync of the folder.
#include "io/atomic_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "io/digest.hpp"

namespace deltarule::io {
namespace {

constexpr mode_t kFileMode = 0666;  // minus the user's umask, as any program's files
constexpr std::string_view kTemporaryBegin = ".deltarule-", kTemporaryEnd = ".tmp";
constexpr int kMostAttempts = 100;  // names of temporary files tried before giving up

Error fault(const std::string& path, std::string got, std::string fix = {}) {
  return {ErrorCode::io, path, std::move(got), "a place where a file can be written", std::move(fix)};
}

Error system_fault(const std::string& path, const std::string& what, int number) {
  std::string fix;
  if (number == ENOSPC || number == EDQUOT) fix = "Free some space, or write to another place";
  if (number == EACCES || number == EPERM || number == EROFS) fix = "Write to a place that you may write to";
  if (number == ENOENT) fix = "Make the folder first";
  return fault(path, what + ": " + std::strerror(number), std::move(fix));
}

Error exists_fault(const std::string& path) {
  return {ErrorCode::io, path, "the file exists already", "a place that is free", "Choose another name, or --force"};
}

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

/// A file descriptor that is closed at the end of its scope.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int number() const { return number_; }
  /// Closes now; false when the system reports a late write error.
  bool close() {
    const int number = number_;
    number_ = -1;
    return ::close(number) == 0;
  }

 private:
  int number_;
};

/// A file under a temporary name, removed at the end of its scope unless it has been given its name.
class TemporaryFile {
 public:
  TemporaryFile() = default;
  ~TemporaryFile() {
    if (!path_.empty()) ::unlink(path_.c_str());
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  /// Makes the file beside `path`; returns its descriptor, or −1 with errno.
  int create(const std::string& path) {
    for (int attempt = 0; attempt < kMostAttempts; ++attempt) {
      path_ = folder_of(path) + "/" + std::string(kTemporaryBegin) + std::to_string(::getpid()) + "-" +
              std::to_string(attempt) + std::string(kTemporaryEnd);
      const int number = ::open(path_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, kFileMode);
      if (number >= 0) return number;
      const int reason = errno;
      path_.clear();
      errno = reason;
      if (reason != EEXIST) return -1;
    }
    return -1;
  }
  [[nodiscard]] const std::string& path() const { return path_; }
  /// The file is no longer under its temporary name.
  void release() { path_.clear(); }
  /// The file has another name as well; the temporary one goes.
  void remove() {
    ::unlink(path_.c_str());
    path_.clear();
  }

 private:
  std::string path_;
};

bool write_all(int number, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(number, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      if (written == 0) errno = ENOSPC;
      return false;
    }
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return true;
}

/// Reads the file again from its beginning; an empty text with errno when that fails.
std::string digest_of_file(int number) {
  Digest digest;
  std::vector<std::byte> buffer(std::size_t{1} << 16);
  off_t place = 0;
  for (;;) {
    const ssize_t read = ::pread(number, buffer.data(), buffer.size(), place);
    if (read < 0 && errno == EINTR) continue;
    if (read < 0) return {};
    if (read == 0) return digest.hex();
    digest.update(std::span(buffer).first(static_cast<std::size_t>(read)));
    place += read;
  }
}

/// A device or pipe (/dev/null, /dev/stdout) is not a file to be replaced.
Result<void> check_place(const std::string& path, bool overwrite) {
  if (path.empty()) return fault("output", "an empty file name", "Name the file to write");
  if (path.find('\0') != std::string::npos) return fault("output", "a file name with a NUL byte in it");
  struct stat status{};
  if (::lstat(path.c_str(), &status) != 0) {
    if (errno == ENOENT && path.back() != '/') return {};
    return system_fault(path, "cannot write", errno);
  }
  // What a link stands for counts; a link to nothing is replaced like a file.
  if (S_ISLNK(status.st_mode) && ::stat(path.c_str(), &status) != 0) status.st_mode = S_IFREG;
  if (S_ISDIR(status.st_mode)) return fault(path, "is a folder, not a file", "Name a file in it");
  if (!S_ISREG(status.st_mode)) return fault(path, "is neither a file nor free", "Name an ordinary file");
  if (!overwrite) return exists_fault(path);
  return {};
}

/// The file that a symbolic link stands for, so that overwriting keeps the link; the path itself otherwise.
std::string followed(const std::string& path) {
  char* target = ::realpath(path.c_str(), nullptr);
  if (target == nullptr) return path;
  std::string result(target);
  ::free(target);
  return result;
}

/// A file that is overwritten keeps who may read and write it: what was private stays private.
void keep_mode(int number, const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) == 0) (void)::fchmod(number, status.st_mode & 0777U);
}

/// Gives the temporary file its name. Without `overwrite`, link() refuses an existing file in one step; where a file
/// system has no links, an empty file reserves the name first.
Result<void> give_name(TemporaryFile& file, const std::string& path, bool overwrite) {
  if (!overwrite) {
    if (::link(file.path().c_str(), path.c_str()) == 0) {
      file.remove();
      return {};
    }
    if (errno == EEXIST) return exists_fault(path);
    const Descriptor reserved(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kFileMode));
    if (reserved.number() < 0) return errno == EEXIST ? exists_fault(path) : system_fault(path, "cannot write", errno);
  }
  if (::rename(file.path().c_str(), path.c_str()) != 0) {
    const int reason = errno;
    if (!overwrite) ::unlink(path.c_str());
    return system_fault(path, "cannot write", reason);
  }
  file.release();
  return {};
}

Result<void> sync_folder(const std::string& path) {
  const std::string folder = folder_of(path);
  const Descriptor descriptor(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  // A folder that may be written but not read cannot be opened; the file itself is already on the disk.
  if (descriptor.number() < 0) return {};
  if (::fsync(descriptor.number()) != 0 && errno != EINVAL) return system_fault(folder, "cannot flush", errno);
  return {};
}

/// Small pieces are gathered, so that each costs no system call.
class Pieces {
 public:
  Pieces(int number, const std::string& path) : number_(number), path_(path) {}

  Result<void> put(std::span<const std::byte> bytes) {
    digest_.update(bytes);
    if (gathered_.size() + bytes.size() > kGathered)
      if (auto flushed = flush(); !flushed) return flushed;
    if (bytes.size() > kGathered) return write(bytes);
    gathered_.insert(gathered_.end(), bytes.begin(), bytes.end());
    return {};
  }
  Result<void> flush() {
    auto written = write(gathered_);
    gathered_.clear();
    return written;
  }
  [[nodiscard]] std::string digest() const { return digest_.hex(); }

 private:
  static constexpr std::size_t kGathered = std::size_t{1} << 18;
  Result<void> write(std::span<const std::byte> bytes) {
    if (write_all(number_, bytes)) return {};
    return system_fault(path_, "cannot write", errno);
  }
  int number_;
  const std::string& path_;
  Digest digest_;
  std::vector<std::byte> gathered_;
};

Result<void> fill(int number, const std::string& path, const ByteSource& source) {
  Pieces pieces(number, path);
  const ByteSink sink = [&](std::span<const std::byte> bytes) { return pieces.put(bytes); };
  if (auto given = source(sink); !given) return given;
  if (auto flushed = pieces.flush(); !flushed) return flushed;
  if (::fsync(number) != 0) return system_fault(path, "cannot flush to the disk", errno);
  const std::string found = digest_of_file(number);
  if (found.empty()) return system_fault(path, "cannot read back what was written", errno);
  if (found != pieces.digest())
    return fault(path, "reads back differently from what was written", "Check the disk, or write to another place");
  return {};
}

}  // namespace

Result<void> check_writable(const std::string& path, bool overwrite) {
  if (auto place = check_place(path, overwrite); !place) return place;
  TemporaryFile file;
  const Descriptor descriptor(file.create(overwrite ? followed(path) : path));
  if (descriptor.number() < 0) return system_fault(path, "cannot write", errno);
  return {};
}

Result<void> write_atomically(const std::string& path, std::span<const std::byte> bytes, bool overwrite) {
  return write_in_pieces(path, [&](const ByteSink& sink) { return sink(bytes); }, overwrite);
}

Result<void> write_in_pieces(const std::string& path, const ByteSource& source, bool overwrite) {
  if (auto place = check_place(path, overwrite); !place) return place;
  const std::string target = overwrite ? followed(path) : path;
  TemporaryFile file;
  Descriptor descriptor(file.create(target));
  if (descriptor.number() < 0) return system_fault(path, "cannot write", errno);
  if (overwrite) keep_mode(descriptor.number(), target);
  if (auto filled = fill(descriptor.number(), path, source); !filled) return filled;
  if (!descriptor.close()) return system_fault(path, "cannot write", errno);
  if (auto named = give_name(file, target, overwrite); !named) return named;
  return sync_folder(target);
}

bool is_temporary_name(std::string_view name) {
  return name.substr(0, kTemporaryBegin.size()) == kTemporaryBegin && name.size() > kTemporaryEnd.size() &&
         name.substr(name.size() - kTemporaryEnd.size()) == kTemporaryEnd;
}

}  // namespace deltarule::io
