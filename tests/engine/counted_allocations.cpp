// Without a sanitizer the program brings its own malloc in front of the C library's; operator new ends there, too. A
// sanitizer has its own and tells of every call.
#include "counted_allocations.hpp"

#include <atomic>
#include <cerrno>
#include <cstdlib>

#ifdef DELTARULE_SANITIZED
#include <sanitizer/allocator_interface.h>
#endif

namespace {

constinit std::atomic<std::size_t> calls{0};

}  // namespace

std::size_t deltarule::testing::heap_calls() { return calls.load(); }

#ifdef DELTARULE_SANITIZED
namespace {
void allocated(const volatile void*, std::size_t) { ++calls; }
void freed(const volatile void*) { ++calls; }
[[maybe_unused]] const int kInstalled = __sanitizer_install_malloc_and_free_hooks(allocated, freed);
}  // namespace
#else
extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);
void __libc_free(void*);

void* malloc(std::size_t size) noexcept {
  ++calls;
  return __libc_malloc(size);
}
void* calloc(std::size_t count, std::size_t size) noexcept {
  ++calls;
  return __libc_calloc(count, size);
}
void* realloc(void* memory, std::size_t size) noexcept {
  ++calls;
  return __libc_realloc(memory, size);
}
void* memalign(std::size_t alignment, std::size_t size) noexcept {
  ++calls;
  return __libc_memalign(alignment, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept { return memalign(alignment, size); }
int posix_memalign(void** memory, std::size_t alignment, std::size_t size) noexcept {
  *memory = memalign(alignment, size);
  return *memory == nullptr ? ENOMEM : 0;
}
void free(void* memory) noexcept {
  ++calls;
  __libc_free(memory);
}
}
#endif
