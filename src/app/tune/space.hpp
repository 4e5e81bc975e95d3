// What a search tries: a table with a line per setting, and the grid of rates on which rules are compared. Trains
// nothing.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "app/fit/defaults.hpp"
#include "base/random.hpp"
#include "deltarule/fit.hpp"

namespace deltarule::app {

/// What the lines look at.
struct Ground {
  FitOptions given;   // the user's, which the search leaves alone
  Defaults defaults;  // what is chosen when nothing is said
  Size size;
};

/// One setting. Lines are drawn in the order of the table: rate, decay and batch size depend on the rule.
struct SpaceLine {
  std::string_view what;                                                     // as in the list of choices
  bool (*is_free)(const FitOptions& given);                                  // nobody has decided it
  void (*draw)(base::Random& random, const Ground& ground, FitOptions& to);  // leaves it alone where it has no part
};

[[nodiscard]] std::span<const SpaceLine> search_space();

/// The settings of trial `number`, counting from 0: a function of seed and number. Number 0 is what is given, with the
/// defaults for the rest. Each line has random numbers of its own, so one more line shifts no other.
[[nodiscard]] FitOptions drawn(const Ground& ground, std::uint32_t number);

/// Every rule that suits what is given, with its default settings first and then, if it has a rate, other rates.
struct RuleSettings {
  std::string rule;
  std::vector<FitOptions> options;
};
[[nodiscard]] std::vector<RuleSettings> rule_grid(const Ground& ground);

}  // namespace deltarule::app
