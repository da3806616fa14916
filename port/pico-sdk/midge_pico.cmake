# SPDX-License-Identifier: MIT
# midge in a project of pico-sdk 2. After pico_sdk_init():
#
#   include(midge/port/pico-sdk/midge_pico.cmake)
#   target_link_libraries(firmware midge_pico pico_stdlib)
#
# makes the INTERFACE library midge_pico: midge, the port on lwIP's raw API, and the clocks, entropy
# and files of include/midge/port_pico.h. Set before, if the default is not right:
#
#   MIDGE_PICO_LWIP         target with lwIP and your lwipopts.h in its interface. Default: pico_lwip,
#                           where pico-sdk has its lwIP submodule; else midge builds lwIP
#   MIDGE_LWIP_OPTIONS_DIR  folder of lwipopts.h for the latter; default port/lwip_raw's, which reads
#                           a lwip_board.h of MIDGE_PICO_BOARD_DIR
#   MIDGE_PICO_BOARD_DIR    folder with that lwip_board.h, sizes of lwIP; default: none
#   MIDGE_PROFILE           full, small or tiny; default small on the RP2040, full on the RP2350
#   MIDGE_WITHOUT, MIDGE_WITH, MIDGE_PSK, MIDGE_CONFIG_FILE, MIDGE_DEPS_DIR   as everywhere
#   MIDGE_TLS, MIDGE_TLS_TARGET   external, pico_mbedtls: mbedTLS of pico-sdk, with your configuration
include_guard(GLOBAL)
if(NOT COMMAND pico_sdk_init OR NOT TARGET hardware_flash)
    message(FATAL_ERROR "midge: include midge_pico.cmake after pico_sdk_init()")
endif()
set(MIDGE_PICO_DIR ${CMAKE_CURRENT_LIST_DIR})
get_filename_component(MIDGE_PICO_ROOT ${CMAKE_CURRENT_LIST_DIR}/../.. ABSOLUTE)

if(NOT DEFINED MIDGE_PROFILE)
    set(MIDGE_PROFILE small)
    if(PICO_PLATFORM MATCHES "rp2350")
        set(MIDGE_PROFILE full)
    endif()
    set(MIDGE_PROFILE ${MIDGE_PROFILE} CACHE STRING "TLS profile: full, small or tiny")
endif()

# The library as on each bare machine. pico-sdk calls its system PICO, for which others would compile
# position-independent code. A function, so that the project around keeps its own.
function(midge_pico_library)
    set(CMAKE_SYSTEM_NAME Generic)
    set(CMAKE_SYSTEM_PROCESSOR arm)
    set(MIDGE_PORT none)
    add_subdirectory(${MIDGE_PICO_ROOT} ${CMAKE_BINARY_DIR}/midge EXCLUDE_FROM_ALL)
endfunction()
midge_pico_library()

include(${MIDGE_PICO_ROOT}/port/lwip.cmake)
function(midge_pico_lwip)
    set(CMAKE_SYSTEM_NAME Generic)
    set(options ${MIDGE_LWIP_OPTIONS_DIR})
    if(NOT options)
        set(options ${MIDGE_PICO_ROOT}/port/lwip_raw)
    endif()
    midge_lwip(midge-lwip ${options})
    if(MIDGE_PICO_BOARD_DIR)
        target_include_directories(midge-lwip BEFORE PUBLIC ${MIDGE_PICO_BOARD_DIR})
    endif()
    string(TOUPPER ${MIDGE_PROFILE} name)
    target_compile_definitions(midge-lwip PUBLIC MIDGE_PROFILE_${name}=1)
endfunction()
if(NOT MIDGE_PICO_LWIP AND TARGET pico_lwip)
    set(MIDGE_PICO_LWIP pico_lwip)
elseif(NOT MIDGE_PICO_LWIP)
    midge_pico_lwip()
    set(MIDGE_PICO_LWIP midge-lwip)
endif()

# Sources and not an archive: pico-sdk's own libraries are sources too, which each program compiles
# once with its own settings.
file(GLOB _raw CONFIGURE_DEPENDS ${MIDGE_PICO_ROOT}/port/lwip_raw/*.c ${MIDGE_PICO_ROOT}/port/resolver/*.c)
file(GLOB _own CONFIGURE_DEPENDS ${MIDGE_PICO_DIR}/*.c)
list(REMOVE_ITEM _own ${MIDGE_PICO_DIR}/pico_w.c) # that is midge_pico_w
midge_features_left_out(_left_out)
add_library(midge_pico INTERFACE)
target_sources(midge_pico INTERFACE ${_raw} ${_own})
target_include_directories(midge_pico INTERFACE ${MIDGE_PICO_DIR}/include)
target_compile_definitions(midge_pico INTERFACE ${_left_out})
target_link_libraries(midge_pico INTERFACE midge::midge ${MIDGE_PICO_LWIP} pico_time pico_flash
    hardware_flash hardware_timer)

# With cyw43_arch, which brings lwIP itself: link pico_cyw43_arch_lwip_poll or
# pico_cyw43_arch_lwip_threadsafe_background beside it. A lwipopts.h or lwip_board.h of the program
# comes before this one.
add_library(midge_pico_w INTERFACE)
target_sources(midge_pico_w INTERFACE ${MIDGE_PICO_DIR}/pico_w.c)
target_include_directories(midge_pico_w INTERFACE ${MIDGE_PICO_DIR}/wireless)
target_link_libraries(midge_pico_w INTERFACE midge_pico)
