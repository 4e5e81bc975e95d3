#include "cli/results.hpp"

#include <system_error>

#include "cli/terminal.hpp"
#include "deltarule/deltarule.hpp"

namespace deltarule::cli {

void write_results(std::string_view text) {
  const int fault = write_out(text);
  if (fault == 0) return;
  if (is_broken_pipe(fault)) throw BrokenPipe{};
  throw Exception(Error{ErrorCode::io, "standard output", "cannot write: " + std::generic_category().message(fault),
                        "a place that takes the results", "free some space, or send the output elsewhere"});
}

void Results::add(std::string_view text) {
  constexpr std::size_t kEnough = std::size_t{1} << 16;
  waiting_ += text;
  if (waiting_.size() >= kEnough) flush();
}

void Results::flush() {
  write_results(waiting_);
  waiting_.clear();
}

}  // namespace deltarule::cli
