// Laws of files that are written whole or not at all.
#include "io/atomic_file.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace deltarule::io {
namespace {

namespace fs = std::filesystem;

class AtomicFile : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "deltarule-atomic-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override {
    fs::permissions(folder_, fs::perms::owner_all);
    fs::remove_all(folder_);
  }
  [[nodiscard]] std::string path(const std::string& name) const { return (folder_ / name).string(); }
  [[nodiscard]] std::size_t entries() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
  }

  fs::path folder_;
};

std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }

std::string content(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void write_text(const std::string& path, const std::string& text) { std::ofstream(path, std::ios::binary) << text; }

TEST_F(AtomicFile, WritesExactlyTheBytesAndLeavesNothingElse) {
  const std::string text("a\0b\nc", 5);
  ASSERT_TRUE(write_atomically(path("m"), bytes_of(text), false));
  EXPECT_EQ(content(path("m")), text);
  EXPECT_EQ(entries(), 1U);
}

TEST_F(AtomicFile, WhatIsOverwrittenKeepsItsPermissions) {
  write_text(path("m"), "old");
  const fs::perms own = fs::perms::owner_read | fs::perms::owner_write;
  fs::permissions(path("m"), own);
  ASSERT_TRUE(write_atomically(path("m"), bytes_of("new"), true));
  EXPECT_EQ(content(path("m")), "new");
  EXPECT_EQ(fs::status(path("m")).permissions(), own);
}

TEST_F(AtomicFile, WritesAnEmptyFile) {
  ASSERT_TRUE(write_atomically(path("m"), {}, false));
  EXPECT_TRUE(fs::is_regular_file(path("m")));
  EXPECT_EQ(fs::file_size(path("m")), 0U);
}

TEST_F(AtomicFile, KeepsAnExistingFileUnlessTold) {
  write_text(path("m"), "old");
  const auto refused = write_atomically(path("m"), bytes_of("new"), false);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::io);
  EXPECT_EQ(refused.error().place, path("m"));
  EXPECT_NE(refused.error().got.find("exists"), std::string::npos);
  EXPECT_EQ(content(path("m")), "old");
  ASSERT_TRUE(write_atomically(path("m"), bytes_of("new"), true));
  EXPECT_EQ(content(path("m")), "new");
  EXPECT_EQ(entries(), 1U);
}

TEST_F(AtomicFile, OverwritingThroughALinkKeepsTheLink) {
  write_text(path("target"), "old");
  fs::create_symlink(path("target"), path("link"));
  EXPECT_FALSE(write_atomically(path("link"), bytes_of("new"), false));
  ASSERT_TRUE(write_atomically(path("link"), bytes_of("new"), true));
  EXPECT_TRUE(fs::is_symlink(path("link")));
  EXPECT_EQ(content(path("target")), "new");
}

TEST_F(AtomicFile, RefusesAFolderAMissingFolderAndADeviceWithTheReason) {
  fs::create_directory(path("folder"));
  fs::create_symlink(path("folder"), path("link-to-folder"));
  const std::vector<std::pair<std::string, std::string>> places{{path("folder"), "folder"},
                                                                {path("link-to-folder"), "folder"},
                                                                {path("none/m"), "No such file or directory"},
                                                                {path("none/"), "No such file or directory"},
                                                                {"/dev/null", "neither a file"},
                                                                {"", "empty file name"}};
  for (const auto& [place, reason] : places) {
    for (const bool overwrite : {false, true}) {
      const auto written = write_atomically(place, bytes_of("x"), overwrite);
      const auto checked = check_writable(place, overwrite);
      ASSERT_FALSE(written) << place;
      ASSERT_FALSE(checked) << place;
      EXPECT_EQ(written.error().code, ErrorCode::io);
      EXPECT_NE(written.error().got.find(reason), std::string::npos) << written.error().message();
      EXPECT_EQ(written.error().message(), checked.error().message());
    }
  }
}

TEST_F(AtomicFile, ACheckLeavesNothingBehindAndChangesNothing) {
  EXPECT_TRUE(check_writable(path("m"), false));
  EXPECT_EQ(entries(), 0U);
  write_text(path("m"), "old");
  EXPECT_FALSE(check_writable(path("m"), false));
  EXPECT_TRUE(check_writable(path("m"), true));
  EXPECT_EQ(content(path("m")), "old");
  EXPECT_EQ(entries(), 1U);
}

TEST_F(AtomicFile, NamesThatFillTheirSpaceCanBeWritten) {
  const std::string longest(255, 'n');
  EXPECT_TRUE(write_atomically(path(longest), bytes_of("x"), false));
  EXPECT_FALSE(check_writable(path(longest + "n"), true) && write_atomically(path(longest + "n"), bytes_of("x"), true));
  EXPECT_EQ(entries(), 1U);
}

/// A child with the work to do; returns its exit code. Limits and identities of the test itself stay as they are.
template <class Work>
int in_child(Work work) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(work());
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST_F(AtomicFile, AFullDiskLeavesNoPartialFileAndTheOldOne) {
  write_text(path("old"), "old");
  const std::string large(1 << 20, 'x');
  const int code = in_child([&] {
    ::signal(SIGXFSZ, SIG_IGN);  // write() then fails with EFBIG, halfway as on a full disk
    const rlimit limit{100'000, 100'000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    const auto fresh = write_atomically(path("new"), bytes_of(large), false);
    const auto over = write_atomically(path("old"), bytes_of(large), true);
    if (fresh || over) return 1;
    const bool io = fresh.error().code == ErrorCode::io && over.error().code == ErrorCode::io;
    return io && fresh.error().got.find("File too large") != std::string::npos ? 0 : 2;
  });
  EXPECT_EQ(code, 0);
  EXPECT_EQ(entries(), 1U);
  EXPECT_EQ(content(path("old")), "old");
}

TEST_F(AtomicFile, AFolderThatMayNotBeWrittenIsFoundByTheCheck) {
  fs::permissions(folder_,
                  fs::perms::owner_read | fs::perms::owner_exec | fs::perms::others_read | fs::perms::others_exec);
  const int code = in_child([&] {
    constexpr unsigned kNobody = 65534;  // the superuser may write anywhere, so become somebody else
    if (::getuid() == 0 && ::setuid(kNobody) != 0) return 3;
    const auto checked = check_writable(path("m"), false);
    const auto written = write_atomically(path("m"), bytes_of("x"), false);
    if (checked || written) return 1;
    return checked.error().got.find("Permission denied") != std::string::npos && !checked.error().fix.empty() ? 0 : 2;
  });
  EXPECT_EQ(code, 0);
  EXPECT_EQ(entries(), 0U);
}

TEST_F(AtomicFile, OfManyWritersOneWinsAndTheFileIsWhole) {
  constexpr int kWriters = 8;
  std::vector<pid_t> children;
  for (int i = 0; i < kWriters; ++i) {
    const pid_t child = ::fork();
    if (child == 0)
      ::_exit(write_atomically(path("m"), bytes_of(std::string(50'000, static_cast<char>('a' + i))), false) ? 0 : 1);
    children.push_back(child);
  }
  int winners = 0;
  for (const pid_t child : children) {
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    winners += WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 1 : 0;
  }
  EXPECT_EQ(winners, 1);
  const std::string found = content(path("m"));
  EXPECT_EQ(found, std::string(50'000, found.front()));
  EXPECT_EQ(entries(), 1U);
}

}  // namespace
}  // namespace deltarule::io
