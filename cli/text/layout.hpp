// Text for people: widths, wrapping, columns, numbers, shell words. Knows nothing of networks.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace deltarule::cli {

/// Columns that a text takes, counting one per code point.
[[nodiscard]] std::size_t display_width(std::string_view text);
[[nodiscard]] std::string pad_right(std::string_view text, std::size_t width);
[[nodiscard]] std::string pad_left(std::string_view text, std::size_t width);

/// Breaks at spaces so that no line goes beyond column `width` (0: never breaks). The first line is taken to begin at
/// column `indent`, the others do. A single word may still be wider. Line ends in the text are kept.
[[nodiscard]] std::string wrap(std::string_view text, std::size_t width, std::size_t indent);

/// Lines of cells in aligned columns, two spaces between them. `right`: columns (from 0) aligned to the right.
[[nodiscard]] std::vector<std::string> aligned(const std::vector<std::vector<std::string>>& rows,
                                               const std::vector<std::size_t>& right = {});

/// "a, b, c"; with `most` > 0 at most so many and "… (7 more)".
[[nodiscard]] std::string joined(const std::vector<std::string>& parts, std::string_view between = ", ",
                                 std::size_t most = 0);

/// Four significant digits, for reading.
[[nodiscard]] std::string brief(double value);
/// "0:07", "1:02:03".
[[nodiscard]] std::string duration(double seconds);
/// "1 row", "2 rows".
[[nodiscard]] std::string counted(std::size_t count, std::string_view noun);

/// As it must be typed into a shell.
[[nodiscard]] std::string shell_word(std::string_view text);
/// A name from outside, fit for a terminal: control characters are replaced.
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace deltarule::cli
