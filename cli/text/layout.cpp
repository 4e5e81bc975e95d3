#include "cli/text/layout.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace deltarule::cli {

std::size_t display_width(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::string pad_right(std::string_view text, std::size_t width) {
  std::string padded(text);
  const std::size_t used = display_width(text);
  if (used < width) padded.append(width - used, ' ');
  return padded;
}

std::string pad_left(std::string_view text, std::size_t width) {
  const std::size_t used = display_width(text);
  return std::string(used < width ? width - used : 0, ' ') + std::string(text);
}

std::string wrap(std::string_view text, std::size_t width, std::size_t indent) {
  if (width == 0) return std::string(text);
  std::string wrapped;
  std::size_t column = indent;
  bool line_empty = true;
  while (!text.empty()) {
    const std::size_t end = text.find_first_of(" \n");
    const std::string_view word = text.substr(0, end);
    const std::size_t needed = display_width(word);
    if (!line_empty && column + 1 + needed > width) {
      wrapped += '\n' + std::string(indent, ' ');
      column = indent;
      line_empty = true;
    }
    if (!line_empty) {
      wrapped += ' ';
      ++column;
    }
    wrapped += word;
    column += needed;
    line_empty = line_empty && word.empty();
    if (end == std::string_view::npos) break;
    if (text[end] == '\n') {
      wrapped += '\n' + std::string(indent, ' ');
      column = indent;
      line_empty = true;
    }
    text.remove_prefix(end + 1);
  }
  return wrapped;
}

std::vector<std::string> aligned(const std::vector<std::vector<std::string>>& rows,
                                 const std::vector<std::size_t>& right) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], display_width(row[i]));
  }
  std::vector<std::string> lines;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const bool to_right = std::ranges::find(right, i) != right.end();
      if (i > 0) line += "  ";
      line += to_right ? pad_left(row[i], widths[i]) : pad_right(row[i], widths[i]);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    lines.push_back(std::move(line));
  }
  return lines;
}

std::string joined(const std::vector<std::string>& parts, std::string_view between, std::size_t most) {
  std::string text;
  const std::size_t shown = most == 0 || parts.size() <= most ? parts.size() : most;
  for (std::size_t i = 0; i < shown; ++i) {
    if (i > 0) text += between;
    text += printable(parts[i]);
  }
  if (shown < parts.size()) text += fmt::format("{}… ({} more)", between, parts.size() - shown);
  return text;
}

std::string brief(double value) {
  if (!std::isfinite(value)) return std::isnan(value) ? "–" : (value > 0 ? "inf" : "-inf");
  const double size = std::fabs(value);
  if (size > 0 && (size < 1e-4 || size >= 1e7)) return fmt::format("{:.3e}", value);
  if (size <= 1) return fmt::format("{:.4f}", value);
  const int whole = static_cast<int>(std::floor(std::log10(size))) + 1;
  return fmt::format("{:.{}f}", value, std::max(0, 4 - whole));
}

std::string duration(double seconds) {
  if (!std::isfinite(seconds) || seconds < 0) return "–";
  constexpr double kLongest = 99.0 * 3600;
  const auto whole = static_cast<long>(std::min(seconds, kLongest) + 0.5);
  const long hours = whole / 3600, minutes = whole / 60 % 60, rest = whole % 60;
  return hours > 0 ? fmt::format("{}:{:02}:{:02}", hours, minutes, rest) : fmt::format("{}:{:02}", minutes, rest);
}

std::string counted(std::size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string shell_word(std::string_view text) {
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=,:+@%";
  if (!text.empty() && text.find_first_not_of(kPlain) == std::string_view::npos) return std::string(text);
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'') {
      quoted += "'\\''";
    } else {
      quoted += c;
    }
  }
  return quoted + "'";
}

std::string printable(std::string_view text) {
  std::string shown;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F) {
      shown += fmt::format("\\x{:02x}", byte);
    } else {
      shown += c;
    }
  }
  return shown;
}

}  // namespace deltarule::cli
