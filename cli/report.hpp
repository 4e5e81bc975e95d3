// What a run says on standard error: labelled lines and blocks, calm and aligned. Knows nothing of networks.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace deltarule::cli {

/// A space in a line's text at which it is never broken; names from outside never hold it (layout.hpp, printable).
inline constexpr char kUnbrokenSpace = '\x1f';

class Report {
 public:
  /// A quiet report says nothing.
  explicit Report(bool quiet);
  /// "label     text", broken to the terminal's width, off a terminal to 80 columns.
  void line(std::string_view label, std::string_view text) const;
  /// The lines as they are, the first one behind the label.
  void block(std::string_view label, const std::vector<std::string>& lines) const;
  void gap() const;

 private:
  bool quiet_;
  std::size_t width_;
};

}  // namespace deltarule::cli
