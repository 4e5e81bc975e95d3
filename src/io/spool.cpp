// The file: "deltarule-spool\n", the length of a record (u64, little-endian), then each record and the 32 digits of its
// digest.
#include "io/spool.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <utility>

#include "io/digest.hpp"

namespace deltarule::io {
namespace {

constexpr std::string_view kMagic = "deltarule-spool\n";
constexpr std::size_t kHeader = kMagic.size() + 8;
constexpr mode_t kFileMode = 0666;  // minus the user's umask

Error system_fault(const std::string& name, const std::string& what, int number) {
  std::string fix;
  if (number == ENOSPC || number == EDQUOT || number == EFBIG)
    fix = "Free some space, record less or less often, or record to another place";
  return {ErrorCode::io, name, what + ": " + std::strerror(number), "a place where records can be kept meanwhile",
          std::move(fix)};
}

Error damaged(const std::string& name, std::string got, std::string needed) {
  return {ErrorCode::format, name, std::move(got), std::move(needed), "Use an undamaged copy of the run"};
}

bool write_all(int descriptor, std::span<const std::byte> bytes, std::uint64_t place) {
  while (!bytes.empty()) {
    const ssize_t written = ::pwrite(descriptor, bytes.data(), bytes.size(), static_cast<off_t>(place));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      if (written == 0) errno = ENOSPC;
      return false;
    }
    bytes = bytes.subspan(static_cast<std::size_t>(written));
    place += static_cast<std::uint64_t>(written);
  }
  return true;
}

/// False with errno, 0 for a file that ends before.
bool read_all(int descriptor, std::span<std::byte> bytes, std::uint64_t place) {
  while (!bytes.empty()) {
    const ssize_t read = ::pread(descriptor, bytes.data(), bytes.size(), static_cast<off_t>(place));
    if (read < 0 && errno == EINTR) continue;
    if (read == 0) errno = 0;
    if (read <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(read));
    place += static_cast<std::uint64_t>(read);
  }
  return true;
}

Error read_fault(const std::string& name) {
  if (errno != 0) return system_fault(name, "cannot read", errno);
  return damaged(name, "a file that ends too early", "all its records");
}

std::array<std::byte, kHeader> header_of(std::size_t record_bytes) {
  std::array<std::byte, kHeader> header{};
  std::memcpy(header.data(), kMagic.data(), kMagic.size());
  for (std::size_t i = 0; i < 8; ++i)
    header[kMagic.size() + i] = static_cast<std::byte>((std::uint64_t{record_bytes} >> (8 * i)) & 0xFF);
  return header;
}

/// The length of its records.
Result<std::uint64_t> read_header(int descriptor, const std::string& name) {
  std::array<std::byte, kHeader> header{};
  if (!read_all(descriptor, header, 0)) return read_fault(name);
  if (std::memcmp(header.data(), kMagic.data(), kMagic.size()) != 0)
    return damaged(name, "another kind of file", "the records of a run");
  std::uint64_t length = 0;
  for (std::size_t i = 0; i < 8; ++i) length |= std::to_integer<std::uint64_t>(header[kMagic.size() + i]) << (8 * i);
  return length;
}

std::uint64_t place_in(std::uint64_t record_bytes, std::uint64_t record) {
  return kHeader + record * (record_bytes + kDigestDigits);
}

/// Records [0, count) against their digests.
Result<void> check_records(int descriptor, const std::string& name, std::uint64_t length, std::uint64_t count) {
  const off_t size = ::lseek(descriptor, 0, SEEK_END);  // before room is made for a record
  if (size < 0) return system_fault(name, "cannot read", errno);
  const auto whole = static_cast<std::uint64_t>(size);
  if (length > whole || whole < kHeader || (whole - kHeader) / (length + kDigestDigits) < count)
    return damaged(name, "a file that ends too early", std::to_string(count) + " records");
  std::vector<std::byte> record(static_cast<std::size_t>(length) + kDigestDigits);
  for (std::uint64_t k = 0; k < count; ++k) {
    if (!read_all(descriptor, record, place_in(length, k))) return read_fault(name);
    const std::string digest = digest_of(std::span(record).first(static_cast<std::size_t>(length)));
    if (std::memcmp(record.data() + length, digest.data(), kDigestDigits) != 0)
      return damaged(name, "record " + std::to_string(k + 1) + " does not have its digest", "what was put down");
  }
  return {};
}

}  // namespace

Spool::Spool(Spool&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      name_(std::move(other.name_)),
      record_bytes_(other.record_bytes_),
      count_(other.count_) {}

Spool::~Spool() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

std::uint64_t Spool::place_of(std::uint64_t record) const { return place_in(record_bytes_, record); }

Result<Spool> Spool::without_name(const std::string& folder, std::size_t record_bytes) {
  std::string path = (folder.empty() ? "." : folder) + "/.deltarule-record-XXXXXX";
  const int descriptor = ::mkostemp(path.data(), O_CLOEXEC);
  if (descriptor < 0) return system_fault(folder, "cannot keep what is recorded there", errno);
  ::unlink(path.c_str());
  Spool spool(descriptor, folder, record_bytes);
  if (!write_all(descriptor, header_of(record_bytes), 0)) return system_fault(folder, "cannot write", errno);
  return spool;
}

Result<Spool> Spool::at(const std::string& path, std::size_t record_bytes, std::uint64_t count) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kFileMode);
  if (descriptor < 0) return system_fault(path, "cannot be opened", errno);
  Spool spool(descriptor, path, record_bytes);
  if (count == 0) {
    if (::ftruncate(descriptor, 0) != 0 || !write_all(descriptor, header_of(record_bytes), 0))
      return system_fault(path, "cannot write", errno);
    return spool;
  }
  auto length = read_header(descriptor, path);
  if (!length) return length.error();
  if (*length != record_bytes)
    return damaged(path, "records of " + std::to_string(*length) + " bytes", std::to_string(record_bytes));
  const off_t size = ::lseek(descriptor, 0, SEEK_END);
  if (size < 0) return system_fault(path, "cannot read", errno);
  if (static_cast<std::uint64_t>(size) < spool.place_of(count))
    return damaged(path, "a file that ends too early", std::to_string(count) + " records");
  if (::ftruncate(descriptor, static_cast<off_t>(spool.place_of(count))) != 0)
    return system_fault(path, "cannot write", errno);
  spool.count_ = count;
  return spool;
}

Result<void> Spool::append(std::span<const std::byte> record) {
  const std::string digest = digest_of(record);
  const std::uint64_t place = place_of(count_);
  if (!write_all(descriptor_, record, place) ||
      !write_all(descriptor_, std::as_bytes(std::span(digest)), place + record.size()))
    return system_fault(name_, "cannot write", errno);
  ++count_;
  return {};
}

Result<void> Spool::sync() const {
  if (::fsync(descriptor_) != 0) return system_fault(name_, "cannot flush to the disk", errno);
  return {};
}

Result<void> Spool::read(std::uint64_t record, std::size_t offset, std::span<std::byte> to) const {
  if (!read_all(descriptor_, to, place_of(record) + offset)) return read_fault(name_);
  return {};
}

Result<void> Spool::check() const { return check_records(descriptor_, name_, record_bytes_, count_); }

Result<void> check_spool(const std::string& path, std::uint64_t count) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return system_fault(path, "cannot be opened", errno);
  auto length = read_header(descriptor, path);
  auto checked = length ? check_records(descriptor, path, *length, count) : Result<void>(length.error());
  ::close(descriptor);
  return checked;
}

}  // namespace deltarule::io
