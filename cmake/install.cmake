# `cmake --install`, and what find_package(deltarule COMPONENTS engine|deltarule) finds afterwards. The install component
# `engine` holds the engine alone; `deltarule` adds tables, files and the programs.
include(CMakePackageConfigHelpers)

set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/deltarule)
set(engine_headers activation engine error live_network machine many network rows rules schedule spec trainer training)
list(TRANSFORM engine_headers PREPEND ${PROJECT_SOURCE_DIR}/include/deltarule/)
list(TRANSFORM engine_headers APPEND .hpp)

set_target_properties(deltarule_engine PROPERTIES EXPORT_NAME engine)
install(TARGETS deltarule_engine EXPORT deltarule-engine ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT engine)
install(FILES ${engine_headers} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/deltarule COMPONENT engine)
install(EXPORT deltarule-engine NAMESPACE deltarule:: DESTINATION ${package_folder} COMPONENT engine)

if(NOT DELTARULE_ENGINE_ONLY)
  install(TARGETS deltarule EXPORT deltarule-deltarule ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT deltarule)
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/deltarule DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
    COMPONENT deltarule FILES_MATCHING PATTERN *.hpp)
  install(EXPORT deltarule-deltarule NAMESPACE deltarule:: DESTINATION ${package_folder} COMPONENT deltarule)
endif()
if(TARGET deltarule_cli)
  # The command only: `replay` is a developer's check of the engine.
  install(PROGRAMS $<TARGET_FILE:deltarule_cli> RENAME deltarule DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT deltarule)
endif()

configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/deltarule-config.cmake.in
  ${PROJECT_BINARY_DIR}/deltarule-config.cmake INSTALL_DESTINATION ${package_folder})
# Before 1.0 a minor version may change the interface.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/deltarule-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/deltarule-config.cmake ${PROJECT_BINARY_DIR}/deltarule-config-version.cmake
  DESTINATION ${package_folder} COMPONENT engine)
