#include "cli/report.hpp"

#include <algorithm>

#include "cli/terminal.hpp"
#include "cli/text/layout.hpp"

namespace deltarule::cli {
namespace {

constexpr std::size_t kTexts = 12;  // column where they begin

std::string labelled(std::string_view label) {
  const std::string padded = pad_right(label, kTexts);
  if (label.empty() || !wants_colour(Stream::err)) return padded;
  return "\x1b[1m" + padded + "\x1b[0m";
}

}  // namespace

Report::Report(bool quiet) : quiet_(quiet), width_(wrap_width(Stream::err)) {}

void Report::line(std::string_view label, std::string_view text) const {
  if (quiet_) return;
  std::string lines = wrap(text, width_, kTexts);
  std::ranges::replace(lines, kUnbrokenSpace, ' ');
  write_err(labelled(label) + lines + "\n");
}

void Report::block(std::string_view label, const std::vector<std::string>& lines) const {
  if (quiet_) return;
  std::string text;
  for (const std::string& content : lines) text += labelled(text.empty() ? label : "") + content + "\n";
  write_err(text);
}

void Report::gap() const {
  if (!quiet_) write_err("\n");
}

}  // namespace deltarule::cli
