// Standard output, where results go and nothing else. Gathers text into large writes; a full disk is an error, a reader
// that went away is not.
#pragma once

#include <string>
#include <string_view>

namespace deltarule::cli {

/// Thrown when nobody reads standard output any more (`| head`): the command ends quietly.
struct BrokenPipe {};

class Results {
 public:
  /// Kept until there is enough for a write. Throws BrokenPipe, or Exception (io).
  void add(std::string_view text);
  /// Everything so far is written. Throws likewise.
  void flush();

 private:
  std::string waiting_;
};

/// Writes at once. Throws likewise.
void write_results(std::string_view text);

}  // namespace deltarule::cli
