/* SPDX-License-Identifier: MIT */
/*
 * WIZnet's W5500-EVB-Pico2 for pico-sdk (PICO_BOARD=w5500_evb_pico2). Lines of the preprocessor
 * only: pico-sdk reads it from assembler and CMake too.
 */
#ifndef BOARDS_W5500_EVB_PICO2_H
#define BOARDS_W5500_EVB_PICO2_H

/* clang-format off */
pico_board_cmake_set(PICO_PLATFORM, rp2350)
pico_board_cmake_set_default(PICO_FLASH_SIZE_BYTES, (2 * 1024 * 1024))

#include "w5500_evb.h"

#define W5500_EVB_PICO2
#define W5500_BOARD_NAME "w5500-evb-pico2"
#ifndef PICO_FLASH_SIZE_BYTES
#define PICO_FLASH_SIZE_BYTES (2 * 1024 * 1024)
#endif

#define PICO_RP2350A 1
#ifndef PICO_RP2350_A2_SUPPORTED
#define PICO_RP2350_A2_SUPPORTED 1
#endif

#endif
