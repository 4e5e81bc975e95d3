#include "cli/failure.hpp"

#include <algorithm>

#include "cli/exit_codes.hpp"
#include "cli/terminal.hpp"
#include "cli/text/layout.hpp"

namespace deltarule::cli {
namespace {

constexpr std::size_t kWidest = 100;

std::string what_happened(const Error& error) {
  Error without_fix = error;
  without_fix.fix.clear();
  return without_fix.message();
}

/// "Did you mean" and "did you mean" come from different rooms; behind "fix:" both begin small. Names stay as they are.
std::string begun_small(std::string text) {
  const auto is_lower = [](char c) { return c >= 'a' && c <= 'z'; };
  const bool is_word = text.size() > 2 && text[0] >= 'A' && text[0] <= 'Z' && (is_lower(text[1]) || text[1] == ' ');
  if (is_word) text[0] = static_cast<char>(text[0] - 'A' + 'a');
  return text;
}

std::string labelled(const std::string& label, const std::string& text, const char* colour) {
  const std::size_t width = std::min(terminal_width(Stream::err), kWidest);  // 0, no breaks, off a terminal
  const std::string body = wrap(text, width, label.size() + 1);
  if (!wants_colour(Stream::err)) return label + " " + body + "\n";
  return colour + label + "\x1b[0m " + body + "\n";
}

}  // namespace

int show_error(const Error& error) {
  constexpr const char* kRed = "\x1b[1;31m";
  constexpr const char* kGreen = "\x1b[1;32m";
  std::string text = labelled("error:", what_happened(error), kRed);
  if (!error.fix.empty()) text += labelled("fix:", begun_small(error.fix), kGreen);
  write_err(text);
  return exit_code_of(error.code);
}

}  // namespace deltarule::cli
