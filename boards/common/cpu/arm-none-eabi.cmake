# SPDX-License-Identifier: MIT
# Bare-metal Arm with gcc-arm-none-eabi and newlib. A board's toolchain.cmake includes this after
# setting MIDGE_CPU_FLAGS (-mcpu=…).
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR arm)

set(CMAKE_C_COMPILER arm-none-eabi-gcc)
set(CMAKE_ASM_COMPILER arm-none-eabi-gcc)
set(CMAKE_AR arm-none-eabi-gcc-ar)
set(CMAKE_RANLIB arm-none-eabi-gcc-ranlib)
set(CMAKE_OBJCOPY arm-none-eabi-objcopy)
set(CMAKE_SIZE arm-none-eabi-size)

# Doubles are software's on all of these cores but one; without FPU registers an interrupt is short.
set(CMAKE_C_FLAGS_INIT
    "${MIDGE_CPU_FLAGS} -mthumb -mfloat-abi=soft -specs=nano.specs -Os -g -fno-common")
set(CMAKE_ASM_FLAGS_INIT "${MIDGE_CPU_FLAGS} -mthumb")
set(CMAKE_EXE_LINKER_FLAGS_INIT "-nostartfiles -specs=nosys.specs")
# No program links without a board's linker script.
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
set(CMAKE_TRY_COMPILE_PLATFORM_VARIABLES MIDGE_BOARD)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
