# SPDX-License-Identifier: MIT
# QEMU's virt machine as rv32imac; boards.cmake describes the variables.
set(_here ${CMAKE_CURRENT_LIST_DIR})
set(BOARD_SOURCES ${_here}/board.c ${_common}/console/ns16550.c ${_common}/net/virtio_net.c
    ${_common}/cpu/riscv_timer.c ${_common}/cpu/riscv_fault.c ${_common}/cpu/riscv_start.S
    ${_common}/cpu/riscv_libc.c ${_common}/cpu/fault.c ${_common}/services/words.c)
set(BOARD_LINKER_SCRIPT ${_here}/link.ld)
set(BOARD_STACK 65536)
set(BOARD_LINK_OPTIONS -Wl,--defsym=BOARD_STACK_BYTES=${BOARD_STACK})
set(BOARD_DEFINITIONS "")
set(BOARD_PROFILES full small tiny)
set(BOARD_BLOCK 1048576)
set(BOARD_QEMU qemu-system-riscv32 -M virt -bios none -display none -monitor none -serial stdio
    -netdev user,id=n0,net=192.0.2.0/24,host=192.0.2.2,dns=192.0.2.3
    -device virtio-net-device,netdev=n0)
