# deltarule_room(NAME [ENGINE]): src/NAME as an object library; ENGINE rooms are part of the engine component.
# Below src/app nothing throws, so these rooms are compiled without exceptions.
include_guard()

# How everything of ours is compiled. Private to this project: none of it reaches a consumer.
add_library(deltarule_flags INTERFACE)
target_compile_features(deltarule_flags INTERFACE cxx_std_20)
# Contraction would let the compiler decide where a rounding happens; equal bits need it to be written down.
target_compile_options(deltarule_flags INTERFACE -ffp-contract=off)
if(DELTARULE_DEVELOPER)
  target_compile_options(deltarule_flags INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror)
  # g++ 12 sees overlapping copies in plain std::string concatenation (GCC bug 105651).
  target_compile_options(deltarule_flags INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
endif()
target_include_directories(deltarule_flags INTERFACE ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src)
target_link_libraries(deltarule_flags INTERFACE ${DELTARULE_SYSTEM_LIBRARIES})

# The third-party headers that a room may see; the others include none (held by tools/check_edges.py).
set(DELTARULE_HEADERS_kernels deltarule_highway)
set(DELTARULE_HEADERS_io deltarule_json deltarule_xxhash)

set_property(GLOBAL PROPERTY DELTARULE_ENGINE_ROOMS "")
set_property(GLOBAL PROPERTY DELTARULE_OTHER_ROOMS "")

function(deltarule_room name)
  cmake_parse_arguments(ARG "ENGINE" "" "" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${name}/*.cpp)
  # A file in a folder bare/ takes the place of its namesake above it.
  foreach(bare IN LISTS sources)
    if(bare MATCHES "/bare/[^/]*$")
      string(REPLACE "/bare/" "/" usual ${bare})
      if(DELTARULE_BARE)
        list(REMOVE_ITEM sources ${usual})
      else()
        list(REMOVE_ITEM sources ${bare})
      endif()
    endif()
  endforeach()
  add_library(deltarule_${name} OBJECT ${sources})
  set_target_properties(deltarule_${name} PROPERTIES POSITION_INDEPENDENT_CODE ON LINKER_LANGUAGE CXX)
  target_link_libraries(deltarule_${name} PRIVATE deltarule_flags ${DELTARULE_HEADERS_${name}})
  target_compile_options(deltarule_${name} PRIVATE -fno-exceptions)
  deltarule_quick(deltarule_${name})
  if(ARG_ENGINE)
    set_property(GLOBAL APPEND PROPERTY DELTARULE_ENGINE_ROOMS ${name})
  else()
    set_property(GLOBAL APPEND PROPERTY DELTARULE_OTHER_ROOMS ${name})
  endif()
endfunction()
