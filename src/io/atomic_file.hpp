// Files that are written whole or not at all. Reading is in file.hpp.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "deltarule/error.hpp"

namespace deltarule::io {

/// Whether write_atomically could write there now: the folder exists and a file can be made in it, the place is not a
/// folder, and not a file unless `overwrite`. Leaves nothing behind. Io error with the reason.
Result<void> check_writable(const std::string& path, bool overwrite);

/// Writes a temporary file in the same folder, flushes it to the disk, reads it back and compares digests, gives it its
/// name, and flushes the folder. A reader sees the old file or the whole new one. Without `overwrite` an existing
/// file stays, even one that appears at the last moment. Io error with the system's words; no partial file is left.
Result<void> write_atomically(const std::string& path, std::span<const std::byte> bytes, bool overwrite);

/// Takes bytes, one piece after the other; an Error ends it.
using ByteSink = std::function<Result<void>(std::span<const std::byte>)>;
/// Gives all its bytes to a sink. An Error of the sink's, or its own, ends it.
using ByteSource = std::function<Result<void>(const ByteSink&)>;
/// The same for bytes that are not all in memory; pieces may be of any size. An Error of the source's is the result.
Result<void> write_in_pieces(const std::string& path, const ByteSource& source, bool overwrite);

/// Whether a file has the name of a temporary one, which a process leaves that is killed while it writes.
[[nodiscard]] bool is_temporary_name(std::string_view name);

}  // namespace deltarule::io
