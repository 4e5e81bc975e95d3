// Laws of NPZ files: what is put in comes out, in a reader of our own and in Python's; equal arrays give equal bytes.
#include "io/npz.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "io/crc32.hpp"
#include "io/zip.hpp"
#include "npz.hpp"

namespace deltarule::io {
namespace {

namespace fs = std::filesystem;
using test::parse_npz;

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

std::string content(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

class Npz : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "deltarule-npz-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { fs::remove_all(folder_); }
  [[nodiscard]] std::string path(const std::string& name) const { return (folder_ / name).string(); }
  fs::path folder_;
};

NpyArray array_of(const std::string& name, const std::string& type, std::vector<std::uint64_t> shape,
                  std::string bytes) {
  return {name, type, std::move(shape), [kept = std::move(bytes)](const ByteSink& to) -> Result<void> {
            for (std::size_t i = 0; i < kept.size(); i += 7)  // in pieces of any size
              if (auto put = to(bytes_of(std::string_view(kept).substr(i, 7))); !put) return put;
            return {};
          }};
}

template <class T>
std::string bytes_in(const std::vector<T>& numbers) {
  return {reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(T)};
}

std::vector<NpyArray> some_arrays() {
  return {array_of("weights/h1", "<f4", {2, 1, 3}, bytes_in<float>({1.5F, -0.0F, 3e-39F, 4, 5, 6})),
          array_of("step", "<i8", {2}, bytes_in<std::int64_t>({0, 1LL << 40})), array_of("none", "<f8", {0, 3}, ""),
          array_of("one", "<f8", {}, bytes_in<double>({0.1})), array_of("about", "|S5", {}, "{\"a\"}")};
}

TEST(Crc32, IsThatOfTheStandardWhereverTheBytesAreCut) {
  const std::string text = "123456789";
  EXPECT_EQ(crc32(bytes_of(text)), 0xCBF43926U);
  EXPECT_EQ(crc32({}), 0U);
  std::string long_text;
  for (int i = 0; i < 500; ++i) long_text += static_cast<char>(i * 37 % 251);
  for (std::size_t cut = 0; cut <= 60; ++cut) {
    const std::string_view part = std::string_view(long_text).substr(0, 400 + cut);
    EXPECT_EQ(crc32(bytes_of(part)), test::npz::checksum(part));
    EXPECT_EQ(crc32(bytes_of(part.substr(cut)), crc32(bytes_of(part.substr(0, cut)))), crc32(bytes_of(part)));
  }
}

TEST_F(Npz, GivesBackEveryArray) {
  ASSERT_TRUE(write_npz(path("a.npz"), some_arrays(), false));
  const auto arrays = parse_npz(content(path("a.npz")));
  ASSERT_EQ(arrays.size(), 5U);
  EXPECT_EQ(arrays.at("weights/h1").shape, (std::vector<std::uint64_t>{2, 1, 3}));
  EXPECT_EQ(arrays.at("weights/h1").type, "<f4");
  EXPECT_EQ(arrays.at("weights/h1").bytes, bytes_in<float>({1.5F, -0.0F, 3e-39F, 4, 5, 6}));
  EXPECT_EQ(arrays.at("step").numbers<std::int64_t>(), (std::vector<std::int64_t>{0, 1LL << 40}));
  EXPECT_EQ(arrays.at("none").shape, (std::vector<std::uint64_t>{0, 3}));
  EXPECT_TRUE(arrays.at("one").shape.empty());
  EXPECT_EQ(arrays.at("about").bytes, "{\"a\"}");
}

TEST_F(Npz, EqualArraysGiveEqualBytesWhateverTheTimeAndTheName) {
  ASSERT_TRUE(write_npz(path("a.npz"), some_arrays(), false));
  ASSERT_TRUE(write_npz(path("b.npz"), some_arrays(), false));
  EXPECT_EQ(content(path("a.npz")), content(path("b.npz")));
}

TEST_F(Npz, IsWrittenWholeOrNotAtAll) {
  ASSERT_FALSE(write_npz(path("none/a.npz"), some_arrays(), false));
  std::ofstream(path("taken.npz")) << "mine";
  ASSERT_FALSE(write_npz(path("taken.npz"), some_arrays(), false));
  EXPECT_EQ(content(path("taken.npz")), "mine");
  std::vector<NpyArray> arrays = some_arrays();
  arrays[3].numbers = [](const ByteSink&) { return Error{ErrorCode::io, "the source", "it broke", "", ""}; };
  const auto broken = write_npz(path("b.npz"), arrays, false);
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().place, "the source");
  arrays = some_arrays();
  arrays[1].shape = {3};
  const auto short_one = write_npz(path("b.npz"), arrays, false);
  ASSERT_FALSE(short_one);
  EXPECT_EQ(short_one.error().message().find("array step: "), 0U) << short_one.error().message();
  int asked = 0;
  arrays = some_arrays();
  arrays[1].numbers = [&](const ByteSink& to) {
    return to(bytes_of(++asked == 1 ? "0123456789abcdef" : "0123456789abcdeX"));
  };
  EXPECT_FALSE(write_npz(path("b.npz"), arrays, false)) << "other numbers the second time";
  EXPECT_EQ(asked, 2);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()), 1);
}

