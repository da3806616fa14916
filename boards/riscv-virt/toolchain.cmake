# SPDX-License-Identifier: MIT
set(MIDGE_CPU_FLAGS "-march=rv32imac -misa-spec=2.2 -mabi=ilp32 -mcmodel=medany")
include(${CMAKE_CURRENT_LIST_DIR}/../common/cpu/riscv-none-elf.cmake)
