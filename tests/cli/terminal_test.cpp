// Laws of a terminal: one live line that clears itself and never wraps, colour only where it is wanted; and of pipes.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "cli/command.hpp"

namespace deltarule::test {
namespace {

using Names = std::vector<std::string>;

TEST(Terminal, ProgressIsOneLineThatFitsAndClearsItself) {
  std::size_t drawn = 0;
  for (const unsigned short columns : std::vector<unsigned short>{30, 60, 120}) {
    const Folder folder;
    folder.write("data.csv", two_classes(2000));
    const Outcome outcome = run_on_terminal(
        folder, {"train", "data.csv", "--target", "kind", "--ignore", "id", "--epochs", "40", "--patience", "0"},
        columns, {{"TERM", "xterm"}});
    ASSERT_EQ(outcome.code, 0) << outcome.out;
    const std::string clear = "\r\x1b[K";
    std::size_t at = outcome.out.find(clear);
    ASSERT_NE(at, std::string::npos);
    while (at != std::string::npos) {
      const std::size_t from = at + clear.size(), next = outcome.out.find(clear, from);
      if (next == std::string::npos) break;
      const std::string line = outcome.out.substr(from, next - from);
      if (line.find('\n') == std::string::npos) {
        EXPECT_LT(line.size(), columns) << line;
        ++drawn;
      }
      at = next;
    }
    EXPECT_EQ(outcome.out.find("  epoch "), std::string::npos) << "no plain lines beside the live one";
  }
  EXPECT_GE(drawn, 3U);
}

std::size_t columns_of(const std::string& line) {
  return static_cast<std::size_t>(std::ranges::count_if(
      line, [](char c) { return c != '\r' && (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

TEST(Terminal, TextIsBrokenToItsWidth) {
  const Folder folder;
  folder.write("data.csv", two_classes(100));
  const Outcome outcome = run_on_terminal(folder, {"train", "data.csv", "--target", "kind", "--epochs", "2"}, 80,
                                          {{"TERM", "xterm"}, {"NO_COLOR", "1"}});
  ASSERT_EQ(outcome.code, 0);
  std::size_t checked = 0;
  for (const std::string& line : outcome.lines()) {
    if (line.find('\x1b') != std::string::npos) continue;  // the live line, which has a law of its own
    EXPECT_LE(columns_of(line), 80U) << line;
    ++checked;
  }
  EXPECT_GT(checked, 15U);
}

TEST(Terminal, ColourIsForTerminalsWithoutNoColor) {
  const Folder folder;
  const Names wrong = {"train", "nowhere.csv", "--target", "y"};
  const std::string red = "\x1b[1;31m";
  EXPECT_NE(run_on_terminal(folder, wrong, 80, {{"TERM", "xterm"}, {"NO_COLOR", ""}}).out.find(red), std::string::npos);
  EXPECT_EQ(run_on_terminal(folder, wrong, 80, {{"TERM", "xterm"}, {"NO_COLOR", "1"}}).out.find("\x1b"),
            std::string::npos);
  EXPECT_EQ(run_on_terminal(folder, wrong, 80, {{"TERM", "dumb"}}).out.find("\x1b"), std::string::npos);
  EXPECT_EQ(run(folder, wrong).err.find("\x1b"), std::string::npos);
}

TEST(Pipes, AReaderThatLeavesEndsPredictQuietly) {
  const Folder folder;
  folder.write("data.csv", two_classes(20000));
  ASSERT_EQ(
      run(folder, {"train", "data.csv", "--target", "kind", "--ignore", "id", "--epochs", "1", "-q", "-o", "m"}).code,
      0);
  const std::string command =
      "cd " + folder.root() + " && { " + DELTARULE_BIN_DIR +
      "/deltarule predict m data.csv --keep id --proba 2>err; echo $? >code; } | head -1 >/dev/null";
  ASSERT_EQ(std::system(command.c_str()), 0);
  EXPECT_EQ(folder.read("err"), "");
  EXPECT_EQ(folder.read("code"), "141\n");
}

}  // namespace
}  // namespace deltarule::test
