// What a hostile author does: changes a container and gives it the right digest again.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "io/digest.hpp"

namespace deltarule::tests {

inline constexpr std::size_t kDigestPlace = 35;  // 8 bytes of length and 27 of {"__metadata__":{"digest":"

/// Puts the digest of the bytes, digits taken as zeros, at its place. Needs 67 bytes or does nothing.
inline void reseal(std::vector<std::byte>& bytes) {
  if (bytes.size() < kDigestPlace + 32) return;
  std::fill_n(bytes.begin() + kDigestPlace, 32, std::byte{'0'});
  const std::string digest = io::digest_of(bytes);
  std::transform(digest.begin(), digest.end(), bytes.begin() + kDigestPlace,
                 [](char digit) { return static_cast<std::byte>(digit); });
}

/// A container of that header (what follows `{"__metadata__":{"digest":"…"`) and data, with the right digest.
inline std::vector<std::byte> forged(const std::string& rest_of_header, const std::vector<std::byte>& data) {
  std::string header = "{\"__metadata__\":{\"digest\":\"" + std::string(32, '0') + "\"" + rest_of_header;
  header.append((8 - header.size() % 8) % 8, ' ');
  std::vector<std::byte> bytes;
  for (std::size_t i = 0; i < 8; ++i)
    bytes.push_back(static_cast<std::byte>((std::uint64_t{header.size()} >> (8 * i)) & 255));
  for (const char symbol : header) bytes.push_back(static_cast<std::byte>(symbol));
  bytes.insert(bytes.end(), data.begin(), data.end());
  reseal(bytes);
  return bytes;
}

inline std::string text_of(const std::vector<std::byte>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline std::vector<std::byte> bytes_of(const std::string& text) {
  std::vector<std::byte> bytes(text.size());
  std::transform(text.begin(), text.end(), bytes.begin(), [](char symbol) { return static_cast<std::byte>(symbol); });
  return bytes;
}

}  // namespace deltarule::tests
