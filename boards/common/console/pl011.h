/* SPDX-License-Identifier: MIT */
/* Arm's PL011 UART, polled. */
#ifndef MIDGE_BOARDS_PL011_H
#define MIDGE_BOARDS_PL011_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* 8N1 with FIFO; clock_hz is the UART's own clock. The board sets its pins and clock gate. */
void pl011_init(uintptr_t base, uint32_t clock_hz, uint32_t baud);

/* A character that the UART does not take within a bound is dropped. */
void pl011_write(uintptr_t base, const char *text, size_t len);

/* False: no character has come. */
bool pl011_read(uintptr_t base, char *c);

#endif
