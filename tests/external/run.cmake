# SPDX-License-Identifier: MIT
# midge as others use it, built and run. PART says which of them, a file of this folder each:
#
#   mbedtls   on an mbedTLS 3.6 that its own CMake built with its own default configuration,
#             installed, found by find_package(midge) and by pkg-config; and the host program
#   tls       on an mbedTLS that the user's project builds and configures: as which targets, what the
#             compiler says of each option that is missing, without tickets, by PSA only, and mbedTLS
#             4.x by its declarations; with -DMBEDTLS4= (ctest: $MIDGE_MBEDTLS4), its sources, on that too
#   owned     the same with midge's mbedTLS; in a project of C++ alone, both ways
#   package   as Debian packages, with a program on the shared library
#   subdirectory  by add_subdirectory, with limits and hooks set by CMake; the same cross built by a
#             toolchain file for Linux; for aarch64 the library, as Debian's cross compiler comes
#             without c-ares: its headers are this machine's
#   none      with a port of its own and no c-ares, by add_subdirectory and installed
#   bsd       on BSD sockets, without any package; installed, and cross built for aarch64
#   without   the same without any feature of midge/features.h, which its users see too
#   pico      in a project of pico-sdk, for Pico W: compiled, as cyw43-driver cannot be had
#   lwip      on lwIP with a minimal lwipopts.h, three ways, and under threads; and what the compiler
#             says of each option that is missing
#   esp       as a component of ESP-IDF, without ESP-IDF: its manifests and options, and its sources
#             for riscv32; with MIDGE_ESP_HANDSHAKES=1 in the environment also handshakes on the
#             desktop, with its options and its configuration of mbedTLS
#
# cmake -DPART= -DSOURCE= -DBUILD= -DMBEDTLS= -DCJSON= -DZLIB= -DLWIP= [-DCOMPILER=] [-DLAUNCHER=] -P run.cmake
foreach(given PART SOURCE BUILD MBEDTLS CJSON ZLIB LWIP)
    if(NOT ${given})
        message(FATAL_ERROR "run.cmake needs -D${given}=")
    endif()
endforeach()
set(common -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo)
if(COMPILER)
    list(APPEND common -DCMAKE_C_COMPILER=${COMPILER})
endif()
if(LAUNCHER)
    list(APPEND common -DCMAKE_C_COMPILER_LAUNCHER=${LAUNCHER})
endif()
# The trees that the build around us found, whatever their folders are called.
file(MAKE_DIRECTORY ${BUILD}/deps)
file(CREATE_LINK ${MBEDTLS} ${BUILD}/deps/mbedtls SYMBOLIC)
file(CREATE_LINK ${CJSON} ${BUILD}/deps/cjson SYMBOLIC)
file(CREATE_LINK ${ZLIB} ${BUILD}/deps/zlib SYMBOLIC)
file(CREATE_LINK ${LWIP} ${BUILD}/deps/lwip SYMBOLIC)

# run(COMMAND… [OUTPUT VARIABLE])
function(run)
    cmake_parse_arguments(RUN "" OUTPUT "" ${ARGN})
    execute_process(COMMAND ${RUN_UNPARSED_ARGUMENTS} RESULT_VARIABLE failed OUTPUT_VARIABLE out
        ERROR_VARIABLE out)
    if(failed)
        list(JOIN ARGN " " command)
        message(FATAL_ERROR "failed: ${command}\n${out}")
    endif()
    if(RUN_OUTPUT)
        set(${RUN_OUTPUT} "${out}" PARENT_SCOPE)
    endif()
endfunction()

# build(NAME SOURCE OPTIONS…): configure and build in BUILD/NAME.
function(build name source)
    message(STATUS "building ${name}")
    file(REMOVE ${BUILD}/${name}/CMakeCache.txt)
    run(${CMAKE_COMMAND} -S ${source} -B ${BUILD}/${name} ${common} ${ARGN})
    run(${CMAKE_COMMAND} --build ${BUILD}/${name})
endfunction()

# fetch(CONSUMERS…): each of them by itself, then with a URL of a local HTTPS server.
function(fetch)
    run(/usr/bin/python3 -B ${SOURCE}/tests/external/fetch.py ${BUILD}/server ${ARGN})
endfunction()

# installed(MODE OPTIONS…): midge of MIDGE_TLS=MODE, installed in BUILD/MODE, and its consumers.
function(installed mode)
    build(midge-${mode} ${SOURCE} -DMIDGE_TLS=${mode} -DMIDGE_DEPS_DIR=${BUILD}/deps
        -DMIDGE_PROGRAM=OFF -DMIDGE_TESTS=OFF -DMIDGE_SIM=ON ${ARGN}
        -DCMAKE_INSTALL_PREFIX=${BUILD}/${mode} -DCMAKE_INSTALL_LIBDIR=lib)
    run(${CMAKE_COMMAND} --install ${BUILD}/midge-${mode})
    set(ENV{PKG_CONFIG_PATH} ${BUILD}/${mode}/lib/pkgconfig)
    build(consumer-${mode} ${SOURCE}/tests/external/installed -DCMAKE_PREFIX_PATH=${BUILD}/${mode})
    unset(ENV{PKG_CONFIG_PATH})
    run(${BUILD}/consumer-${mode}/consumer-sim)
    fetch(${BUILD}/consumer-${mode}/consumer-cmake ${BUILD}/consumer-${mode}/consumer-pkgconfig)
endfunction()

include(${CMAKE_CURRENT_LIST_DIR}/${PART}.cmake)
