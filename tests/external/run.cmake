# SPDX-License-Identifier: MIT
# midge as others use it, built and run:
#
#   external  on an mbedTLS 3.6 that its own CMake built with its own default configuration,
#             installed, found by find_package(midge) and by pkg-config
#   owned     the same with midge's mbedTLS
#   subdirectory  by add_subdirectory, with limits and hooks set by CMake
#   cxx       in a project of C++ alone, both ways
#   cross     the same by a toolchain file for Linux; for aarch64 the library, as Debian's cross
#             compiler comes without c-ares: its headers are this machine's
#   none      with a port of its own and no c-ares, by add_subdirectory and installed
#   without   the same without any feature of midge/features.h, which its users see too
#   lwip      on lwIP with a minimal lwipopts.h, three ways, and under threads; and what the compiler says of each option
#             that is missing
#
# cmake -DSOURCE= -DBUILD= -DMBEDTLS= -DCJSON= -DZLIB= -DLWIP= [-DCOMPILER=] [-DLAUNCHER=] -P run.cmake
foreach(given SOURCE BUILD MBEDTLS CJSON ZLIB LWIP)
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

build(mbedtls ${MBEDTLS} -DENABLE_TESTING=OFF -DENABLE_PROGRAMS=OFF -DGEN_FILES=OFF
    -DCMAKE_INSTALL_PREFIX=${BUILD}/external)
file(REMOVE_RECURSE ${BUILD}/external ${BUILD}/owned)
run(${CMAKE_COMMAND} --install ${BUILD}/mbedtls)

set(consumers "")
foreach(mode external owned)
    build(midge-${mode} ${SOURCE} -DMIDGE_TLS=${mode} -DMIDGE_DEPS_DIR=${BUILD}/deps
        -DMIDGE_PROGRAM=OFF -DMIDGE_TESTS=OFF -DMIDGE_SIM=ON -DCMAKE_PREFIX_PATH=${BUILD}/external
        -DCMAKE_INSTALL_PREFIX=${BUILD}/${mode} -DCMAKE_INSTALL_LIBDIR=lib)
    run(${CMAKE_COMMAND} --install ${BUILD}/midge-${mode})
    set(ENV{PKG_CONFIG_PATH} ${BUILD}/${mode}/lib/pkgconfig)
    build(consumer-${mode} ${SOURCE}/tests/external/installed
        -DCMAKE_PREFIX_PATH=${BUILD}/${mode})
    list(APPEND consumers ${BUILD}/consumer-${mode}/consumer-cmake
        ${BUILD}/consumer-${mode}/consumer-pkgconfig)
    run(${BUILD}/consumer-${mode}/consumer-sim)
endforeach()

# What an mbedTLS that midge did not build does with certificate chains, as include/midge/tls.h says.
build(program-external ${SOURCE} -DMIDGE_TLS=external -DMIDGE_DEPS_DIR=${BUILD}/deps
    -DMIDGE_TESTS=OFF -DCMAKE_PREFIX_PATH=${BUILD}/external)
run(${CMAKE_COMMAND} -E env MIDGE_TLS=external MIDGE_BIN=${BUILD}/program-external/midge
    /usr/bin/python3 -B ${SOURCE}/tests/net/test_chains.py)

build(consumer-subdirectory ${SOURCE}/tests/external/subdirectory -DMIDGE_SOURCE=${SOURCE}
    -DMIDGE_DEPS_DIR=${BUILD}/deps)
list(APPEND consumers ${BUILD}/consumer-subdirectory/consumer-subdirectory)

build(consumer-cxx-installed ${SOURCE}/tests/external/cxx -DCMAKE_PREFIX_PATH=${BUILD}/owned)
build(consumer-cxx ${SOURCE}/tests/external/cxx -DMIDGE_SOURCE=${SOURCE}
    -DMIDGE_DEPS_DIR=${BUILD}/deps)
run(${BUILD}/consumer-cxx-installed/consumer-cxx)
run(${BUILD}/consumer-cxx/consumer-cxx)

