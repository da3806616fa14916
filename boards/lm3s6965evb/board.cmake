# SPDX-License-Identifier: MIT
# The Stellaris LM3S6965 evaluation board; boards.cmake describes the variables.
#
#   cmake --build build/lm3s6965evb --target provision     once for each device: its seed
#   cmake --build build/lm3s6965evb --target flash         the program; the seed stays
set(_here ${CMAKE_CURRENT_LIST_DIR})
set(BOARD_SOURCES ${_here}/board.c ${_here}/clock.c ${_here}/flash.c ${_here}/seed.c
    ${_common}/net/stellaris_eth.c ${_common}/console/pl011.c ${_common}/cpu/systick.c
    ${_common}/cpu/cortexm_start.c ${_common}/cpu/cortexm_libc.c ${_common}/cpu/fault.c
    ${_common}/services/words.c)
set(BOARD_LINKER_SCRIPT ${_here}/link.ld)
set(BOARD_STACK 5120)
set(BOARD_LINK_OPTIONS -L${_common}/cpu -Wl,--print-memory-usage
    -Wl,--defsym=BOARD_STACK_BYTES=${BOARD_STACK})
set(BOARD_DEFINITIONS SEMIHOST_LINE_BYTES=768 SEMIHOST_FILES=3 SEMIHOST_PATH_BYTES=96)
# One root: an EC one with tiny, as PEM; an RSA one takes twice that.
set(BOARD_DEFINITIONS_tiny BOARD_CA_BYTES=704)
set(BOARD_DEFINITIONS_small BOARD_CA_BYTES=1536)
set(BOARD_CONFIG_tiny MIDGE_MAX_CONNECTIONS=10) # as MIDGE_LWIP_SOCKS of lwip_board.h
set(BOARD_PROFILES tiny small)
set(BOARD_BLOCK 43520)
set(BOARD_BLOCK_small 45824)
# With HTTP/2, for as many requests as possible: 32 heads of 200 bytes, as servers behind a proxy have.
set(BOARD_HTTP2_BLOCK_small 50688)
set(BOARD_HTTP2_CONFIG MIDGE_HTTP2_RECORD=10240)
set(BOARD_QEMU qemu-system-arm -M lm3s6965evb -display none -monitor none -serial stdio
    -nic user,net=192.0.2.0/24,host=192.0.2.2,dns=192.0.2.3)
set(BOARD_OPENOCD board/ek-lm3s6965.cfg)

if(CMAKE_CROSSCOMPILING)
    add_custom_target(provision VERBATIM USES_TERMINAL
        COMMAND ${_here}/provision.py --flash ${BOARD_OPENOCD}
        COMMENT "A new seed into the flash of the device")
endif()
