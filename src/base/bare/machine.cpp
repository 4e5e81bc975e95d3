// What a bare machine (DELTARULE_BARE) says about itself: nothing. In place of base/machine.cpp.
#include "base/machine.hpp"

namespace deltarule::base {

CacheSizes cache_sizes() { return {}; }

std::string processor_name() { return "unknown processor"; }

}  // namespace deltarule::base