build(consumer-cross ${SOURCE}/tests/external/subdirectory -DMIDGE_SOURCE=${SOURCE}
    -DMIDGE_DEPS_DIR=${BUILD}/deps -DCMAKE_TOOLCHAIN_FILE=${SOURCE}/tests/external/cross.cmake)
list(APPEND consumers ${BUILD}/consumer-cross/consumer-subdirectory)

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

# ---- Ports ----

set(ENV{PKG_CONFIG_LIBDIR} ${BUILD}/no-packages) # no c-ares
unset(ENV{PKG_CONFIG_PATH})
file(REMOVE_RECURSE ${BUILD}/none)
build(midge-none ${SOURCE} -DMIDGE_PORT=none -DMIDGE_DEPS_DIR=${BUILD}/deps
    -DCMAKE_INSTALL_PREFIX=${BUILD}/none -DCMAKE_INSTALL_LIBDIR=lib)
run(${CMAKE_COMMAND} --install ${BUILD}/midge-none)
build(consumer-none-installed ${SOURCE}/tests/external/none -DCMAKE_PREFIX_PATH=${BUILD}/none)
build(consumer-none ${SOURCE}/tests/external/none -DMIDGE_SOURCE=${SOURCE}
    -DMIDGE_DEPS_DIR=${BUILD}/deps)
run(${BUILD}/consumer-none-installed/consumer-none)
run(${BUILD}/consumer-none/consumer-none)

file(REMOVE_RECURSE ${BUILD}/without)
build(midge-without ${SOURCE} -DMIDGE_PORT=none -DMIDGE_WITHOUT=all -DMIDGE_WERROR=ON
    -DMIDGE_DEPS_DIR=${BUILD}/deps -DCMAKE_INSTALL_PREFIX=${BUILD}/without -DCMAKE_INSTALL_LIBDIR=lib)
run(${CMAKE_COMMAND} --install ${BUILD}/midge-without)
build(consumer-without ${SOURCE}/tests/external/none -DCMAKE_PREFIX_PATH=${BUILD}/without)
run(${BUILD}/consumer-without/consumer-none)
file(READ ${BUILD}/without/lib/pkgconfig/midge.pc text)
file(READ ${BUILD}/without/lib/cmake/midge/midge-targets.cmake more)
if(NOT text MATCHES "-DMIDGE_WITH_TASKS=0" OR NOT more MATCHES "MIDGE_WITH_TASKS=0"
        OR text MATCHES "midge-cjson")
    message(FATAL_ERROR "users of a midge without features see others than it has:\n${text}\n${more}")
endif()
execute_process(COMMAND ${CMAKE_COMMAND} -S ${SOURCE} -B ${BUILD}/midge-typo ${common} -DMIDGE_PORT=none
    "-DMIDGE_WITHOUT=gather_all" -DMIDGE_DEPS_DIR=${BUILD}/deps
    RESULT_VARIABLE failed OUTPUT_QUIET ERROR_VARIABLE text)
if(NOT failed OR NOT text MATCHES "there is no feature 'gather_all'")
    message(FATAL_ERROR "MIDGE_WITHOUT accepts a feature that does not exist:\n${text}")
endif()

foreach(way option target after sockets)
    build(consumer-lwip-${way} ${SOURCE}/tests/external/lwip -DWAY=${way} -DMIDGE_SOURCE=${SOURCE}
        -DLWIP=${LWIP} -DMIDGE_DEPS_DIR=${BUILD}/deps)
    run(${BUILD}/consumer-lwip-${way}/consumer-lwip)
endforeach()
unset(ENV{PKG_CONFIG_LIBDIR})

