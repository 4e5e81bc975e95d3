// Reading files and standard input as bytes. Writing is elsewhere, and so is what the bytes mean.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "deltarule/error.hpp"

namespace deltarule::io {

/// The bytes of one file, owned. Read whole rather than mapped: a file that another program shortens or rewrites
/// while it is mapped would change under the parser, or end the process with a bus error.
class FileBytes {
 public:
  FileBytes() = default;
  FileBytes(std::unique_ptr<char[]> data, std::size_t size) : data_(std::move(data)), size_(size) {}

  [[nodiscard]] std::string_view text() const { return {data_.get(), size_}; }
  [[nodiscard]] std::span<const std::byte> bytes() const { return std::as_bytes(std::span(data_.get(), size_)); }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  std::unique_ptr<char[]> data_;
  std::size_t size_ = 0;
};

/// How a path is called in messages: itself, or `standard input` for "-".
[[nodiscard]] std::string display_name(const std::string& path);

/// Half of the machine's memory: whoever reads a file makes something of it, which takes as much again or more.
[[nodiscard]] std::uint64_t most_file_bytes();

/// Asked about each piece as it is read, with its place; false ends the reading after it. For callers who will refuse
/// the bytes anyway, before an endless or huge file has filled the memory.
using PieceCheck = bool (*)(std::string_view piece, std::uint64_t place);

/// All bytes of a file, a pipe, or, for "-", of standard input. Fails (io) with the system's own words for a missing
/// or unreadable file, for a directory, and for more bytes than `limit`.
Result<FileBytes> read_file(const std::string& path, std::uint64_t limit = most_file_bytes(),
                            PieceCheck check = nullptr);

enum class PathKind : std::uint8_t { nothing, file, directory, other };
/// What is at the path now; `nothing` also when it cannot be looked at.
[[nodiscard]] PathKind path_kind(const std::string& path);

/// Whether both names lead to one existing file, through links too.
[[nodiscard]] bool is_same_file(const std::string& a, const std::string& b);

}  // namespace deltarule::io
