// A small reader of NPZ files for tests: by the directory at the end, each file looked at in its own header as well.
// Shares nothing with the writer, the checksum included.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace deltarule::test {

struct Array {
  std::string type = {};
  std::vector<std::uint64_t> shape = {};
  std::string bytes = {};
  template <class T>
  [[nodiscard]] std::vector<T> numbers() const {
    EXPECT_EQ(bytes.size() % sizeof(T), 0U);
    std::vector<T> all(bytes.size() / sizeof(T));
    std::memcpy(all.data(), bytes.data(), bytes.size());  // tests run on little-endian machines
    return all;
  }
  /// Numbers of one type, whatever it is.
  [[nodiscard]] std::vector<double> values() const {
    if (type == "<f8") return numbers<double>();
    std::vector<double> all;
    if (type == "<f4")
      for (const float one : numbers<float>()) all.push_back(static_cast<double>(one));
    if (type == "<i8")
      for (const std::int64_t one : numbers<std::int64_t>()) all.push_back(static_cast<double>(one));
    return all;
  }
};

namespace npz {

inline std::uint64_t number(std::string_view bytes, std::size_t place, int size) {
  std::uint64_t value = 0;
  if (place + static_cast<std::size_t>(size) > bytes.size()) {
    ADD_FAILURE() << "the file ends before byte " << place;
    return 0;
  }
  for (int i = 0; i < size; ++i)
    value |= std::uint64_t{static_cast<unsigned char>(bytes[place + static_cast<std::size_t>(i)])} << (8 * i);
  return value;
}

/// Bit by bit.
inline std::uint32_t checksum(std::string_view bytes) {
  std::uint32_t crc = 0xFFFFFFFFU;
  for (const char c : bytes) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ (0xEDB88320U & (0U - (crc & 1U)));
  }
  return ~crc;
}

inline Array parse_npy(std::string_view file) {
  Array array;
  EXPECT_EQ(file.substr(0, 8), std::string_view("\x93NUMPY\x01\0", 8));
  const std::size_t length = number(file, 8, 2);
  EXPECT_EQ((10 + length) % 64, 0U);
  const std::string_view header = file.substr(10, length);
  EXPECT_EQ(header.back(), '\n');
  EXPECT_NE(header.find("'fortran_order': False"), std::string_view::npos);
  const std::size_t type = header.find("'descr': '") + 10;
  array.type = header.substr(type, header.find('\'', type) - type);
  std::size_t at = header.find("'shape': (") + 10;
  for (; header[at] != ')'; ++at) {
    if (header[at] < '0' || header[at] > '9') continue;
    std::uint64_t extent = 0;
    for (; header[at] >= '0' && header[at] <= '9'; ++at)
      extent = 10 * extent + static_cast<std::uint64_t>(header[at] - '0');
    array.shape.push_back(extent);
    --at;
  }
  array.bytes = file.substr(10 + length);
  return array;
}

}  // namespace npz

/// All arrays of a file, names without ".npy".
inline std::map<std::string, Array> parse_npz(const std::string& text) {
  const std::string_view file(text);
  std::map<std::string, Array> arrays;
  if (file.size() < 22 || npz::number(file, file.size() - 22, 4) != 0x06054b50) {
    ADD_FAILURE() << "no directory at the end of " << file.size() << " bytes";
    return arrays;
  }
  const std::size_t end = file.size() - 22, count = npz::number(file, end + 10, 2);
  std::size_t at = npz::number(file, end + 16, 4);
  EXPECT_EQ(at + npz::number(file, end + 12, 4), end);
  for (std::size_t k = 0; k < count; ++k) {
    EXPECT_EQ(npz::number(file, at, 4), 0x02014b50U);
    EXPECT_EQ(npz::number(file, at + 10, 2), 0U) << "stored";
    const std::uint64_t crc = npz::number(file, at + 16, 4), size = npz::number(file, at + 24, 4);
    EXPECT_EQ(npz::number(file, at + 20, 4), size);
    const std::size_t name_size = npz::number(file, at + 28, 2), extra = npz::number(file, at + 30, 2);
    const std::size_t place = npz::number(file, at + 42, 4);
    std::string name(file.substr(at + 46, name_size));
    at += 46 + name_size + extra;
    EXPECT_EQ(npz::number(file, place, 4), 0x04034b50U);
    EXPECT_EQ(npz::number(file, place + 14, 4), crc);
    EXPECT_EQ(file.substr(place + 30, name_size), name);
    EXPECT_EQ(npz::number(file, place + 26, 2), name_size);
    const std::size_t wide = place + 30 + name_size;
    EXPECT_EQ(npz::number(file, wide, 4), 0x00100001U) << "sizes of 64 bits";
    EXPECT_EQ(npz::number(file, wide + 4, 8), size);
    EXPECT_EQ(npz::number(file, wide + 12, 8), size);
    const std::string_view content = file.substr(wide + npz::number(file, place + 28, 2), size);
    EXPECT_EQ(npz::checksum(content), crc) << name;
    EXPECT_TRUE(name.ends_with(".npy")) << name;
    name.resize(name.size() - 4);
    EXPECT_TRUE(arrays.emplace(name, npz::parse_npy(content)).second) << name << " twice";
  }
  return arrays;
}

}  // namespace deltarule::test
