// Numbers as little-endian bytes, whatever the machine's own order.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <vector>

namespace deltarule::model {

template <class T>
using BitsOf = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;

template <class T>
[[nodiscard]] std::vector<std::byte> to_little_endian(std::span<const T> numbers) {
  std::vector<std::byte> bytes(numbers.size() * sizeof(T));
  std::byte* place = bytes.data();
  for (const T number : numbers) {
    const auto bits = std::bit_cast<BitsOf<T>>(number);
    for (std::size_t i = 0; i < sizeof(T); ++i) *place++ = static_cast<std::byte>((bits >> (8 * i)) & 0xFF);
  }
  return bytes;
}

/// `bytes` has numbers.size() · sizeof(T) of them.
template <class T>
void from_little_endian(std::span<const std::byte> bytes, std::span<T> numbers) {
  const std::byte* place = bytes.data();
  for (T& number : numbers) {
    BitsOf<T> bits = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i) bits |= std::to_integer<BitsOf<T>>(*place++) << (8 * i);
    number = std::bit_cast<T>(bits);
  }
}

}  // namespace deltarule::model
