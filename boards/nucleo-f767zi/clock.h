/* SPDX-License-Identifier: MIT */
#ifndef MIDGE_F767_CLOCK_H
#define MIDGE_F767_CLOCK_H

#include <stdint.h>

enum clock_source {
    CLOCK_HSE, /* 216 MHz from the 8 MHz of the ST-LINK */
    CLOCK_HSI, /* 216 MHz from the internal oscillator: that of the ST-LINK is not there */
    CLOCK_SLOW /* 16 MHz, the internal oscillator alone: the PLL or the supply does not follow */
};

struct clock {
    enum clock_source source;
    uint32_t core_hz; /* also of the AHB */
    uint32_t apb1_hz;
};

/* Starts the clocks, once, after a reset. All waits are bounded, some 100 ms together at most. */
struct clock clock_start(void);

#endif
