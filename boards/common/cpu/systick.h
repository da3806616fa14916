/* SPDX-License-Identifier: MIT */
/* The core's own timer as the clock, with an interrupt each millisecond: hw_millis and hw_micros
   (hw.h), which may be called in interrupts. */
#ifndef MIDGE_BOARDS_SYSTICK_H
#define MIDGE_BOARDS_SYSTICK_H

#include <stdint.h>

/* hz: the core's clock, up to 16.7 GHz (24 bits a millisecond). Interrupts are on afterwards. */
void systick_init(uint32_t hz);

#endif
