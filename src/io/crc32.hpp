// The checksum that a zip file has of each of its files: CRC-32 as in ISO 3309, of bytes that come in pieces.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace deltarule::io {

/// Of all bytes so far, given that of those before (0: none).
[[nodiscard]] std::uint32_t crc32(std::span<const std::byte> bytes, std::uint32_t before = 0);

}  // namespace deltarule::io
