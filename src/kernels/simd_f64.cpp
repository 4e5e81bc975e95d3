// The SIMD tables for double, one per instruction set: this file is compiled once for each of them.
#include "kernels/simd_targets.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/simd_f64.cpp"
#include "hwy/foreach_target.h"
#include "kernels/simd_table-inl.hpp"

#ifdef DELTARULE_TABLE_NAME
HWY_BEFORE_NAMESPACE();
namespace deltarule::kernels {
namespace HWY_NAMESPACE {

static constexpr Kernels<double> kTable = make_table<double, Functions<double>>(DELTARULE_TABLE_NAME, DELTARULE_FUSED);

}  // namespace HWY_NAMESPACE
}  // namespace deltarule::kernels
HWY_AFTER_NAMESPACE();
#endif

#if HWY_ONCE
namespace deltarule::kernels {

std::span<const Kernels<double>* const> compiled_f64() {
  static constexpr const Kernels<double>* kTables[] = {
#if HWY_TARGETS & HWY_AVX3
      &N_AVX3::kTable,
#endif
#if HWY_TARGETS & HWY_AVX2
      &N_AVX2::kTable,
#endif
#if HWY_TARGETS & HWY_SSE4
      &N_SSE4::kTable,
#endif
#if HWY_TARGETS & HWY_NEON
      &N_NEON::kTable,
#endif
#if HWY_TARGETS & HWY_WASM
      &N_WASM::kTable,
#endif
      nullptr};
  return {kTables, std::size(kTables) - 1};
}

}  // namespace deltarule::kernels
#endif
