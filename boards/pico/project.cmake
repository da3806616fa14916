# SPDX-License-Identifier: MIT
# What both projects of this folder do after pico_sdk_init(): the profile that fits the chip, the features
# of the boards' programs, midge_pico, and trusted roots in the image.
set(MIDGE_BOARD_CA "" CACHE FILEPATH "Trusted roots in the image, PEM or DER")
include(${MIDGE_ROOT}/boards/left_out.cmake)
set(_profile small)
if(PICO_RP2350)
    set(_profile full)
endif()
set(MIDGE_PROFILE ${_profile} CACHE STRING "TLS profile: full, small or tiny")
board_left_out(${MIDGE_PROFILE})
include(${MIDGE_ROOT}/port/pico-sdk/midge_pico.cmake)

# board_ca_source(TARGET): board_ca and board_ca_end, the roots in flash.
function(board_ca_source target)
    set(roots "")
    if(MIDGE_BOARD_CA)
        if(NOT EXISTS ${MIDGE_BOARD_CA})
            message(FATAL_ERROR "midge: MIDGE_BOARD_CA: there is no file ${MIDGE_BOARD_CA}")
        endif()
        set(roots "    .incbin \"${MIDGE_BOARD_CA}\"\n")
    endif()
    set(head ".section .rodata.board_ca,\"a\"\n.global board_ca\n.global board_ca_end\nboard_ca:\n")
    file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/board_ca.S CONTENT "${head}${roots}board_ca_end:\n.byte 0\n" @ONLY)
    set_source_files_properties(${CMAKE_BINARY_DIR}/board_ca.S PROPERTIES OBJECT_DEPENDS "${MIDGE_BOARD_CA}")
    target_sources(${target} PRIVATE ${CMAKE_BINARY_DIR}/board_ca.S)
endfunction()
