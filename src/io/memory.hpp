// How much memory the machine has: what bounds a request that somebody else's file or option makes. Not what is free.
#pragma once

#include <cstdint>

namespace deltarule::io {

/// Bytes of main memory; 2^40 where the system does not tell.
[[nodiscard]] std::uint64_t machine_memory();

}  // namespace deltarule::io
