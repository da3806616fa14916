# SPDX-License-Identifier: MIT
# The programs of the suite `bench`, with MIDGE_BENCH: midge's driver, the floor and the peers.
# All that use mbedTLS are linked with the objects that are in midge's own archive.
if(NOT MIDGE_TLS STREQUAL owned OR NOT MIDGE_PROFILE STREQUAL full)
    message(FATAL_ERROR "midge: MIDGE_BENCH compares the profile full, in owned mode")
endif()
midge_deps_find(mongoose MIDGE_MONGOOSE_DIR)
pkg_check_modules(CURL REQUIRED IMPORTED_TARGET libcurl)

# bench_program(NAME SOURCES...)
function(bench_program name)
    add_executable(bench-${name} ${ARGN})
    set_target_properties(bench-${name} PROPERTIES C_EXTENSIONS ON
        RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bench)
    target_compile_options(bench-${name} PRIVATE ${MIDGE_WARNINGS})
endfunction()

# bench_on_mbedtls(NAME): on midge's mbedTLS, without midge
function(bench_on_mbedtls name)
    target_sources(bench-${name} PRIVATE bench/mbedtls_platform.c
        $<TARGET_OBJECTS:midge-mbedtls-${MIDGE_PROFILE}>)
    midge_mbedtls_headers(bench-${name} full)
    target_include_directories(bench-${name} PRIVATE ${PROJECT_SOURCE_DIR}/include)
    target_link_options(bench-${name} PRIVATE -Wl,--gc-sections)
endfunction()

bench_program(midge bench/driver.c)
target_link_libraries(bench-midge PRIVATE midge)

bench_program(floor bench/floor.c)
bench_on_mbedtls(floor)

add_library(bench-mongoose-library OBJECT ${MIDGE_MONGOOSE_DIR}/mongoose.c)
set_target_properties(bench-mongoose-library PROPERTIES C_EXTENSIONS ON)
target_compile_options(bench-mongoose-library PRIVATE -w)
target_compile_definitions(bench-mongoose-library PUBLIC MG_TLS=MG_TLS_MBED)
target_include_directories(bench-mongoose-library SYSTEM PUBLIC ${MIDGE_MONGOOSE_DIR})
midge_mbedtls_headers(bench-mongoose-library full)
bench_program(mongoose bench/peer_mongoose.c)
bench_on_mbedtls(mongoose)
target_link_libraries(bench-mongoose PRIVATE bench-mongoose-library)

bench_program(curl bench/peer_curl.c)
target_link_libraries(bench-curl PRIVATE PkgConfig::CURL)

add_custom_target(bench-programs
    DEPENDS bench-midge bench-floor bench-mongoose bench-curl midge-program)
midge_test(bench bench 1800 /usr/bin/python3 ${CMAKE_CURRENT_SOURCE_DIR}/bench/bench.py
    --build ${PROJECT_BINARY_DIR})
if(TEST ${MIDGE_TEST_PREFIX}bench)
    set_tests_properties(${MIDGE_TEST_PREFIX}bench PROPERTIES RUN_SERIAL ON
        ENVIRONMENT "PYTHONDONTWRITEBYTECODE=1")
endif()
