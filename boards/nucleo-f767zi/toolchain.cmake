# SPDX-License-Identifier: MIT
# As mps2-an500's core, so that both share what a compiler cache has.
set(MIDGE_CPU_FLAGS "-mcpu=cortex-m7+nofp")
include(${CMAKE_CURRENT_LIST_DIR}/../common/cpu/arm-none-eabi.cmake)
