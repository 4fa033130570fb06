# llhttp, the second opinion of the tests of HTTP/1 heads: from the C sources that Debian's
# node-llhttp ships, in strict mode (the header's default is lenient).
enable_language(C)
find_path(LLHTTP_INCLUDE_DIR llhttp.h PATHS /usr/share/include/llhttp REQUIRED)
find_path(LLHTTP_SOURCE_DIR llhttp.c PATHS /usr/share/llhttp REQUIRED)
add_library(thalweg_llhttp STATIC ${LLHTTP_SOURCE_DIR}/llhttp.c ${LLHTTP_SOURCE_DIR}/api.c
                                  ${LLHTTP_SOURCE_DIR}/http.c)
target_compile_definitions(thalweg_llhttp PUBLIC LLHTTP_STRICT_MODE=1)
target_include_directories(thalweg_llhttp SYSTEM PUBLIC ${LLHTTP_INCLUDE_DIR})
