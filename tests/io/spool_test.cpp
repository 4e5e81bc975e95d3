// Laws of a spool: records come back as they were put down, by the process that did it and by a later one; damage is
// found; a full disk is an error and takes nothing that was there.
#include "io/spool.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace deltarule::io {
namespace {

namespace fs = std::filesystem;

class SpoolFile : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "deltarule-spool-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { fs::remove_all(folder_); }
  [[nodiscard]] std::string path(const std::string& name) const { return (folder_ / name).string(); }
  [[nodiscard]] std::string content(const std::string& name) const {
    std::ifstream in(path(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  fs::path folder_;
};

constexpr std::size_t kLength = 11;

std::string record(std::size_t number) { return "record " + std::string(4, static_cast<char>('a' + number)); }

void put(Spool& spool, std::size_t from, std::size_t to) {
  for (std::size_t k = from; k < to; ++k) {
    const std::string text = record(k);
    ASSERT_TRUE(spool.append(std::as_bytes(std::span(text))));
  }
}

std::string read(const Spool& spool, std::uint64_t number, std::size_t offset, std::size_t size) {
  std::string text(size, '?');
  EXPECT_TRUE(spool.read(number, offset, std::as_writable_bytes(std::span(text))));
  return text;
}

TEST_F(SpoolFile, GivesBackWhatWasPutDownAndLeavesNothingInTheFolder) {
  Spool spool = std::move(*Spool::without_name(folder_.string(), kLength));
  put(spool, 0, 5);
  EXPECT_EQ(spool.count(), 5U);
  for (std::size_t k = 0; k < 5; ++k) {
    EXPECT_EQ(read(spool, k, 0, kLength), record(k));
    EXPECT_EQ(read(spool, k, 7, 2), record(k).substr(7, 2));
  }
  EXPECT_TRUE(spool.check());
  EXPECT_TRUE(spool.sync());
  EXPECT_TRUE(fs::is_empty(folder_)) << "it has no name";
}

TEST_F(SpoolFile, IsTakenUpWithAsManyRecordsAsAskedAndForgetsTheOthers) {
  {
    Spool spool = std::move(*Spool::at(path("s"), kLength, 0));
    put(spool, 0, 5);
  }
  EXPECT_TRUE(check_spool(path("s"), 5));
  EXPECT_FALSE(check_spool(path("s"), 6));
  {
    Spool spool = std::move(*Spool::at(path("s"), kLength, 3));
    EXPECT_EQ(spool.count(), 3U);
    put(spool, 7, 8);
    EXPECT_EQ(read(spool, 3, 0, kLength), record(7));
    EXPECT_EQ(read(spool, 2, 0, kLength), record(2));
  }
  EXPECT_TRUE(check_spool(path("s"), 4));
  EXPECT_FALSE(check_spool(path("s"), 5));
  EXPECT_FALSE(Spool::at(path("s"), kLength, 5));
  EXPECT_FALSE(Spool::at(path("s"), kLength + 1, 4)) << "records of another length";
  EXPECT_EQ(Spool::at(path("s"), kLength + 1, 0)->count(), 0U) << "begun again";
}

TEST_F(SpoolFile, DamageIsFoundWhereverItIsInTheRecordsThatCount) {
  {
    Spool spool = std::move(*Spool::at(path("s"), kLength, 0));
    put(spool, 0, 3);
  }
  const std::string good = content("s");
  std::size_t found = 0;
  for (std::size_t byte = 0; byte < good.size(); ++byte) {
    std::string bad = good;
    bad[byte] = static_cast<char>(bad[byte] ^ 1);
    std::ofstream(path("s"), std::ios::binary) << bad;
    found += check_spool(path("s"), 3) ? 0 : 1;
    std::ofstream(path("s"), std::ios::binary) << good.substr(0, byte);
    found += check_spool(path("s"), 3) ? 0 : 1;
  }
  EXPECT_EQ(found, 2 * good.size());
  EXPECT_FALSE(check_spool(path("none"), 1));
}

TEST_F(SpoolFile, AFullDiskIsAnErrorThatSaysWhatToDo) {
  EXPECT_FALSE(Spool::without_name(path("none"), kLength));
  const pid_t child = ::fork();
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_IGN);  // write() then fails with EFBIG, halfway as on a full disk
    const rlimit limit{200, 200};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    auto spool = Spool::without_name(folder_.string(), kLength);
    if (!spool) ::_exit(1);
    const std::string text = record(0);
    for (int k = 0; k < 4; ++k)
      if (!spool->append(std::as_bytes(std::span(text)))) ::_exit(2);
    const auto full = spool->append(std::as_bytes(std::span(text)));
    if (full || full.error().code != ErrorCode::io || full.error().fix.find("Free some space") != 0) ::_exit(3);
    ::_exit(spool->count() == 4 && spool->check() ? 0 : 4);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace deltarule::io
