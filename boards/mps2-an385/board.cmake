# SPDX-License-Identifier: MIT
# The MPS2 and MPS3 machines; boards.cmake describes the variables.
include(${CMAKE_CURRENT_LIST_DIR}/machines.cmake)
set(_here ${CMAKE_CURRENT_LIST_DIR})
set(BOARD_SOURCES ${_here}/board.c ${_common}/net/lan9118.c ${_common}/console/cmsdk_uart.c
    ${_common}/cpu/systick.c ${_common}/cpu/cortexm_start.c ${_common}/cpu/cortexm_libc.c
    ${_common}/cpu/fault.c ${_common}/services/words.c)
set(BOARD_LINKER_SCRIPT ${_here}/link.ld)
set(BOARD_STACK 16384)
set(BOARD_LINK_OPTIONS -L${_common}/cpu -Wl,--print-memory-usage
    -Wl,--defsym=BOARD_FLASH=${MACHINE_FLASH} -Wl,--defsym=BOARD_FLASH_BYTES=${MACHINE_FLASH_SIZE}
    -Wl,--defsym=BOARD_RAM=${MACHINE_RAM} -Wl,--defsym=BOARD_RAM_BYTES=${MACHINE_RAM_SIZE}
    -Wl,--defsym=BOARD_STACK_BYTES=${BOARD_STACK})
set(BOARD_DEFINITIONS MACHINE_NAME="${MIDGE_BOARD}" MACHINE_UART=${MACHINE_UART}
    MACHINE_ETHERNET=${MACHINE_ETHERNET} MACHINE_HZ=${MACHINE_HZ})
set(BOARD_PROFILES full small tiny)
set(BOARD_BLOCK 1048576)
set(BOARD_QEMU qemu-system-arm -M ${MIDGE_BOARD} -display none -monitor none -serial stdio
    -nic user,net=192.0.2.0/24,host=192.0.2.2,dns=192.0.2.3)
