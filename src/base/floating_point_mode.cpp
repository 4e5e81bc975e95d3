// The control registers: x86 MXCSR, aarch64 FPCR.
#include "base/floating_point_mode.hpp"

#if defined(__x86_64__) || defined(__i386__)
#include <xmmintrin.h>
#endif

namespace deltarule::base {
namespace {

#if defined(__SSE__)
constexpr unsigned long long kFlush = 0x8040;  // FTZ: results, DAZ: operands
unsigned long long read_mode() { return _mm_getcsr(); }
void write_mode(unsigned long long mode) { _mm_setcsr(static_cast<unsigned>(mode)); }
#elif defined(__aarch64__)
constexpr unsigned long long kFlush = 1ull << 24;  // FZ
unsigned long long read_mode() {
  unsigned long long mode = 0;
  __asm__ volatile("mrs %0, fpcr" : "=r"(mode));
  return mode;
}
void write_mode(unsigned long long mode) { __asm__ volatile("msr fpcr, %0" : : "r"(mode) : "memory"); }
#else
constexpr unsigned long long kFlush = 0;
unsigned long long read_mode() { return 0; }
void write_mode(unsigned long long) {}
#endif

}  // namespace

// Writing the register waits for every instruction before it; a scope within a scope writes nothing.
FlushDenormals::FlushDenormals() : before_(read_mode()) {
  if ((before_ & kFlush) != kFlush) write_mode(before_ | kFlush);
}

// Only the mode bits go back: exception flags raised meanwhile stay.
FlushDenormals::~FlushDenormals() {
  if ((before_ & kFlush) != kFlush) write_mode((read_mode() & ~kFlush) | (before_ & kFlush));
}

bool can_flush_denormals() { return kFlush != 0; }

}  // namespace deltarule::base
