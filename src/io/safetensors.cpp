// Writing of containers, and what writer and reader share. Reading is in safetensors_reader.cpp.
#include "io/safetensors.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <unordered_set>

#include "io/digest.hpp"
#include "io/json.hpp"
#include "io/safetensors_layout.hpp"

namespace deltarule::io {
namespace {

Error fault(const std::string& name, std::string got, std::string needed) {
  return {ErrorCode::format, name, std::move(got), std::move(needed), {}};
}

/// A text comes back the same only if the JSON writer has nothing to replace in it.
bool is_utf8(std::string_view text) {
  return text.find("\xEF\xBF\xBD") != std::string_view::npos ||
         json_string(text).find("\xEF\xBF\xBD") == std::string::npos;
}

Result<void> check_section(const Section& section) {
  const std::string place = "section " + json_string(section.name);
  const std::size_t size = dtype_size(section.dtype);
  if (size == 0) return fault(place, "the number type " + json_string(section.dtype), "a safetensors number type");
  if (section.shape.size() > layout::kMostExtents)
    return fault(place, std::to_string(section.shape.size()) + " extents", "at most 32");
  const auto bytes = layout::bytes_of_shape(section.shape, size);
  if (!bytes || *bytes != section.bytes.size())
    return fault(place, std::to_string(section.bytes.size()) + " bytes", "as many as its shape asks for");
  return {};
}

Result<void> check_names(const Container& container) {
  std::unordered_set<std::string_view> seen{layout::kDigestKey};
  for (const auto& [key, value] : container.metadata) {
    if (!is_utf8(key) || !is_utf8(value)) return fault("metadata " + json_string(key), "not UTF-8", "UTF-8 text");
    if (!seen.insert(key).second) return fault("metadata", "the name " + json_string(key) + " twice", "each name once");
  }
  seen = {layout::kMetadataKey};
  for (const Section& section : container.sections) {
    if (!is_utf8(section.name)) return fault("section " + json_string(section.name), "not UTF-8", "UTF-8 text");
    if (!seen.insert(section.name).second)
      return fault("sections", "the name " + json_string(section.name) + " twice", "each name once");
    if (auto checked = check_section(section); !checked) return checked;
  }
  return {};
}

void append_section(std::string& header, const Section& section, std::uint64_t begin) {
  header += ',';
  append_json_string(header, section.name);
  header += ":{\"dtype\":\"" + section.dtype + "\",\"shape\":[";
  for (std::size_t i = 0; i < section.shape.size(); ++i) header += (i ? "," : "") + std::to_string(section.shape[i]);
  header += "],\"data_offsets\":[" + std::to_string(begin) + "," + std::to_string(begin + section.bytes.size()) + "]}";
}

/// The header with the digits of the digest as zeros, padded with spaces to a multiple of eight.
std::string header_of(const Container& container) {
  std::string header(layout::kPrefix);
  header.append(kDigestDigits, '0');
  header += '"';
  for (const auto& [key, value] : container.metadata) {
    header += ',';
    append_json_string(header, key);
    header += ':';
    append_json_string(header, value);
  }
  header += '}';
  std::uint64_t begin = 0;
  for (const Section& section : container.sections) {
    append_section(header, section, begin);
    begin += section.bytes.size();
  }
  header += '}';
  header.append((8 - header.size() % 8) % 8, ' ');
  return header;
}

}  // namespace

const std::string* Container::find_metadata(std::string_view key) const {
  for (const auto& [name, value] : metadata)
    if (name == key) return &value;
  return nullptr;
}

const Section* Container::find_section(std::string_view name) const {
  for (const Section& section : sections)
    if (section.name == name) return &section;
  return nullptr;
}

std::size_t dtype_size(std::string_view dtype) {
  using Entry = std::pair<std::string_view, std::size_t>;
  constexpr std::array<Entry, 16> kSizes{{{"F32", 4},
                                          {"F64", 8},
                                          {"BF16", 2},
                                          {"F16", 2},
                                          {"I64", 8},
                                          {"U64", 8},
                                          {"I32", 4},
                                          {"U32", 4},
                                          {"I16", 2},
                                          {"U16", 2},
                                          {"I8", 1},
                                          {"U8", 1},
                                          {"BOOL", 1},
                                          {"F8_E4M3", 1},
                                          {"F8_E5M2", 1},
                                          {"C64", 8}}};
  for (const auto& [name, size] : kSizes)
    if (name == dtype) return size;
  return 0;
}

Result<std::vector<std::byte>> container_to_bytes(const Container& container) {
  if (auto checked = check_names(container); !checked) return checked.error();
  const std::string header = header_of(container);
  if (header.size() > kMostHeaderBytes)
    return fault("header", std::to_string(header.size()) + " bytes", "at most " + std::to_string(kMostHeaderBytes));
  std::size_t size = layout::kLengthBytes + header.size();
  for (const Section& section : container.sections) size += section.bytes.size();

  std::vector<std::byte> bytes(size);
  for (std::size_t i = 0; i < layout::kLengthBytes; ++i)
    bytes[i] = static_cast<std::byte>((std::uint64_t{header.size()} >> (8 * i)) & 0xFF);
  std::memcpy(bytes.data() + layout::kLengthBytes, header.data(), header.size());
  std::size_t place = layout::kLengthBytes + header.size();
  for (const Section& section : container.sections) {
    if (!section.bytes.empty()) std::memcpy(bytes.data() + place, section.bytes.data(), section.bytes.size());
    place += section.bytes.size();
  }
  const std::string digest = digest_of(bytes);
  std::memcpy(bytes.data() + layout::kDigestPlace, digest.data(), digest.size());
  return bytes;
}

}  // namespace deltarule::io
