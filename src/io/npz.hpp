// NPZ: arrays by name in one file, a zip of NPY files that numpy.load opens (numpy.lib.format, version 1.0). Writing
// only, and not all in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "deltarule/error.hpp"
#include "io/atomic_file.hpp"

namespace deltarule::io {

struct NpyArray {
  std::string name = {};                  // ASCII: "weights/h1"
  std::string type = {};                  // "<f4", "<f8", "<i8": little-endian; "|S12": 12 bytes of text
  std::vector<std::uint64_t> shape = {};  // row-major
  ByteSource numbers = {};                // all of them in little-endian bytes; asked twice, the same each time
};

/// What stands before the numbers: magic, version, and a dictionary that is padded to a multiple of 64 bytes.
[[nodiscard]] std::string npy_header(std::string_view type, const std::vector<std::uint64_t>& shape);
/// Bytes of the numbers.
[[nodiscard]] std::uint64_t npy_bytes(const NpyArray& array);

/// Whole or not at all. Equal arrays give equal bytes. Io error; format error for an array whose numbers are not as
/// many as its shape asks for, or not the same the second time.
Result<void> write_npz(const std::string& path, const std::vector<NpyArray>& arrays, bool overwrite);

}  // namespace deltarule::io
