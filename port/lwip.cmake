# SPDX-License-Identifier: MIT
# lwIP 2.2 and midge's ports on it, for any toolchain. For midge's own CMake and for projects around
# it, which include this file before or after add_subdirectory(midge).
#
#   midge_lwip(TARGET OPTIONS_DIR [IPV6])
#
# makes the static library TARGET, lwIP under OPTIONS_DIR/lwipopts.h, from the sources in
# MIDGE_LWIP_DIR; if that is not set, lwIP is searched for like all dependencies. Parts that the
# options turn off compile to nothing. IPV6 defines LWIP_IPV6=1. arch/cc.h is OPTIONS_DIR's own or
# that of port/lwip_raw; with NO_SYS 0 arch/sys_arch.h is needed too. Targets that link TARGET get the
# same headers, as system headers. The caller adds a board's folder with its lwip_board.h, or another
# arch/:
#
#   target_include_directories(TARGET BEFORE PUBLIC folder)
#
#   midge_lwip_port(TARGET raw|sockets LWIP)
#
# makes the static library TARGET, port/lwip_raw or port/lwip_sockets on the target LWIP: one that
# midge_lwip made, or the project's own, with lwIP's headers and lwipopts.h in its interface.
include_guard()
include(${CMAKE_CURRENT_LIST_DIR}/deps.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/features.cmake)

function(midge_lwip target options_dir)
    cmake_parse_arguments(ARG "IPV6" "" "" ${ARGN})
    if(NOT MIDGE_LWIP_DIR)
        midge_deps_find(lwip MIDGE_LWIP_DIR)
    endif()
    get_filename_component(options_dir ${options_dir} ABSOLUTE)
    foreach(needed ${MIDGE_LWIP_DIR}/src/include/lwip/init.h ${options_dir}/lwipopts.h)
        if(NOT EXISTS ${needed})
            message(FATAL_ERROR "midge: midge_lwip(${target}) needs ${needed}, which is not there")
        endif()
    endforeach()
    file(STRINGS ${MIDGE_LWIP_DIR}/src/include/lwip/init.h version
        REGEX "define LWIP_VERSION_(MAJOR|MINOR) ")
    if(NOT version MATCHES "MAJOR +2;.*MINOR +2$")
        message(FATAL_ERROR "midge: lwIP 2.2 is needed, ${MIDGE_LWIP_DIR} is another")
    endif()

    set(source ${MIDGE_LWIP_DIR}/src)
    file(GLOB sources ${source}/core/*.c ${source}/core/ipv4/*.c ${source}/core/ipv6/*.c
        ${source}/api/*.c)
    add_library(${target} STATIC ${sources} ${source}/netif/ethernet.c)
    # SYSTEM: midge's warnings do not apply to them.
    target_include_directories(${target} SYSTEM PUBLIC
        ${options_dir} ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/lwip_raw ${source}/include)
    target_compile_options(${target} PRIVATE -w -ffunction-sections -fdata-sections)
    target_compile_definitions(${target} PUBLIC $<$<BOOL:${ARG_IPV6}>:LWIP_IPV6=1>)
    set_target_properties(${target} PROPERTIES C_STANDARD 11 C_EXTENSIONS ON)
    if(NOT CMAKE_SYSTEM_NAME STREQUAL Generic)
        set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON)
    endif()
endfunction()

function(midge_lwip_port target port lwip)
    set(folder ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/lwip_${port})
    get_filename_component(include ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/../include ABSOLUTE)
    if(NOT port MATCHES "^(raw|sockets)$")
        message(FATAL_ERROR "midge: midge_lwip_port(${target} ${port}): raw or sockets is needed")
    endif()
    file(GLOB sources CONFIGURE_DEPENDS ${folder}/*.c
        ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/resolver/*.c)
    add_library(${target} STATIC ${sources})
    midge_features_left_out(left_out)
    target_compile_definitions(${target} PRIVATE ${left_out})
    target_compile_options(${target} PRIVATE ${MIDGE_WARNINGS} -Wconversion
        -ffunction-sections -fdata-sections)
    target_include_directories(${target} PUBLIC ${include})
    target_link_libraries(${target} PUBLIC ${lwip})
    set_target_properties(${target} PROPERTIES C_STANDARD 11 C_EXTENSIONS ON)
    if(NOT CMAKE_SYSTEM_NAME STREQUAL Generic)
        set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON)
    endif()
endfunction()
