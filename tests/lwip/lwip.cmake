# SPDX-License-Identifier: MIT
# midge on lwIP on libslirp: the ports and programs that net/test_lwip.py runs. Included by
# tests/CMakeLists.txt when lwIP's sources are there (-DMIDGE_LWIP=ON).
#
#   lwip-sockets, lwip-raw     lwIP and the port, as a library
#   NAME-sockets, NAME-raw     a program on either: lwip_program(NAME PORT SOURCE...)
find_library(MIDGE_SLIRP slirp)
find_path(MIDGE_SLIRP_INCLUDE slirp/libslirp.h)
mark_as_advanced(MIDGE_SLIRP MIDGE_SLIRP_INCLUDE)
if(NOT MIDGE_SLIRP OR NOT MIDGE_SLIRP_INCLUDE)
    message(FATAL_ERROR "midge: MIDGE_LWIP=ON with MIDGE_TESTS=ON needs libslirp (libslirp-dev) for the tests of the lwIP ports")
endif()
find_package(Threads REQUIRED)
include(${PROJECT_SOURCE_DIR}/port/lwip.cmake)

set(LWIP_TESTS ${CMAKE_CURRENT_LIST_DIR})
set(LWIP_UNIX ${MIDGE_LWIP_DIR}/contrib/ports/unix/port)

# With threads: lwIP's port to POSIX. IPv4 and IPv6.
midge_lwip(lwip-sockets-core ${LWIP_TESTS}/sockets IPV6)
target_sources(lwip-sockets-core PRIVATE ${LWIP_UNIX}/sys_arch.c)
target_include_directories(lwip-sockets-core SYSTEM BEFORE PUBLIC ${LWIP_UNIX}/include)
target_link_libraries(lwip-sockets-core PUBLIC Threads::Threads)

midge_lwip(lwip-raw-core ${PROJECT_SOURCE_DIR}/port/lwip_raw IPV6)
target_include_directories(lwip-raw-core SYSTEM BEFORE PUBLIC ${LWIP_TESTS}/raw)

# The first as port/bsd needs it, with select and a loopback.
midge_lwip(lwip-bsd-core ${LWIP_TESTS}/sockets IPV6)
target_sources(lwip-bsd-core PRIVATE ${LWIP_UNIX}/sys_arch.c)
target_compile_definitions(lwip-bsd-core PUBLIC TEST_BSD=1)
target_include_directories(lwip-bsd-core SYSTEM BEFORE PUBLIC ${LWIP_UNIX}/include)
target_link_libraries(lwip-bsd-core PUBLIC Threads::Threads)

# lwip_machine(NAME PORT CORE)
function(lwip_machine name port core)
    midge_lwip_port(${name} ${port} lwip-${core}-core)
    target_sources(${name} PRIVATE ${LWIP_TESTS}/machine_${port}.c ${LWIP_TESTS}/slirp_netif.c)
    target_include_directories(${name} PUBLIC ${LWIP_TESTS})
    target_include_directories(${name} SYSTEM PRIVATE ${MIDGE_SLIRP_INCLUDE})
    target_link_libraries(${name} PUBLIC midge Threads::Threads ${MIDGE_SLIRP})
endfunction()

foreach(port sockets raw)
    lwip_machine(lwip-${port} ${port} ${port})
endforeach()
set(MIDGE_WITHOUT resolver) # with lwIP's
lwip_machine(lwip-sockets-lwip_dns sockets sockets)
unset(MIDGE_WITHOUT)
lwip_machine(lwip-bsd sockets bsd) # the machine only: the port attached is port/bsd

function(lwip_program name port)
    add_executable(${name}-${port} ${ARGN})
    set_target_properties(${name}-${port} PROPERTIES C_EXTENSIONS ON
        RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
    target_compile_options(${name}-${port} PRIVATE ${MIDGE_WARNINGS} -Wconversion)
    target_include_directories(${name}-${port} PRIVATE ${PROJECT_SOURCE_DIR}/boards)
    target_link_libraries(${name}-${port} PRIVATE lwip-${port})
endfunction()

foreach(port sockets raw)
    lwip_program(lwip_client ${port} ${LWIP_TESTS}/client.c)
endforeach()
# The examples of firmware.
set(examples ${PROJECT_SOURCE_DIR}/boards/examples)
lwip_program(lwip_rtos sockets ${LWIP_TESTS}/rtos_main.c ${examples}/rtos_thread.c)
add_library(example-sntp_lwip OBJECT ${examples}/sntp_lwip.c) # tests/boards/trust.c runs it
target_compile_options(example-sntp_lwip PRIVATE ${MIDGE_WARNINGS} -Wconversion)
target_link_libraries(example-sntp_lwip PRIVATE lwip-raw)
lwip_program(lwip_superloop raw ${LWIP_TESTS}/superloop_main.c ${examples}/superloop.c)

if(CMOCKA_FOUND)
    lwip_program(test_lwip sockets-lwip_dns ${LWIP_TESTS}/test_lwip_sockets.c)
    set_target_properties(test_lwip-sockets-lwip_dns PROPERTIES OUTPUT_NAME test_lwip-sockets)
    target_link_libraries(test_lwip-sockets-lwip_dns PRIVATE PkgConfig::CMOCKA)
    midge_test(net.test_lwip-sockets net 120 $<TARGET_FILE:test_lwip-sockets-lwip_dns>)
endif()
