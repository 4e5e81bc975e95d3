// What a file that should have been something else looks like, from its first bytes. A help for messages, no proof.
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace deltarule::io {

/// "an empty file", "a gzip archive", "text, perhaps a CSV table", …
[[nodiscard]] std::string looks_like(std::span<const std::byte> bytes);

}  // namespace deltarule::io
