# SPDX-License-Identifier: MIT
set(MIDGE_CPU_FLAGS "-mcpu=cortex-m3")
include(${CMAKE_CURRENT_LIST_DIR}/../common/cpu/arm-none-eabi.cmake)
