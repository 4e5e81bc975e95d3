// The bytes of a zip file around the files in it, which are stored as they are: what stands before each of them, and
// the directory at the end. No compression: numbers of training hardly shrink, and what a compressor makes of them
// depends on its version. No dates, no permissions: equal files give equal bytes. (APPNOTE.TXT 6.3, with zip64.)
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace deltarule::io {

struct ZipEntry {
  std::string name = {};    // ASCII
  std::uint64_t bytes = 0;  // of the file
  std::uint32_t crc = 0;
  std::uint64_t place = 0;  // of what stands before it
};

/// What stands before a file. Its sizes are 64 bits wide whatever they are, as numpy.savez writes them.
[[nodiscard]] std::vector<std::byte> zip_local_header(const ZipEntry& entry);
/// What stands at `place`, after the last file. 64 bits wide only where a number asks for it.
[[nodiscard]] std::vector<std::byte> zip_directory(std::span<const ZipEntry> entries, std::uint64_t place);

}  // namespace deltarule::io
