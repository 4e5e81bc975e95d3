# What the outside must provide, all of it headers: nothing but the system's own libraries is linked or needed at run
# time. A missing header ends the configuration with the name of its Debian package.
include_guard()
set(DELTARULE_SYSTEM_LIBRARIES "")
if(NOT DELTARULE_BARE)
  find_package(Threads REQUIRED)
  set(DELTARULE_SYSTEM_LIBRARIES Threads::Threads)
endif()

# deltarule_headers(NAME HEADER PACKAGE WHY): INTERFACE target deltarule_NAME with the folder that HEADER is in.
function(deltarule_headers name header package why)
  find_path(DELTARULE_${name}_INCLUDE_DIR ${header})
  if(NOT DELTARULE_${name}_INCLUDE_DIR)
    message(FATAL_ERROR
      "deltarule: <${header}> was not found. It is needed for ${why}.\n"
      "On Debian: `apt-get install ${package}`, or `scripts/setup build` for everything at once. Elsewhere: set "
      "CMAKE_PREFIX_PATH or DELTARULE_${name}_INCLUDE_DIR to where it is.")
  endif()
  mark_as_advanced(DELTARULE_${name}_INCLUDE_DIR)
  add_library(deltarule_${name} INTERFACE)
  target_include_directories(deltarule_${name} SYSTEM INTERFACE ${DELTARULE_${name}_INCLUDE_DIR})
endfunction()

# Highway's shared library (libhwy) only chooses an instruction set, which src/kernels does itself: headers suffice.
deltarule_headers(highway hwy/highway.h libhwy-dev "the SIMD kernels")
if(NOT DELTARULE_ENGINE_ONLY)
  deltarule_headers(json nlohmann/json.hpp nlohmann-json3-dev "reading JSON")
  deltarule_headers(xxhash xxhash.h libxxhash-dev "the digest of model files")
endif()
if(DELTARULE_BUILD_CLI)
  deltarule_headers(cli11 CLI/CLI.hpp libcli11-dev "the command line (DELTARULE_BUILD_CLI=OFF does without)")
  deltarule_headers(fmt fmt/format.h libfmt-dev "the command line's output (DELTARULE_BUILD_CLI=OFF does without)")
  # Header-only, fmt is compiled again in every file, which doubles the time that most of cli/ takes. cli/fmt.cpp compiles it
  # once; what must be instantiated there differs between major versions of fmt.
  file(STRINGS ${DELTARULE_fmt_INCLUDE_DIR}/fmt/core.h DELTARULE_FMT_9 REGEX "define FMT_VERSION 90[0-9]+$")
  if(NOT DELTARULE_FMT_9)
    target_compile_definitions(deltarule_fmt INTERFACE FMT_HEADER_ONLY)
  endif()
endif()
