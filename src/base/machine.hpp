// What the system says about the machine it runs on. Nothing here decides a result; the instruction set is chosen in
// kernels/dispatch.cpp.
#pragma once

#include <cstddef>
#include <string>

namespace deltarule::base {

/// Bytes of data that each level of cache holds for one core (the last one may be shared). Where the system does not
/// say, what most processors of this century have: 32 KiB, 1 MiB, 32 MiB. Always ascending.
struct CacheSizes {
  std::size_t l1 = std::size_t{32} << 10;
  std::size_t l2 = std::size_t{1} << 20;
  std::size_t l3 = std::size_t{32} << 20;
};
[[nodiscard]] CacheSizes cache_sizes();

/// The processor as the system names it, or "unknown processor".
[[nodiscard]] std::string processor_name();

}  // namespace deltarule::base
