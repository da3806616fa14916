/* SPDX-License-Identifier: MIT */
/*
 * WIZnet's W5500-EVB-Pico2: pins and flash, for pico-sdk (PICO_BOARD=w5500_evb_pico2). Lines of the
 * preprocessor only: pico-sdk reads it from assembler and CMake too.
 */
#ifndef BOARDS_W5500_EVB_PICO2_H
#define BOARDS_W5500_EVB_PICO2_H

/* pico-sdk's CMake reads some of these lines, so they stay as they are. */
/* clang-format off */
pico_board_cmake_set(PICO_PLATFORM, rp2350)

#define W5500_EVB_PICO2
#define W5500_BOARD_NAME "w5500-evb-pico2"

/* The W5500. */
#define W5500_SPI      0
#define W5500_MISO_PIN 16
#define W5500_CS_PIN   17
#define W5500_SCK_PIN  18
#define W5500_MOSI_PIN 19
#define W5500_RST_PIN  20
#define W5500_INT_PIN  21

#define PICO_DEFAULT_LED_PIN     25
#define PICO_DEFAULT_UART        0
#define PICO_DEFAULT_UART_TX_PIN 0
#define PICO_DEFAULT_UART_RX_PIN 1

#define PICO_BOOT_STAGE2_CHOOSE_W25Q080 1
#ifndef PICO_FLASH_SPI_CLKDIV
#define PICO_FLASH_SPI_CLKDIV 2
#endif
pico_board_cmake_set_default(PICO_FLASH_SIZE_BYTES, (2 * 1024 * 1024))
#ifndef PICO_FLASH_SIZE_BYTES
#define PICO_FLASH_SIZE_BYTES (2 * 1024 * 1024)
#endif

#define PICO_RP2350A 1
#ifndef PICO_RP2350_A2_SUPPORTED
#define PICO_RP2350_A2_SUPPORTED 1
#endif

#endif