# refused(SENTENCE DEFINITIONS…): with these beside the minimal lwipopts.h the compiler says SENTENCE,
# and of no other option.
function(refused sentence)
    execute_process(COMMAND ${COMPILER} -std=gnu11 -fsyntax-only ${ARGN}
        -isystem ${SOURCE}/tests/external/lwip -isystem ${SOURCE}/port/lwip_raw
        -isystem ${LWIP}/src/include
        -I${SOURCE}/include ${SOURCE}/port/lwip_raw/socket.c
        RESULT_VARIABLE failed OUTPUT_VARIABLE out ERROR_VARIABLE out)
    string(REPLACE ";" "," out "${out}")
    string(REGEX MATCHALL "error: [^\n]*(lwipopts.h|LWIP_HOOK_FILENAME): [^\n]*" said "${out}")
    list(LENGTH said n)
    if(sentence STREQUAL "" AND NOT failed)
        return()
    endif()
    string(FIND "${said}" "${sentence}" at)
    if(sentence STREQUAL "" OR NOT failed OR NOT n EQUAL 1 OR at LESS 0)
        message(FATAL_ERROR "lwipopts.h with ${ARGN}: not one sentence '${sentence}':\n${out}")
    endif()
endfunction()

if(NOT COMPILER)
    set(COMPILER cc)
endif()
message(STATUS "options of lwIP that are missing")
set(socks -DMIDGE_LWIP_SOCKS=3)
refused("" ${socks})
refused("define MIDGE_LWIP_SOCKS")
refused("set NO_SYS 1" ${socks} -DNO_SYS=0)
refused("set LWIP_TIMERS 1" ${socks} -DLWIP_TIMERS=0)
refused("set LWIP_TCP 1" ${socks} -DLWIP_TCP=0)
refused("set LWIP_CALLBACK_API 1" ${socks} -DLWIP_CALLBACK_API=0 -DLWIP_EVENT_API=1)
refused("set LWIP_WND_SCALE 0" ${socks} -DLWIP_WND_SCALE=1 -DTCP_RCV_SCALE=1)
refused("set LWIP_UDP 1" ${socks} -DLWIP_UDP=0)
refused("set LWIP_DNS 1" ${socks} -DLWIP_DNS=0)
refused("all three flags of LWIP_DNS_SECURE" ${socks} -DLWIP_DNS_SECURE=3)
refused("DNS_MAX_REQUESTS above DNS_TABLE_SIZE" ${socks} -DDNS_MAX_REQUESTS=5)
refused("include lwip_hooks.h" ${socks} "-DLWIP_HOOK_FILENAME=<lwip/arch.h>")
refused("set ARP_QUEUEING 1" ${socks} -DARP_QUEUEING=0)
refused("set ARP_QUEUE_LEN to" ${socks} -DARP_QUEUE_LEN=2)
refused("set MEMP_NUM_ARP_QUEUE to" ${socks} -DMEMP_NUM_ARP_QUEUE=2)
refused("MIDGE_LWIP_SOCKS must be 1 to 255" -DMIDGE_LWIP_SOCKS=0)
refused("the pbuf pool must hold the windows" -DMIDGE_LWIP_SOCKS=4)
refused("PBUF_POOL_BUFSIZE must hold" ${socks} -DPBUF_POOL_BUFSIZE=512)
refused("MIDGE_LWIP_RESERVE_PBUFS must be 1" ${socks} -DMIDGE_LWIP_RESERVE_PBUFS=0)
refused("MEM_SIZE, the heap" ${socks} -DMEM_SIZE=1024)
refused("MEMP_NUM_TCP_PCB must be larger" ${socks} -DMEMP_NUM_TCP_PCB=3)
refused("MEM_ALIGNMENT must be" ${socks} -DMEM_ALIGNMENT=1)
# The same limits with an lwIP that has room.
refused("" -DMIDGE_LWIP_SOCKS=4 -DPBUF_POOL_SIZE=18)

execute_process(COMMAND /usr/bin/python3 -B ${SOURCE}/tests/external/fetch.py ${BUILD}/server
    ${consumers} RESULT_VARIABLE failed)
if(failed)
    message(FATAL_ERROR "a consumer failed")
endif()
