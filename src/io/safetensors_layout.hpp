// Fixed places and names of the container, shared by its writer and its reader; docs/formats.md is the specification.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string_view>

namespace deltarule::io::layout {

inline constexpr std::size_t kLengthBytes = 8;  // the header's length, little-endian
inline constexpr std::string_view kMetadataKey = "__metadata__";
inline constexpr std::string_view kDigestKey = "digest";
inline constexpr std::string_view kPrefix = "{\"__metadata__\":{\"digest\":\"";  // what every header begins with
inline constexpr std::size_t kDigestPlace = kLengthBytes + kPrefix.size();

inline constexpr std::size_t kMostExtents = 32;  // of a shape: NumPy's limit

/// shape × size in bytes; nothing when that does not fit into 64 bits.
[[nodiscard]] inline std::optional<std::uint64_t> bytes_of_shape(std::span<const std::uint64_t> shape,
                                                                 std::size_t size) {
  std::uint64_t bytes = size;
  for (const std::uint64_t extent : shape) {
    if (extent != 0 && bytes > std::numeric_limits<std::uint64_t>::max() / extent) return {};
    bytes *= extent;
  }
  return bytes;
}

}  // namespace deltarule::io::layout