/// What a Python of any make says of a file: the standard library alone reads zip and header; numpy where it is there.
std::string python_says(const std::string& script, const std::string& file, const std::string& out) {
  std::ofstream(file + ".py") << script;
  const int code = std::system(("python3 " + file + ".py " + file + " > " + out + " 2>&1").c_str());
  EXPECT_EQ(code, 0) << content(out);
  return content(out);
}

TEST_F(Npz, IsOpenedByPython) {
  ASSERT_TRUE(write_npz(path("a.npz"), some_arrays(), false));
  const std::string said = python_says(R"(
import ast, struct, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as archive:
    assert archive.testzip() is None
    for info in archive.infolist():
        data = archive.read(info)
        assert data[:8] == b"\x93NUMPY\x01\x00"
        length, = struct.unpack("<H", data[8:10])
        header = ast.literal_eval(data[10:10 + length].decode())
        numbers = data[10 + length:]
        kind = {"<f4": "f", "<f8": "d", "<i8": "q"}.get(header["descr"])
        shown = struct.unpack(f"<{len(numbers) // struct.calcsize(kind)}{kind}", numbers) if kind else numbers
        print(info.filename, header["shape"], info.date_time[0], shown)
try:
    import numpy
except ImportError:
    print("no numpy")
else:
    arrays = numpy.load(sys.argv[1])
    assert arrays["weights/h1"].shape == (2, 1, 3) and arrays["weights/h1"].dtype == numpy.float32
    assert arrays["step"].tolist() == [0, 2**40] and arrays["one"] == 0.1 and arrays["about"].item() == b'{"a"}'
    print("numpy")
)",
                                       path("a.npz"), path("said"));
  EXPECT_NE(said.find("weights/h1.npy (2, 1, 3) 1980 (1.5, -0.0, "), std::string::npos) << said;
  EXPECT_NE(said.find("step.npy (2,) 1980 (0, 1099511627776)\n"), std::string::npos) << said;
  EXPECT_NE(said.find("none.npy (0, 3) 1980 ()\n"), std::string::npos) << said;
  EXPECT_NE(said.find("one.npy () 1980 (0.1,)\n"), std::string::npos) << said;
  EXPECT_NE(said.find("numpy\n"), std::string::npos) << said;
}

TEST_F(Npz, ItsDirectoryReachesBeyondFourGibibytes) {
  const std::vector<ZipEntry> entries = {
      {"small.npy", 10, 1, 0}, {"large.npy", 5'000'000'000, 2, 100}, {"far.npy", 20, 3, 5'000'000'200}};
  const std::uint64_t place = 5'000'000'300;
  const std::vector<std::byte> directory = zip_directory(entries, place);
  {
    std::ofstream file(path("sparse.zip"), std::ios::binary);  // a hole that takes no room on the disk
    file.seekp(static_cast<std::streamoff>(place));
    file.write(reinterpret_cast<const char*>(directory.data()), static_cast<std::streamsize>(directory.size()));
    ASSERT_TRUE(file.good());
  }
  const std::string said = python_says(R"(
import sys, zipfile
for info in zipfile.ZipFile(sys.argv[1]).infolist():
    print(info.filename, info.file_size, info.compress_size, info.CRC, info.header_offset)
)",
                                       path("sparse.zip"), path("said"));
  EXPECT_EQ(said, "small.npy 10 10 1 0\nlarge.npy 5000000000 5000000000 2 100\nfar.npy 20 20 3 5000000200\n");
}

TEST_F(Npz, ItsDirectoryHoldsMoreFilesThanSixteenBitsCount) {
  std::vector<ZipEntry> entries;
  std::string file;
  for (std::uint64_t k = 0; k < 70'000; ++k) {
    entries.push_back({"a" + std::to_string(k), 0, 0, file.size()});
    const auto header = zip_local_header(entries.back());
    file.append(reinterpret_cast<const char*>(header.data()), header.size());
  }
  const auto directory = zip_directory(entries, file.size());
  file.append(reinterpret_cast<const char*>(directory.data()), directory.size());
  std::ofstream(path("many.zip"), std::ios::binary) << file;
  EXPECT_EQ(
      python_says("import sys, zipfile\nz = zipfile.ZipFile(sys.argv[1])\nprint(len(z.namelist()), z.testzip())\n",
                  path("many.zip"), path("said")),
      "70000 None\n");
}

}  // namespace
}  // namespace deltarule::io
