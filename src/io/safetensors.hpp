// The named-section container: a safetensors file whose header begins with a digest of the whole file.
// Knows sections and metadata strings; knows no model. A reader of this file trusts nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "deltarule/error.hpp"

namespace deltarule::io {

/// One tensor: row-major numbers in little-endian bytes, of the type that `dtype` names ("F32", "F64", "U8", …).
struct Section {
  std::string name;
  std::string dtype;
  std::vector<std::uint64_t> shape;
  std::vector<std::byte> bytes;
  friend bool operator==(const Section&, const Section&) = default;
};

/// What the file holds, in file order. "digest" is not among the metadata: it is made on writing.
struct Container {
  std::vector<std::pair<std::string, std::string>> metadata;
  std::vector<Section> sections;
  [[nodiscard]] const std::string* find_metadata(std::string_view key) const;
  [[nodiscard]] const Section* find_section(std::string_view name) const;
};

/// Bytes per number of a dtype; 0 for a name that safetensors does not have.
[[nodiscard]] std::size_t dtype_size(std::string_view dtype);

inline constexpr std::size_t kMostHeaderBytes = 100'000'000;  // what every safetensors reader allows

/// The file as bytes, digest included; equal containers give equal bytes. Format error for a name given twice, an
/// unknown dtype, a shape that does not fit the bytes, metadata called "digest", text that is not UTF-8 or a header
/// above 100 MB.
Result<std::vector<std::byte>> container_to_bytes(const Container& container);

/// False when a file that begins like this is no container whatever follows: a PieceCheck for reading (file.hpp), so
/// that something huge is not read for nothing.
[[nodiscard]] bool may_be_container(std::string_view piece, std::uint64_t place);

/// Checks the digest before anything else is believed, then the rest. `name` (the file's) stands in messages; what is
/// no container at all is told by what it looks like. Format error with the byte and field where reading stopped.
Result<Container> parse_container(std::span<const std::byte> bytes, const std::string& name);

}  // namespace deltarule::io
