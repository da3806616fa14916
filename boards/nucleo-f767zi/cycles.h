/* SPDX-License-Identifier: MIT */
/* The core's counter of cycles (DWT_CYCCNT), for measurements: it wraps every 19.9 s at 216 MHz. */
#ifndef MIDGE_F767_CYCLES_H
#define MIDGE_F767_CYCLES_H

#include "stm32f767.h"

#define DEMCR_TRCENA  (1u << 24)
#define DWT_UNLOCK    0xC5ACCE55u
#define DWT_CYCCNTENA (1u << 0)

/* Without a debugger the registers of the Cortex-M7's DWT refuse writes until they are unlocked. */
static inline void cycles_start(void)
{
    DEMCR |= DEMCR_TRCENA;
    DWT_LAR = DWT_UNLOCK;
    DWT_CYCCNT = 0;
    DWT_CTRL |= DWT_CYCCNTENA;
}

static inline uint32_t cycles_now(void)
{
    return DWT_CYCCNT;
}

#endif
