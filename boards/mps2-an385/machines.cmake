# SPDX-License-Identifier: MIT
# The family: Arm's MPS2 and MPS3 boards with their FPGA images. One row a machine, MIDGE_BOARD
# selects it; toolchain.cmake and board.cmake read it, board.c and link.ld get it as definitions.
#
#   flash: where the vectors are after reset; it is RAM that the board's controller fills.
#   Ethernet: the LAN9118's (LAN9220's) base. Hz: the core's clock, SysTick's and the UART's.
#   +nodsp: the image's core has no DSP instructions; +nofp: no code for an FPU is made.
#   an524: RAM is the DDR4, as of the 128 KB inside lwIP's roomy sizes leave too little.
#   an547: gcc 12.2 makes a wrong inet_chksum of lwIP's at -mcpu=cortex-m55 -Os (its low-overhead
#   loops); the M55 runs code for the M33.

#   machine     core                    flash, size      RAM, size        UART       Ethernet   Hz
set(_machines
    mps2-an385  cortex-m3               0x00000000 4096K 0x20000000 4096K 0x40004000 0x40200000 25000000
    mps2-an386  cortex-m4+nofp          0x00000000 4096K 0x20000000 4096K 0x40004000 0x40200000 25000000
    mps2-an500  cortex-m7+nofp          0x00000000 4096K 0x20000000 4096K 0x40004000 0xa0000000 25000000
    mps2-an505  cortex-m33+nofp         0x10000000 4096K 0x38000000 4096K 0x50200000 0x52000000 20000000
    mps2-an521  cortex-m33+nodsp        0x10000000 4096K 0x38000000 4096K 0x50200000 0x52000000 20000000
    mps3-an524  cortex-m33+nodsp        0x10000000  512K 0x70000000   16M 0x51303000 0x51400000 32000000
    mps3-an547  cortex-m33+nofp         0x00000000  512K 0x31000000 2048K 0x59303000 0x51400000 32000000)

list(FIND _machines "${MIDGE_BOARD}" _row)
if(_row LESS 0)
    message(FATAL_ERROR "midge: '${MIDGE_BOARD}' is not in boards/mps2-an385/machines.cmake")
endif()
foreach(_name CPU FLASH FLASH_SIZE RAM RAM_SIZE UART ETHERNET HZ)
    math(EXPR _row "${_row} + 1")
    list(GET _machines ${_row} MACHINE_${_name})
endforeach()
