# The library: all modules in one file, static (thalweg::static) and shared (thalweg::shared).
# thalweg::thalweg is the shared one where BUILD_SHARED_LIBS is on, else the static one.
set(objects)
foreach(module IN ITEMS base stream storage engine http net api)
  list(APPEND objects $<TARGET_OBJECTS:thalweg_${module}>)
endforeach()

# What it rests on. No public header shows any of it.
set(THALWEG_RESTS_ON
    Threads::Threads ZLIB::ZLIB fmt::fmt PkgConfig::THALWEG_LIBZSTD PkgConfig::THALWEG_LMDB
    PkgConfig::THALWEG_SIMDJSON PkgConfig::THALWEG_LIBSODIUM)

# Dots in a pattern of the map stand for themselves; see the file for what is left out.
set(map ${CMAKE_CURRENT_LIST_DIR}/exports.map)

foreach(kind IN ITEMS static shared)
  string(TOUPPER ${kind} KIND)
  add_library(thalweg_${kind} ${KIND} ${objects})
  add_library(thalweg::${kind} ALIAS thalweg_${kind})
  set_target_properties(thalweg_${kind} PROPERTIES OUTPUT_NAME thalweg EXPORT_NAME ${kind}
                                                   LINKER_LANGUAGE CXX)
  target_compile_features(thalweg_${kind} INTERFACE cxx_std_23)
  target_include_directories(thalweg_${kind} INTERFACE
                             $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>)
endforeach()

target_link_libraries(thalweg_static PRIVATE ${THALWEG_RESTS_ON})

# Until 1.0, a minor version may change the binary interface.
set_target_properties(thalweg_shared PROPERTIES
                      VERSION ${PROJECT_VERSION}
                      SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}
                      LINK_DEPENDS ${map})
target_link_options(thalweg_shared PRIVATE -Wl,--version-script=${map})
if(NOT THALWEG_SANITIZE)  # a sanitizer's runtime comes with the program
  target_link_options(thalweg_shared PRIVATE -Wl,--no-undefined)
endif()
target_link_libraries(thalweg_shared PRIVATE $<BUILD_INTERFACE:${THALWEG_RESTS_ON}>)

if(BUILD_SHARED_LIBS)
  add_library(thalweg::thalweg ALIAS thalweg_shared)
else()
  add_library(thalweg::thalweg ALIAS thalweg_static)
endif()
