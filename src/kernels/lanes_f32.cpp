// The tables for networks in lanes for float, one per instruction set: this file is compiled once for each of them.
#include "kernels/lanes.hpp"
#include "kernels/lanes_tables.hpp"
#include "kernels/simd_targets.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/lanes_f32.cpp"
#include "hwy/foreach_target.h"
#include "kernels/simd_table-inl.hpp"
// After the table above, which brings what it needs.
#include "kernels/lanes_table-inl.hpp"

#ifdef DELTARULE_TABLE_NAME
HWY_BEFORE_NAMESPACE();
namespace deltarule::kernels {
namespace HWY_NAMESPACE {

static constexpr LaneKernels<float> kLaneTable = make_lane_table<LaneOps<float>>(DELTARULE_TABLE_NAME);

}  // namespace HWY_NAMESPACE
}  // namespace deltarule::kernels
HWY_AFTER_NAMESPACE();
#endif

#if HWY_ONCE
namespace deltarule::kernels {

std::span<const LaneKernels<float>* const> compiled_lanes_f32() {
  static constexpr const LaneKernels<float>* kTables[] = {
#if HWY_TARGETS & HWY_AVX3
      &N_AVX3::kLaneTable,
#endif
#if HWY_TARGETS & HWY_AVX2
      &N_AVX2::kLaneTable,
#endif
#if HWY_TARGETS & HWY_SSE4
      &N_SSE4::kLaneTable,
#endif
#if HWY_TARGETS & HWY_NEON
      &N_NEON::kLaneTable,
#endif
#if HWY_TARGETS & HWY_WASM
      &N_WASM::kLaneTable,
#endif
      nullptr};
  return {kTables, std::size(kTables) - 1};
}

}  // namespace deltarule::kernels
#endif
