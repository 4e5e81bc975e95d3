#include "app/run/folder.hpp"

#include <algorithm>

#include "io/atomic_file.hpp"
#include "io/file.hpp"
#include "io/folder.hpp"
#include "io/number.hpp"

namespace deltarule::app {
namespace {

constexpr const char* kLockFile = "lock";
constexpr std::string_view kBegin = "checkpoint-", kEnd = ".safetensors";
constexpr std::size_t kDigits = 6;  // at least

/// The number in the name of a checkpoint; 0 for another name.
std::uint64_t number_in(std::string_view name) {
  if (name.size() <= kBegin.size() + kEnd.size() || !name.starts_with(kBegin) || !name.ends_with(kEnd)) return 0;
  name = name.substr(kBegin.size(), name.size() - kBegin.size() - kEnd.size());
  std::uint64_t number = 0;
  return io::parse_unsigned(name, number) ? number : 0;
}

}  // namespace

std::string checkpoint_name(std::uint64_t number) {
  const std::string digits = std::to_string(number);
  return std::string(kBegin) + std::string(kDigits - std::min(kDigits, digits.size()), '0') + digits +
         std::string(kEnd);
}

std::string spool_name(FitPhase phase) { return phase == FitPhase::training ? "training.spool" : "refit.spool"; }

Result<RunFolder> RunFolder::take(std::string path, bool make) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  const bool there = io::path_kind(path) == io::PathKind::directory;
  if (!there && !make)
    return Error{ErrorCode::io, path, "no such folder", "the folder of a run",
                 "Check the path; train --run begins one"};
  if (auto made = io::make_folder(path); !made) return made.error();
  auto lock = io::FileLock::take(path + "/" + kLockFile);
  if (!lock) return lock.error();
  return RunFolder(path, !there, std::move(*lock));
}

RunFolder::~RunFolder() {
  if (lock_.empty()) return;
  const bool begun = has(kRunFile);
  lock_.clear();
  if (made_ && !begun) (void)io::remove_path(path_);  // only if it is empty
}

bool RunFolder::has(const std::string& name) const { return io::path_kind(file(name)) == io::PathKind::file; }

Result<std::vector<std::string>> RunFolder::names() const {
  auto names = io::names_in(path_);
  if (names) std::erase(*names, kLockFile);
  return names;
}

Result<void> RunFolder::remove_leftovers() const {
  const auto all = names();
  if (!all) return all.error();
  for (const std::string& name : *all)
    if (io::is_temporary_name(name))
      if (auto removed = io::remove_path(file(name)); !removed) return removed;
  return {};
}

Result<std::vector<std::uint64_t>> RunFolder::checkpoints() const {
  const auto all = names();
  if (!all) return all.error();
  std::vector<std::uint64_t> numbers;
  for (const std::string& name : *all)
    if (const std::uint64_t number = number_in(name); number > 0) numbers.push_back(number);
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

Result<void> RunFolder::add_checkpoint(std::span<const std::byte> bytes, std::size_t keep,
                                       const std::vector<std::uint64_t>& damaged) const {
  auto numbers = checkpoints();
  if (!numbers) return numbers.error();
  const std::uint64_t next = numbers->empty() ? 1 : numbers->back() + 1;
  if (auto written = io::write_atomically(file(checkpoint_name(next)), bytes, false); !written) return written;
  const auto is_damaged = [&](std::uint64_t one) {
    return std::find(damaged.begin(), damaged.end(), one) != damaged.end();
  };
  std::sort(numbers->begin(), numbers->end(),
            [&](std::uint64_t a, std::uint64_t b) { return is_damaged(a) == is_damaged(b) ? a < b : is_damaged(a); });
  const auto bad = static_cast<std::size_t>(std::count_if(numbers->begin(), numbers->end(), is_damaged));
  const std::size_t good = numbers->size() - bad;
  const std::size_t gone = bad + (good + 1 > keep ? good + 1 - keep : 0);
  for (std::size_t i = 0; i < gone; ++i)
    if (auto removed = io::remove_path(file(checkpoint_name((*numbers)[i]))); !removed) return removed;
  return {};
}

}  // namespace deltarule::app
