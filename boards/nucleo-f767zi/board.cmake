# SPDX-License-Identifier: MIT
# ST's NUCLEO-F767ZI; boards.cmake describes the variables. QEMU has no model of it: there are only
# the images for hardware.
set(_here ${CMAKE_CURRENT_LIST_DIR})
set(BOARD_SOURCES ${_here}/board.c ${_here}/cache.c ${_here}/clock.c ${_here}/pins.c ${_here}/trng.c
    ${_common}/net/stm32_eth.c ${_common}/net/stm32_mac.c ${_common}/net/stm32_phy.c
    ${_common}/net/stm32_ring.c ${_common}/console/stm32_usart.c ${_common}/cpu/systick.c
    ${_common}/cpu/cortexm_start.c ${_common}/cpu/cortexm_libc.c ${_common}/cpu/fault.c
    ${_common}/services/words.c ${_common}/services/stored.c)
set(BOARD_LINKER_SCRIPT ${_here}/link.ld)
set(BOARD_STACK 16384)
set(BOARD_LINK_OPTIONS -L${_common}/cpu -Wl,--print-memory-usage
    -Wl,--defsym=BOARD_STACK_BYTES=${BOARD_STACK})
# The guard below the stack: 32 KB, as the identifier of the device is in the 1 MB of the usual one.
# The command line may be in the last sector of the flash (link.ld).
set(BOARD_DEFINITIONS CORTEXM_GUARD_LOG2=15 SERVICES_STORED=0x081C0000)
set(BOARD_PROFILES full)
set(BOARD_BLOCK 262144)
set(BOARD_OPENOCD board/st_nucleo_f7.cfg)
