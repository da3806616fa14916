/* SPDX-License-Identifier: MIT */
/* For tests on the desktop: the registers of the RP2350's TRNG that trng.c uses. trng_hw is a call,
   so that a model can act between two accesses. */
#ifndef DESKTOP_TRNG_H
#define DESKTOP_TRNG_H

#include <stdint.h>

struct desktop_trng {
    uint32_t rng_imr, rng_isr, rng_icr, trng_config, rnd_source_enable, sample_cnt1;
    uint32_t trng_debug_control, trng_sw_reset, ehr_data[6];
};
struct desktop_trng *desktop_trng_access(void);
#define trng_hw desktop_trng_access()

#endif
