# SPDX-License-Identifier: MIT
# The core of ESP32-C2 and C3; C6's has atomics beside that.
set(MIDGE_CPU_FLAGS "-march=rv32imc -mabi=ilp32")
include(${CMAKE_CURRENT_LIST_DIR}/../../../boards/common/cpu/riscv-none-elf.cmake)
