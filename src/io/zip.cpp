#include "io/zip.hpp"

#include <string_view>

namespace deltarule::io {
namespace {

constexpr std::uint32_t kNarrow = 0xFFFFFFFFU;  // in 32 bits: look among the 64-bit numbers
constexpr std::uint16_t kFewEntries = 0xFFFFU;
constexpr std::uint16_t kVersion = 45;  // what zip64 asks of a reader
constexpr std::uint16_t kWideNumbers = 1;
constexpr std::uint16_t kFirstDay = (1U << 5U) | 1U;  // 1 January 1980

/// Little-endian numbers one after the other.
class Bytes {
 public:
  Bytes& u16(std::uint64_t value) { return put(value, 2); }
  Bytes& u32(std::uint64_t value) { return put(value, 4); }
  Bytes& u64(std::uint64_t value) { return put(value, 8); }
  Bytes& text(std::string_view text) {
    for (const char c : text) bytes_.push_back(static_cast<std::byte>(c));
    return *this;
  }
  [[nodiscard]] std::size_t size() const { return bytes_.size(); }
  [[nodiscard]] std::vector<std::byte> take() { return std::move(bytes_); }

 private:
  Bytes& put(std::uint64_t value, int count) {
    for (int i = 0; i < count; ++i) bytes_.push_back(static_cast<std::byte>((value >> (8 * i)) & 0xFF));
    return *this;
  }
  std::vector<std::byte> bytes_;
};

bool is_narrow(std::uint64_t value) { return value < kNarrow; }
std::uint64_t narrow(std::uint64_t value) { return is_narrow(value) ? value : kNarrow; }

/// Flags, method (stored), time and day, checksum: what both headers have in common.
void put_common(Bytes& out, const ZipEntry& entry) { out.u16(0).u16(0).u16(0).u16(kFirstDay).u32(entry.crc); }

void put_directory_entry(Bytes& out, const ZipEntry& entry) {
  const bool wide_size = !is_narrow(entry.bytes), wide_place = !is_narrow(entry.place);
  const std::uint64_t wide = (wide_size ? 16 : 0) + (wide_place ? 8 : 0);
  out.u32(0x02014b50).u16(kVersion).u16(kVersion);
  put_common(out, entry);
  out.u32(narrow(entry.bytes)).u32(narrow(entry.bytes)).u16(entry.name.size()).u16(wide > 0 ? wide + 4 : 0);
  out.u16(0).u16(0).u16(0).u32(0).u32(narrow(entry.place)).text(entry.name);
  if (wide > 0) out.u16(kWideNumbers).u16(wide);
  if (wide_size) out.u64(entry.bytes).u64(entry.bytes);
  if (wide_place) out.u64(entry.place);
}

}  // namespace

std::vector<std::byte> zip_local_header(const ZipEntry& entry) {
  Bytes out;
  out.u32(0x04034b50).u16(kVersion);
  put_common(out, entry);
  out.u32(kNarrow).u32(kNarrow).u16(entry.name.size()).u16(20).text(entry.name);
  out.u16(kWideNumbers).u16(16).u64(entry.bytes).u64(entry.bytes);
  return out.take();
}

std::vector<std::byte> zip_directory(std::span<const ZipEntry> entries, std::uint64_t place) {
  Bytes out;
  for (const ZipEntry& entry : entries) put_directory_entry(out, entry);
  const std::uint64_t size = out.size();
  const bool few = entries.size() < kFewEntries;
  if (!few || !is_narrow(size) || !is_narrow(place)) {
    out.u32(0x06064b50).u64(44).u16(kVersion).u16(kVersion).u32(0).u32(0);
    out.u64(entries.size()).u64(entries.size()).u64(size).u64(place);
    out.u32(0x07064b50).u32(0).u64(place + size).u32(1);
  }
  const std::uint64_t count = few ? entries.size() : kFewEntries;
  out.u32(0x06054b50).u16(0).u16(0).u16(count).u16(count).u32(narrow(size)).u32(narrow(place)).u16(0);
  return out.take();
}

}  // namespace deltarule::io
