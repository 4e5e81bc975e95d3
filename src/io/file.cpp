#include "io/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <new>
#include <system_error>

#include "io/memory.hpp"

namespace deltarule::io {
namespace {

// Pipes tell no size: the buffer starts here and doubles.
constexpr std::size_t kFirstBuffer = std::size_t{1} << 16;
// Of one call: small enough that a check of each piece comes soon, and below what Linux moves at once (2 GiB − 4 KiB).
constexpr std::size_t kLargestRead = std::size_t{1} << 22;

class Descriptor {
 public:
  Descriptor(int number, bool owned) : number_(number), owned_(owned) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (owned_ && number_ >= 0) ::close(number_);
  }
  [[nodiscard]] int get() const { return number_; }

 private:
  int number_;
  bool owned_;
};

std::string system_words(int code) { return std::generic_category().message(code); }

Error read_error(const std::string& path, int code) {
  const std::string fix = code == ENOENT   ? "Check the path; it is taken from the folder the program was started in"
                          : code == EACCES ? "Check the permissions of the file and of its folders"
                                           : "";
  return {ErrorCode::io, display_name(path), "cannot be read: " + system_words(code), "a readable file", fix};
}

Error directory_error(const std::string& path) {
  return {ErrorCode::io, path, "is a directory", "a file", "Name a file in it"};
}

Error too_large(const std::string& path, std::uint64_t limit) {
  const bool memory = limit == most_file_bytes();
  return {ErrorCode::io, display_name(path),
          "is larger than " + std::to_string(limit) + " bytes" + (memory ? ", half of this machine's memory" : ""),
          "a smaller file", memory ? "Take a part of it, or a machine with more memory" : ""};
}

Error no_memory(const std::string& path, std::size_t bytes) {
  return {ErrorCode::io, display_name(path), "cannot be read: it takes " + std::to_string(bytes) + " bytes of memory",
          "as much free memory", "Take a part of it, or a machine with more memory"};
}

// Appends to a buffer until the end of the file.
struct Reader {
  std::unique_ptr<char[]> data;
  std::size_t capacity = 0;
  std::size_t size = 0;

  bool reserve(std::size_t wanted) {
    std::unique_ptr<char[]> larger(new (std::nothrow) char[wanted]);
    if (larger == nullptr) return false;
    if (size > 0) std::memcpy(larger.get(), data.get(), size);
    data = std::move(larger);
    capacity = wanted;
    return true;
  }

  // 0 at the end of the file, otherwise an errno; stops early once there are more than `limit` bytes, and where `check`
  // says so.
  int read_all(int descriptor, std::uint64_t limit, PieceCheck check) {
    while (size <= limit) {
      if (size == capacity && !reserve(capacity * 2)) return ENOMEM;
      const ssize_t count = ::read(descriptor, data.get() + size, std::min(capacity - size, kLargestRead));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return errno;
      if (count == 0) return 0;
      const std::string_view piece(data.get() + size, static_cast<std::size_t>(count));
      size += piece.size();
      if (check != nullptr && !check(piece, size - piece.size())) return 0;
    }
    return 0;
  }
};

}  // namespace

std::string display_name(const std::string& path) { return path == "-" ? "standard input" : path; }

std::uint64_t most_file_bytes() { return machine_memory() / 2; }

Result<FileBytes> read_file(const std::string& path, std::uint64_t limit, PieceCheck check) {
  const bool standard_input = path == "-";
  const Descriptor descriptor(standard_input ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC),
                              !standard_input);
  if (descriptor.get() < 0) return read_error(path, errno);
  struct stat status{};
  if (::fstat(descriptor.get(), &status) != 0) return read_error(path, errno);
  if (S_ISDIR(status.st_mode)) return directory_error(path);
  std::size_t expected = kFirstBuffer;
  if (S_ISREG(status.st_mode)) {
    const auto size = static_cast<std::uint64_t>(status.st_size);
    if (size > limit) return too_large(path, limit);
    expected = static_cast<std::size_t>(size) + 1;  // one more, so that the end is met without growing
  }
  Reader reader;
  if (!reader.reserve(expected)) return no_memory(path, expected);
  const int code = reader.read_all(descriptor.get(), limit, check);
  if (code == ENOMEM) return no_memory(path, reader.capacity * 2);
  if (code != 0) return read_error(path, code);
  if (reader.size > limit) return too_large(path, limit);
  return FileBytes(std::move(reader.data), reader.size);
}

PathKind path_kind(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return PathKind::nothing;
  if (S_ISREG(status.st_mode)) return PathKind::file;
  return S_ISDIR(status.st_mode) ? PathKind::directory : PathKind::other;
}

bool is_same_file(const std::string& a, const std::string& b) {
  std::error_code fault;  // a file that is not there is no file's equal
  return std::filesystem::equivalent(a, b, fault) && !fault;
}

}  // namespace deltarule::io
