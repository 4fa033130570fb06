# cmake --install: headers, both libraries, the CMake package, thalweg.pc, and the program.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

install(DIRECTORY include/thalweg DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING
        PATTERN "*.h")
if(THALWEG_PROGRAM)
  install(TARGETS thalweg)
endif()

# Two sets, because the static library alone makes its user look for what it rests on.
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/thalweg)
foreach(kind IN ITEMS static shared)
  install(TARGETS thalweg_${kind} EXPORT thalweg-${kind}
          INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
  install(EXPORT thalweg-${kind} NAMESPACE thalweg:: DESTINATION ${package_dir})
endforeach()
configure_package_config_file(cmake/thalweg-config.cmake.in thalweg-config.cmake
                              INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(thalweg-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/thalweg-config.cmake
              ${CMAKE_CURRENT_BINARY_DIR}/thalweg-config-version.cmake
        DESTINATION ${package_dir})

# From where the file is to the prefix, so that an installed tree may be moved.
file(RELATIVE_PATH up /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
string(REGEX REPLACE "/$" "" THALWEG_UP ${up})
configure_file(cmake/thalweg.pc.in thalweg.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/thalweg.pc
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
