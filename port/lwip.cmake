# SPDX-License-Identifier: MIT
# lwIP 2.2 from the sources in MIDGE_LWIP_DIR, for any toolchain: core, IPv4, Ethernet.
#
#   midge_lwip(TARGET OPTIONS_DIR [IPV6] [API])
#
# makes the static library TARGET under OPTIONS_DIR/lwipopts.h. IPV6 compiles IPv6 and defines
# LWIP_IPV6=1; API compiles the sockets and the tcpip thread, which need an operating system and its
# arch/sys_arch.h. arch/cc.h is OPTIONS_DIR's own or that of port/lwip_raw. Who links TARGET sees the
# same headers, as system headers. A board's folder with its lwip_board.h, or another arch/, is added
# by whoever calls:
#
#   target_include_directories(TARGET BEFORE PUBLIC folder)
include_guard(GLOBAL)

set(_midge_lwip_port ${CMAKE_CURRENT_LIST_DIR})

function(midge_lwip target options_dir)
    cmake_parse_arguments(ARG "IPV6;API" "" "" ${ARGN})
    if(NOT EXISTS ${MIDGE_LWIP_DIR}/src/include/lwip/init.h)
        message(FATAL_ERROR "midge: no lwIP in '${MIDGE_LWIP_DIR}': configure with -DMIDGE_LWIP=ON")
    endif()
    file(STRINGS ${MIDGE_LWIP_DIR}/src/include/lwip/init.h version
        REGEX "define LWIP_VERSION_(MAJOR|MINOR) ")
    if(NOT version MATCHES "MAJOR +2;.*MINOR +2$")
        message(FATAL_ERROR "midge: lwIP 2.2 is needed, ${MIDGE_LWIP_DIR} is another")
    endif()

    set(source ${MIDGE_LWIP_DIR}/src)
    file(GLOB sources ${source}/core/*.c ${source}/core/ipv4/*.c)
    list(APPEND sources ${source}/netif/ethernet.c)
    if(ARG_IPV6)
        file(GLOB ipv6 ${source}/core/ipv6/*.c)
        list(APPEND sources ${ipv6})
    endif()
    if(ARG_API)
        file(GLOB api ${source}/api/*.c)
        list(APPEND sources ${api})
    endif()

    add_library(${target} STATIC ${sources})
    # SYSTEM: they are not held to our warnings. What the options leave out compiles to nothing.
    target_include_directories(${target} SYSTEM PUBLIC
        ${options_dir} ${_midge_lwip_port}/lwip_raw ${source}/include)
    target_compile_options(${target} PRIVATE -w -ffunction-sections -fdata-sections)
    target_compile_definitions(${target} PUBLIC $<$<BOOL:${ARG_IPV6}>:LWIP_IPV6=1>)
    set_target_properties(${target} PROPERTIES C_STANDARD 11 C_EXTENSIONS ON
        POSITION_INDEPENDENT_CODE ${MIDGE_PIC})
endfunction()
