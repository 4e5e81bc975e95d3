#include "cli/command.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

namespace deltarule::test {
namespace {

using Environment = std::vector<std::pair<std::string, std::string>>;

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

int code_of(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status); }

[[noreturn]] void become(const std::string& folder, const std::vector<std::string>& arguments,
                         const Environment& variables) {
  if (::chdir(folder.c_str()) != 0) ::_exit(126);
  for (const auto& [name, value] : variables) ::setenv(name.c_str(), value.c_str(), 1);
  std::vector<std::string> words = {std::string(DELTARULE_BIN_DIR) + "/deltarule"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  ::execv(pointers.front(), pointers.data());
  ::_exit(127);
}

void redirect(int target, const std::string& path, int flags) {
  const int file = ::open(path.c_str(), flags, 0600);
  if (file < 0 || ::dup2(file, target) < 0) ::_exit(125);
  ::close(file);
}

std::string text_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace

Folder::Folder() {
  std::string name = (std::filesystem::temp_directory_path() / "deltarule-cli-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) std::abort();
  root_ = name;
}
Folder::~Folder() {
  std::error_code ignored;
  std::filesystem::remove_all(root_, ignored);
}
void Folder::write(const std::string& name, const std::string& text) const {
  std::ofstream(path(name), std::ios::binary) << text;
}
std::string Folder::read(const std::string& name) const { return text_of(path(name)); }
bool Folder::has(const std::string& name) const { return std::filesystem::exists(path(name)); }
std::vector<std::string> Folder::names() const {
  std::vector<std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator(root_)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(".captured-")) found.push_back(name);
  }
  std::ranges::sort(found);
  return found;
}

std::vector<std::string> Folder::names_in(const std::string& name) const {
  std::vector<std::string> found;
  std::error_code fault;
  for (std::filesystem::directory_iterator entry(path(name), fault), end; !fault && entry != end;
       entry.increment(fault))
    found.push_back(entry->path().filename().string());
  std::ranges::sort(found);
  return found;
}
void Folder::remove(const std::string& name) const { std::filesystem::remove_all(path(name)); }

std::vector<std::string> Outcome::lines() const {
  std::vector<std::string> found;
  std::istringstream stream(out);
  for (std::string line; std::getline(stream, line);) found.push_back(line);
  return found;
}

Process::Process(const Folder& folder, const std::vector<std::string>& arguments, const Setting& setting)
    : folder_(folder),
      out_(setting.output_to.empty() ? folder.path(".captured-out") : setting.output_to),
      err_(folder.path(".captured-err")) {
  folder.write(".captured-in", setting.input);
  child_ = ::fork();
  if (child_ != 0) return;
  redirect(STDIN_FILENO, folder.path(".captured-in"), O_RDONLY);
  redirect(STDOUT_FILENO, out_, setting.output_to.empty() ? O_WRONLY | O_CREAT | O_TRUNC : O_WRONLY);
  redirect(STDERR_FILENO, err_, O_WRONLY | O_CREAT | O_TRUNC);
  if (setting.largest_file > 0) {
    const rlimit limit{setting.largest_file, setting.largest_file};
    if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) ::_exit(126);
  }
  become(setting.folder.empty() ? folder.root() : setting.folder, arguments, setting.environment);
}

Process::~Process() {
  if (!ended_) wait(0);
}

void Process::signal(int number) const { ::kill(child_, number); }

bool Process::poll() {
  if (!ended_ && ::waitpid(child_, &status_, WNOHANG) == child_) ended_ = true;
  return ended_;
}

bool Process::wait_for_error_text(const std::string& text, double seconds) {
  const double until = now() + seconds;
  while (now() < until) {
    const bool over = poll();
    if (text_of(err_).find(text) != std::string::npos) return true;
    if (over) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return false;
}

Outcome Process::wait(double seconds) {
  const double until = now() + seconds;
  while (!poll()) {
    if (now() >= until) {
      ::kill(child_, SIGKILL);
      ::waitpid(child_, &status_, 0);
      ended_ = true;
      break;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  const bool captured = out_.ends_with(".captured-out");
  return {code_of(status_), captured ? text_of(out_) : std::string(), text_of(err_)};
}

Outcome run(const Folder& folder, const std::vector<std::string>& arguments, const Setting& setting) {
  return Process(folder, arguments, setting).wait();
}

Outcome run_on_terminal(const Folder& folder, const std::vector<std::string>& arguments, unsigned short columns,
                        const Environment& environment) {
  const int master = ::posix_openpt(O_RDWR | O_NOCTTY);
  if (master < 0 || ::grantpt(master) != 0 || ::unlockpt(master) != 0) return {};
  const std::string name = ::ptsname(master);
  winsize size{};
  size.ws_row = 25;
  size.ws_col = columns;
  ::ioctl(master, TIOCSWINSZ, &size);
  const int slave = ::open(name.c_str(), O_RDWR | O_NOCTTY);  // kept open, so that nothing is lost at the end
  const pid_t child = ::fork();
  if (child == 0) {
    for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::dup2(slave, stream);
    become(folder.root(), arguments, environment);
  }
  ::fcntl(master, F_SETFL, O_NONBLOCK);
  Outcome outcome;
  char buffer[4096];
  int status = 0;
  for (bool over = false;;) {
    const ssize_t got = ::read(master, buffer, sizeof buffer);
    if (got > 0) {
      outcome.out.append(buffer, static_cast<std::size_t>(got));
      continue;
    }
    if (over) break;
    over = ::waitpid(child, &status, WNOHANG) == child;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  ::close(slave);
  ::close(master);
  outcome.code = code_of(status);
  return outcome;
}

std::string two_classes(std::size_t rows) {
  std::string text = "id,x,y,colour,kind\n";
  for (std::size_t i = 0; i < rows; ++i) {
    const bool first = i % 2 == 0;
    const double x = (first ? 1.0 : 4.0) + 0.1 * static_cast<double>(i % 7);
    const double y = (first ? 3.0 : 1.0) + 0.1 * static_cast<double>(i % 5);
    text += "r" + std::string(i < 10 ? "00" : "0") + std::to_string(i) + "," + std::to_string(x) + "," +
            std::to_string(y) + "," + (i % 3 == 0 ? "red" : "green") + "," + (first ? "a" : "b") + "\n";
  }
  return text;
}

std::string straight_line(std::size_t rows) {
  std::string text = "x,z,y\n";
  for (std::size_t i = 0; i < rows; ++i) {
    const double x = 0.25 * static_cast<double>(i % 23), z = 0.5 * static_cast<double>(i % 11);
    text += std::to_string(x) + "," + std::to_string(z) + "," + std::to_string(2 * x + z) + "\n";
  }
  return text;
}

std::string xor_table() { return "a,b,y\n0,0,0\n0,1,1\n1,0,1\n1,1,0\n"; }

void expect_error(const Outcome& outcome, int code, const std::vector<std::string>& words) {
  EXPECT_EQ(outcome.code, code) << outcome.err;
  EXPECT_EQ(outcome.out, "");
  EXPECT_NE(outcome.err.find("error: "), std::string::npos) << outcome.err;
  EXPECT_EQ(outcome.err.find('\x1b'), std::string::npos) << "colour off a terminal";
  for (const std::string& word : words) {
    EXPECT_NE(outcome.err.find(word), std::string::npos) << "no \"" << word << "\" in:\n" << outcome.err;
  }
}

}  // namespace deltarule::test
