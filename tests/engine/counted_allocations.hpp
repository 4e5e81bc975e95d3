// Every allocation of this program, counted: operator new, malloc and their relatives, in all threads.
#pragma once

#include <cstddef>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define DELTARULE_SANITIZED
#endif
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define DELTARULE_SANITIZED
#endif

namespace deltarule::testing {

/// Allocations and releases so far.
[[nodiscard]] std::size_t heap_calls();

}  // namespace deltarule::testing
