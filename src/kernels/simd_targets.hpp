// Which of Highway's targets are left out. Before any header of Highway. A target that is compiled but has no table
// (see simd_table-inl.hpp) costs nothing.
#pragma once

#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_AVX3_DL | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128)
