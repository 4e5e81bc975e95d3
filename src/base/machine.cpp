#include "base/machine.hpp"

#include <fstream>
#include <string_view>

namespace deltarule::base {
namespace {

std::string first_word_of(const std::string& path) {
  std::ifstream file(path);
  std::string word;
  file >> word;
  return word;
}

/// "32K" or "1024K" or "32M" in bytes; 0 for anything else.
std::size_t bytes_of(const std::string& size) {
  constexpr std::size_t kMostDigits = 9;
  std::size_t number = 0, digits = 0;
  while (digits < size.size() && digits < kMostDigits && size[digits] >= '0' && size[digits] <= '9') {
    number = number * 10 + static_cast<std::size_t>(size[digits++] - '0');
  }
  if (digits + 1 != size.size()) return 0;
  return size.back() == 'K' ? number << 10 : size.back() == 'M' ? number << 20 : 0;
}

}  // namespace

// From Linux's own account of the first core: sysconf takes the third level from the processor, which in a virtual
// machine reports ten times what the guest was given.
CacheSizes cache_sizes() {
  CacheSizes said{0, 0, 0};
  constexpr int kMostCaches = 8;
  for (int index = 0; index < kMostCaches; ++index) {
    const std::string folder = "/sys/devices/system/cpu/cpu0/cache/index" + std::to_string(index) + "/";
    if (first_word_of(folder + "type") == "Instruction") continue;
    const std::string level = first_word_of(folder + "level");
    const std::size_t size = bytes_of(first_word_of(folder + "size"));
    if (level == "1") said.l1 = size;
    if (level == "2") said.l2 = size;
    if (level == "3") said.l3 = size;
  }
  const bool plausible = said.l1 > 0 && said.l1 < said.l2 && said.l2 < said.l3;
  return plausible ? said : CacheSizes{};
}

std::string processor_name() {
  std::ifstream lines("/proc/cpuinfo");
  for (std::string line; std::getline(lines, line);) {
    if (!std::string_view(line).starts_with("model name")) continue;
    const std::size_t colon = line.find(':');
    const std::size_t first = line.find_first_not_of(" \t", colon == std::string::npos ? line.size() : colon + 1);
    if (first != std::string::npos) return line.substr(first);
  }
  return "unknown processor";
}

}  // namespace deltarule::base
