/* SPDX-License-Identifier: MIT */
/* For tests on the desktop: bits of the RP2350's TRNG (data sheet 12.12). */
#ifndef DESKTOP_REGS_TRNG_H
#define DESKTOP_REGS_TRNG_H

#define TRNG_RNG_IMR_BITS           0xffffffffu
#define TRNG_RNG_ICR_BITS           0xffffffffu
#define TRNG_RNG_ISR_EHR_VALID_BITS 0x00000001u

#endif
