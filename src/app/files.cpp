// Files that are written whole or not at all, for whoever writes beside a model (model.hpp). The work is done in io.
#include <span>

#include "deltarule/model.hpp"
#include "io/atomic_file.hpp"
#include "io/file.hpp"

namespace deltarule {

void check_writable(const std::string& path, bool overwrite) {
  const Result<void> checked = io::check_writable(path, overwrite);
  if (!checked) throw Exception(checked.error());
}

void write_file(const std::string& path, std::string_view text, bool overwrite) {
  const Result<void> written = io::write_atomically(path, std::as_bytes(std::span(text)), overwrite);
  if (!written) throw Exception(written.error());
}

bool is_same_file(const std::string& a, const std::string& b) { return io::is_same_file(a, b); }

}  // namespace deltarule
