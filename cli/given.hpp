// The options of a parsed command, asked for by name, and the values that several commands take. Which command has
// which options is in option_table.cpp.
#pragma once

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/command_line.hpp"
#include "cli/text/layout.hpp"
#include "cli/usage.hpp"

namespace deltarule::cli {

/// The options of one parsed command, asked for by name.
class Given {
 public:
  explicit Given(const CLI::App& command) : command_(command) {}

  [[nodiscard]] std::vector<std::string> all(const std::string& name) const {
    const CLI::Option* option = command_.get_option_no_throw(name);
    return option == nullptr ? std::vector<std::string>{} : option->results();
  }
  [[nodiscard]] std::optional<std::string> one(const std::string& name) const {
    const std::vector<std::string> values = all(name);
    if (values.empty()) return std::nullopt;
    if (values.size() > 1) {
      refuse(name, fmt::format("given {} times: {}", values.size(), joined(values)), "one value", "give it once");
    }
    return values.front();
  }
  /// False also for an option that the command does not have.
  [[nodiscard]] bool flag(const std::string& name) const {
    const CLI::Option* option = command_.get_option_no_throw(name);
    return option != nullptr && option->count() > 0;
  }
  /// Sets `place` from the option's value when it was given.
  template <class Place, class Parse>
  void set(Place& place, const std::string& name, const Parse& parse) const {
    if (const std::optional<std::string> text = one(name)) place = parse(*text);
  }
  void set(std::optional<std::string>& place, const std::string& name) const {
    if (const std::optional<std::string> text = one(name)) place = *text;
  }
  void set(std::string& place, const std::string& name) const {
    if (const std::optional<std::string> text = one(name)) {
      if (text->empty()) refuse(name, "an empty text", "a name");
      place = *text;
    }
  }
  [[nodiscard]] std::string positional(const std::string& name, const std::string& needed) const {
    const std::vector<std::string> values = all(name);
    if (values.empty() || values.front().empty()) {
      refuse(fmt::format("deltarule {}", command_.get_name()), fmt::format("no {}", name), needed,
             fmt::format("see deltarule {} --help", command_.get_name()));
    }
    return values.front();
  }

 private:
  const CLI::App& command_;
};

inline constexpr RealRange kPositive = {0, 1e300, false, true, "a number above 0", "0.01"};
inline constexpr RealRange kNotNegative = {0, 1e300, true, true, "a number from 0", "0.0001"};
inline constexpr RealRange kBelowOne = {0, 1, true, false, "a number from 0 up to, but not including, 1", "0.9"};
inline constexpr RealRange kSmoothing = {0, 1, true, false, "a number from 0 up to, but not including, 1", "0.1"};
inline constexpr RealRange kDeviation = {0, 1e300, true, true, "a standard deviation: a number from 0", "0.1"};
inline constexpr RealRange kShare = {0,    1, true, false, "a share of the rows from 0 up to, but not including, 1",
                                     "0.2"};

inline auto real(const std::string& option, const RealRange& range) {
  return [option, range](const std::string& text) { return real_value(option, text, range); };
}

inline auto whole(const std::string& option, std::uint64_t least, const std::string& needed,
                  const std::string& example) {
  return [option, least, needed, example](const std::string& text) {
    return whole_value(option, text, least, needed, example);
  };
}

inline auto word(const std::string& option, const std::vector<std::string>& words) {
  return [option, words](const std::string& text) { return one_of(option, text, words); };
}

/// Two options that contradict each other.
inline void exclude(const Given& given, const std::string& one, const std::string& other, const std::string& why) {
  if (given.flag(one) && given.flag(other)) {
    refuse(fmt::format("{} with {}", one, other), why, "one of the two", fmt::format("leave out {} or {}", one, other));
  }
}

/// DATA with the options that it is read with; MODEL; a rule, perhaps with settings in brackets, which fit() looks at.
[[nodiscard]] DataChoice data_of(const Given& given);
[[nodiscard]] std::string model_of(const Given& given);
[[nodiscard]] std::string optimizer_value(const std::string& text);

}  // namespace deltarule::cli
