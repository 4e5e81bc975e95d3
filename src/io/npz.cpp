#include "io/npz.hpp"

#include <span>

#include "io/crc32.hpp"
#include "io/zip.hpp"

namespace deltarule::io {
namespace {

std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }

/// Checksum and number of the bytes that pass by on their way to `to`, if there is such.
Result<void> count(const NpyArray& array, const std::string& header, const ByteSink& to, ZipEntry& entry) {
  entry.bytes = 0;
  entry.crc = 0;
  const ByteSink counted = [&](std::span<const std::byte> bytes) -> Result<void> {
    entry.bytes += bytes.size();
    entry.crc = crc32(bytes, entry.crc);
    return to ? to(bytes) : Result<void>();
  };
  if (auto put = counted(bytes_of(header)); !put) return put;
  return array.numbers(counted);
}

Error unequal(const std::string& name, std::uint64_t got, std::uint64_t needed) {
  return {ErrorCode::format,
          "array " + name,
          std::to_string(got) + " bytes",
          std::to_string(needed) + ", the same whenever they are asked for",
          {}};
}

/// One array with what stands before it. The first time only the checksum is made, which stands before the numbers.
Result<void> put_array(const NpyArray& array, const ByteSink& to, ZipEntry& entry) {
  const std::string header = npy_header(array.type, array.shape);
  const std::uint64_t needed = header.size() + npy_bytes(array);
  if (auto counted = count(array, header, {}, entry); !counted) return counted;
  if (entry.bytes != needed) return unequal(array.name, entry.bytes, needed);
  if (auto put = to(zip_local_header(entry)); !put) return put;
  ZipEntry again;
  if (auto put = count(array, header, to, again); !put) return put;
  if (again.bytes != entry.bytes || again.crc != entry.crc) return unequal(array.name, again.bytes, entry.bytes);
  return {};
}

}  // namespace

std::string npy_header(std::string_view type, const std::vector<std::uint64_t>& shape) {
  constexpr std::size_t kBegin = 10, kMultiple = 64;  // magic, version, length
  std::string text = "{'descr': '" + std::string(type) + "', 'fortran_order': False, 'shape': (";
  for (std::size_t i = 0; i < shape.size(); ++i) text += (i > 0 ? ", " : "") + std::to_string(shape[i]);
  text += shape.size() == 1 ? ",), }" : "), }";
  text.append((kMultiple - (kBegin + text.size() + 1) % kMultiple) % kMultiple, ' ');
  text += '\n';
  std::string header = "\x93NUMPY";
  header += '\x01';
  header += '\0';
  header += static_cast<char>(text.size() & 0xFF);
  header += static_cast<char>(text.size() >> 8);
  return header + text;
}

std::uint64_t npy_bytes(const NpyArray& array) {
  std::uint64_t count = 0;
  for (const char c : array.type)
    if (c >= '0' && c <= '9') count = 10 * count + static_cast<std::uint64_t>(c - '0');
  for (const std::uint64_t extent : array.shape) count *= extent;
  return count;
}

Result<void> write_npz(const std::string& path, const std::vector<NpyArray>& arrays, bool overwrite) {
  const ByteSource file = [&](const ByteSink& to) -> Result<void> {
    std::uint64_t place = 0;
    const ByteSink placed = [&](std::span<const std::byte> bytes) {
      place += bytes.size();
      return to(bytes);
    };
    std::vector<ZipEntry> entries;
    for (const NpyArray& array : arrays) {
      entries.push_back({.name = array.name + ".npy", .place = place});
      if (auto put = put_array(array, placed, entries.back()); !put) return put;
    }
    return to(zip_directory(entries, place));
  };
  return write_in_pieces(path, file, overwrite);
}

}  // namespace deltarule::io
