# SPDX-License-Identifier: MIT
# A part of run.cmake: by add_subdirectory, for this machine and for others.
build(consumer-subdirectory ${SOURCE}/tests/external/subdirectory -DMIDGE_SOURCE=${SOURCE}
    -DMIDGE_DEPS_DIR=${BUILD}/deps)
build(consumer-cross ${SOURCE}/tests/external/subdirectory -DMIDGE_SOURCE=${SOURCE}
    -DMIDGE_DEPS_DIR=${BUILD}/deps -DCMAKE_TOOLCHAIN_FILE=${SOURCE}/tests/external/cross.cmake)
fetch(${BUILD}/consumer-subdirectory/consumer-subdirectory ${BUILD}/consumer-cross/consumer-subdirectory)

file(GLOB headers /usr/include/ares*.h)
file(COPY ${headers} DESTINATION ${BUILD}/aarch64/include)
file(WRITE ${BUILD}/aarch64/libcares.pc
    "Name: c-ares\nDescription: headers\nVersion: 1.18\nCflags: -I${BUILD}/aarch64/include\nLibs: -lcares\n")
set(ENV{PKG_CONFIG_LIBDIR} ${BUILD}/aarch64)
message(STATUS "building consumer-aarch64")
run(${CMAKE_COMMAND} -S ${SOURCE}/tests/external/subdirectory -B ${BUILD}/consumer-aarch64 -G Ninja
    -DMIDGE_SOURCE=${SOURCE} -DMIDGE_DEPS_DIR=${BUILD}/deps -DCMAKE_C_COMPILER_LAUNCHER=${LAUNCHER}
    -DCMAKE_TOOLCHAIN_FILE=${SOURCE}/tests/external/aarch64.cmake)
run(${CMAKE_COMMAND} --build ${BUILD}/consumer-aarch64 --target midge)
run(aarch64-linux-gnu-nm --defined-only -A ${BUILD}/consumer-aarch64/midge/libmidge.a OUTPUT symbols)
if(NOT symbols MATCHES " T midge_posix_open\n")
    message(FATAL_ERROR "a cross build for Linux has no port")
endif()

# README's first program, with README's CMakeLists.txt.
file(COPY ${SOURCE}/tests/external/first/CMakeLists.txt ${SOURCE}/boards/examples/first.c DESTINATION ${BUILD}/first)
file(CREATE_LINK ${SOURCE} ${BUILD}/first/midge SYMBOLIC)
build(first-program ${BUILD}/first -DMIDGE_DEPS_DIR=${BUILD}/deps)
execute_process(COMMAND ${BUILD}/first-program/first http://127.0.0.1:1/ nonsense: OUTPUT_VARIABLE said RESULT_VARIABLE code)
if(NOT code EQUAL 0 OR NOT said MATCHES "nonsense:: .*http://127.0.0.1:1/: connection failed")
    message(FATAL_ERROR "README's program: ${code}, ${said}")
endif()
