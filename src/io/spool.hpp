// Records of one length, put down on the disk one after the other until somebody wants them: what is too much for
// memory, or must outlast the process. Each has its digest. Knows nothing of what is in them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "deltarule/error.hpp"

namespace deltarule::io {

class Spool {
 public:
  /// A file without a name in `folder`, gone with the process. Io error.
  static Result<Spool> without_name(const std::string& folder, std::size_t record_bytes);
  /// The file at `path`, made if it is not there, with its first `count` records, which check_spool() has seen. What
  /// comes after them goes. Io error; format error for a file of other records, or of fewer.
  static Result<Spool> at(const std::string& path, std::size_t record_bytes, std::uint64_t count);
  Spool(Spool&& other) noexcept;
  Spool& operator=(Spool&&) = delete;
  ~Spool();

  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] std::size_t record_bytes() const { return record_bytes_; }
  /// record: [record_bytes]. Io error; the records before it stay.
  Result<void> append(std::span<const std::byte> record);
  /// Waits until all records are on the disk.
  Result<void> sync() const;
  /// Bytes [offset, offset + to.size()) of a record.
  Result<void> read(std::uint64_t record, std::size_t offset, std::span<std::byte> to) const;
  /// Io error for a record that is not what was put down.
  Result<void> check() const;

 private:
  Spool(int descriptor, std::string name, std::size_t record_bytes)
      : descriptor_(descriptor), name_(std::move(name)), record_bytes_(record_bytes) {}
  [[nodiscard]] std::uint64_t place_of(std::uint64_t record) const;

  int descriptor_;  // −1: moved from
  std::string name_;
  std::size_t record_bytes_;
  std::uint64_t count_ = 0;
};

/// Whether the file holds `count` records or more, the first `count` of them undamaged. Io or format error.
Result<void> check_spool(const std::string& path, std::uint64_t count);

}  // namespace deltarule::io
