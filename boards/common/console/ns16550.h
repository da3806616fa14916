/* SPDX-License-Identifier: MIT */
/* The 16550 UART with byte-wide registers, output only, polled. */
#ifndef MIDGE_BOARDS_NS16550_H
#define MIDGE_BOARDS_NS16550_H

#include <stddef.h>
#include <stdint.h>

/* 8N1; clock_hz is the UART's own clock. */
void ns16550_init(uintptr_t base, uint32_t clock_hz, uint32_t baud);

/* A character that the UART does not take within a bound is dropped. */
void ns16550_write(uintptr_t base, const char *text, size_t len);

#endif
