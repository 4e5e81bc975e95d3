// Small helpers for words in messages: edit distance, nearest spelling, quoting. Not a string library.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace deltarule::base {

/// Fewest insertions, deletions, replacements and swaps of neighbours that turn `a` into `b` (optimal string
/// alignment), in bytes, upper and lower case taken as equal.
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

/// The candidate nearest to `name`, the first of equals; empty when none is near enough to be a misspelling (more than
/// a third of the longer word, at least 1, would have to change).
[[nodiscard]] std::string nearest_spelling(std::string_view name, std::span<const std::string> candidates);

/// `did you mean "x"?`, or empty when nothing is near.
[[nodiscard]] std::string did_you_mean(std::string_view name, std::span<const std::string> candidates);

/// The text in double quotes for a message: control characters and quotes escaped, cut after `limit` bytes (never
/// inside a UTF-8 sequence) with `…`.
[[nodiscard]] std::string quoted(std::string_view text, std::size_t limit = 60);

/// `1 row`, `2 rows`.
[[nodiscard]] std::string counted(std::size_t count, std::string_view singular);

/// A number for people: four significant digits, no trailing zeros, plain notation where that is short.
[[nodiscard]] std::string rounded(double number);

/// `"a", "b" and 3 more`: at most `limit` names, quoted.
[[nodiscard]] std::string listed(std::span<const std::string> names, std::size_t limit = 8);

}  // namespace deltarule::base
