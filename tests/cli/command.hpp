// Runs the built `deltarule` in a temporary folder and keeps what it said. Knows nothing of the library.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace deltarule::test {

/// A folder of its own, removed with everything in it.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] std::string path(const std::string& name) const { return root_ + "/" + name; }
  void write(const std::string& name, const std::string& text) const;
  [[nodiscard]] std::string read(const std::string& name) const;
  [[nodiscard]] bool has(const std::string& name) const;
  [[nodiscard]] std::vector<std::string> names() const;  ///< sorted
  /// Of a folder in it; files that go while it is looked at are there or not.
  [[nodiscard]] std::vector<std::string> names_in(const std::string& name) const;
  void remove(const std::string& name) const;  ///< with all that is in it
  [[nodiscard]] const std::string& root() const { return root_; }

 private:
  std::string root_;
};

struct Outcome {
  int code = -1;  ///< exit code; 128 + signal when a signal ended it
  std::string out;
  std::string err;
  [[nodiscard]] std::vector<std::string> lines() const;  ///< of out
};

struct Setting {
  std::string input = {};  ///< standard input
  std::vector<std::pair<std::string, std::string>> environment = {};
  std::string output_to = {};    ///< a file in place of the captured standard output
  std::string folder = {};       ///< where the command runs, if elsewhere
  std::size_t largest_file = 0;  ///< in bytes, as `ulimit -f` sets it; 0: no limit
};

/// A running command.
class Process {
 public:
  Process(const Folder& folder, const std::vector<std::string>& arguments, const Setting& setting = {});
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  void signal(int number) const;
  /// Waits until standard error holds `text`; false after `seconds`, or when the command ended without it.
  bool wait_for_error_text(const std::string& text, double seconds);
  /// Waits for the end; kills the command after `seconds`.
  Outcome wait(double seconds = 120);

 private:
  const Folder& folder_;
  std::string out_, err_;
  pid_t child_ = -1;
  int status_ = 0;
  bool ended_ = false;
  bool poll();
};

Outcome run(const Folder& folder, const std::vector<std::string>& arguments, const Setting& setting = {});

/// The same on a terminal of `columns` columns: out holds everything that the terminal got.
Outcome run_on_terminal(const Folder& folder, const std::vector<std::string>& arguments, unsigned short columns,
                        const std::vector<std::pair<std::string, std::string>>& environment = {});

/// Two classes a and b, `rows` rows, columns id,x,y,colour,kind; the classes are easy to tell apart.
std::string two_classes(std::size_t rows);
/// y = 2x + z, columns x,z,y.
std::string straight_line(std::size_t rows);
std::string xor_table();

/// Both in one: what an error must be.
void expect_error(const Outcome& outcome, int code, const std::vector<std::string>& words);

}  // namespace deltarule::test
