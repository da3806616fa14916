/* SPDX-License-Identifier: MIT */
/*
 * WIZnet's W5500-EVB-Pico for pico-sdk (PICO_BOARD=w5500_evb_pico). Lines of the preprocessor only:
 * pico-sdk reads it from assembler and CMake too.
 */
#ifndef BOARDS_W5500_EVB_PICO_H
#define BOARDS_W5500_EVB_PICO_H

/* clang-format off */
pico_board_cmake_set(PICO_PLATFORM, rp2040)
pico_board_cmake_set_default(PICO_FLASH_SIZE_BYTES, (2 * 1024 * 1024))

#include "w5500_evb.h"

#define W5500_EVB_PICO
#define W5500_BOARD_NAME "w5500-evb-pico"
#ifndef PICO_FLASH_SIZE_BYTES
#define PICO_FLASH_SIZE_BYTES (2 * 1024 * 1024)
#endif

#define PICO_RP2040_B0_SUPPORTED 0
#define PICO_RP2040_B1_SUPPORTED 0

#endif
