# SPDX-License-Identifier: MIT
include(${CMAKE_CURRENT_LIST_DIR}/machines.cmake)
set(MIDGE_CPU_FLAGS "-mcpu=${MACHINE_CPU}")
include(${CMAKE_CURRENT_LIST_DIR}/../common/cpu/arm-none-eabi.cmake)
