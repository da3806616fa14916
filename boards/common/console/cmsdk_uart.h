/* SPDX-License-Identifier: MIT */
/* The UART of Arm's Cortex-M System Design Kit (DDI 0479, 4.3), polled. */
#ifndef MIDGE_BOARDS_CMSDK_UART_H
#define MIDGE_BOARDS_CMSDK_UART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* hz: the clock of its bus. 8 bits, no parity, one stop bit: the UART has no other formats. */
void cmsdk_uart_init(uintptr_t base, uint32_t hz, uint32_t baud);

/* Waits for each byte. A byte that the UART does not take within some 100 ms is dropped. */
void cmsdk_uart_write(uintptr_t base, const char *text, size_t len);

/* False: no character has come. */
bool cmsdk_uart_read(uintptr_t base, char *c);

#endif
