/* SPDX-License-Identifier: MIT */
/* For tests on the desktop: the ring oscillator of the RP2040 (data sheet 2.17). */
#ifndef DESKTOP_ROSC_H
#define DESKTOP_ROSC_H

#include <stdint.h>

#define ROSC_STATUS_ENABLED_BITS 0x00001000u
#define ROSC_RANDOMBIT_BITS      0x00000001u

struct desktop_rosc {
    uint32_t status, randombit;
};
struct desktop_rosc *desktop_rosc_access(void);
#define rosc_hw desktop_rosc_access()

#endif
