/* SPDX-License-Identifier: MIT */
/* The 16550 UART with byte-wide registers, polled. */
#ifndef MIDGE_BOARDS_NS16550_H
#define MIDGE_BOARDS_NS16550_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* 8N1; clock_hz is the UART's own clock. */
void ns16550_init(uintptr_t base, uint32_t clock_hz, uint32_t baud);

/* A character that the UART does not take within a bound is dropped. */
void ns16550_write(uintptr_t base, const char *text, size_t len);

/* False: no character has come. */
bool ns16550_read(uintptr_t base, char *c);

#endif
