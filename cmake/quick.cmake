# deltarule_quick(TARGET [UNOPTIMISED]): what DELTARULE_QUICK_COMPILE means for a target. Reading the standard library's headers is
# most of the work of compiling a file of ours, so they are read once per target; UNOPTIMISED for much code that computes
# little. Off by default: caches of compilers and clang-tidy see a file better so, and a file must name its headers itself.
include_guard()

function(deltarule_quick target)
  cmake_parse_arguments(ARG "UNOPTIMISED" "" "" ${ARGN})
  if(NOT DELTARULE_QUICK_COMPILE)
    return()
  endif()
  target_precompile_headers(${target} PRIVATE <algorithm> <array> <cmath> <functional> <memory> <optional> <span> <string>
    <string_view> <utility> <variant> <vector>)
  if(ARG_UNOPTIMISED)
    target_compile_options(${target} PRIVATE -O0)
  endif()
endfunction()
