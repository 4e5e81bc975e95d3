// Laws of reading files: all bytes or an error with the system's words.
#include "io/file.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

namespace deltarule::io {
namespace {

class FileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "deltarule-file-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  [[nodiscard]] std::string path(const std::string& name) const { return (folder_ / name).string(); }
  std::string write(const std::string& name, const std::string& content) const {
    std::ofstream(path(name), std::ios::binary) << content;
    return path(name);
  }
  std::filesystem::path folder_;
};

TEST_F(FileTest, every_byte_is_read) {
  std::string content(3'000'000, '\0');
  for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>(i * 7 % 251);
  const auto bytes = read_file(write("a", content));
  ASSERT_TRUE(bytes.ok());
  EXPECT_EQ(bytes->text(), content);
  EXPECT_EQ(bytes->bytes().size(), content.size());
  const auto empty = read_file(write("b", ""));
  ASSERT_TRUE(empty.ok());
  EXPECT_EQ(empty->size(), 0U);
  EXPECT_TRUE(empty->text().empty());
}

TEST_F(FileTest, a_pipe_is_read_to_its_end) {
  const std::string name = path("pipe");
  ASSERT_EQ(std::system(("mkfifo " + name).c_str()), 0);
  const std::string content(500'000, 'x');
  std::thread writer([&] { std::ofstream(name, std::ios::binary) << content; });
  const auto bytes = read_file(name);
  writer.join();
  ASSERT_TRUE(bytes.ok());
  EXPECT_EQ(bytes->text(), content);
}

TEST_F(FileTest, standard_input_is_called_by_a_dash) {
  const int saved = ::dup(STDIN_FILENO);
  ASSERT_NE(std::freopen(write("in", "from outside").c_str(), "r", stdin), nullptr);
  const auto bytes = read_file("-");
  ::dup2(saved, STDIN_FILENO);
  ::close(saved);
  ASSERT_TRUE(bytes.ok());
  EXPECT_EQ(bytes->text(), "from outside");
  EXPECT_EQ(display_name("-"), "standard input");
  EXPECT_EQ(display_name("a.csv"), "a.csv");
}

TEST_F(FileTest, what_cannot_be_read_is_an_io_error_with_its_reason) {
  const auto missing = read_file(path("none"));
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().code, ErrorCode::io);
  EXPECT_EQ(missing.error().place, path("none"));
  EXPECT_NE(missing.error().got.find("No such file or directory"), std::string::npos);
  EXPECT_FALSE(missing.error().fix.empty());
  const auto folder = read_file(folder_.string());
  ASSERT_FALSE(folder.ok());
  EXPECT_EQ(folder.error().code, ErrorCode::io);
  EXPECT_NE(folder.error().got.find("directory"), std::string::npos);
}

TEST_F(FileTest, more_bytes_than_the_limit_are_refused) {
  const std::string name = write("c", std::string(100, 'x'));
  EXPECT_TRUE(read_file(name, 100).ok());
  const auto refused = read_file(name, 99);
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().got.find("99 bytes"), std::string::npos);
  const auto endless = read_file("/dev/zero", 1'000'000);
  ASSERT_FALSE(endless.ok());
  EXPECT_EQ(endless.error().code, ErrorCode::io);
}

TEST_F(FileTest, a_check_of_the_pieces_ends_the_reading) {
  const auto no_nul = [](std::string_view piece, std::uint64_t) { return piece.find('\0') == std::string_view::npos; };
  const std::string text(5'000'000, 'x');
  const auto whole = read_file(write("t", text), most_file_bytes(), no_nul);
  ASSERT_TRUE(whole.ok());
  EXPECT_EQ(whole->text(), text);
  const auto endless = read_file("/dev/zero", most_file_bytes(), no_nul);
  ASSERT_TRUE(endless.ok());
  EXPECT_GT(endless->size(), 0U);
  EXPECT_LT(endless->size(), 10'000'000U);
  const std::string name = write("sparse", "");
  std::filesystem::resize_file(name, std::uint64_t{1} << 30);
  const auto sparse = read_file(name, most_file_bytes(), no_nul);
  ASSERT_TRUE(sparse.ok()) << sparse.error().message();
  EXPECT_LT(sparse->size(), 10'000'000U);
}

TEST_F(FileTest, what_half_of_the_memory_does_not_hold_is_refused_unread) {
  const std::string name = write("huge", "");
  std::filesystem::resize_file(name, most_file_bytes() + 1);
  const auto refused = read_file(name);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::io);
  EXPECT_EQ(refused.error().place, name);
  EXPECT_NE(refused.error().got.find("half of this machine's memory"), std::string::npos) << refused.error().got;
  EXPECT_FALSE(refused.error().needed.empty());
  EXPECT_FALSE(refused.error().fix.empty());
}

TEST_F(FileTest, a_path_has_a_kind) {
  EXPECT_EQ(path_kind(path("none")), PathKind::nothing);
  EXPECT_EQ(path_kind(write("d", "x")), PathKind::file);
  EXPECT_EQ(path_kind(folder_.string()), PathKind::directory);
  EXPECT_EQ(path_kind("/dev/null"), PathKind::other);
}

}  // namespace
}  // namespace deltarule::io
