/* SPDX-License-Identifier: MIT */
/* The pins of both W5500-EVB boards. Lines of the preprocessor only, as w5500_evb_pico.h. */
#ifndef BOARDS_W5500_EVB_H
#define BOARDS_W5500_EVB_H

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

#endif
