/* SPDX-License-Identifier: MIT */
/*
 * The noise of the RP2350: its TRNG block (data sheet 12.12), which samples a ring of its own,
 * drops bits that agree with their neighbours (von Neumann) and tests itself: equal blocks, and
 * autocorrelation, after which it stops until a reset. All of its tests stay on here; entropy.h
 * adds its own and hashes two bits for each one that is needed.
 */
#include <pico.h>

#if PICO_RP2350

#include <hardware/regs/trng.h>
#include <hardware/structs/trng.h>
#include <hardware/timer.h>

#include "entropy.h"

#define SAMPLE_CYCLES 1000  /* between two samples of the ring: more than 6 us */
#define BLOCK_US      50000 /* for 192 bits, of which von Neumann leaves a quarter at best: 5 ms */
#define PATIENCE      10000 /* writes until a reset is over */
#define TRIES         8     /* blocks that the TRNG refuses by its own tests */
#define WORDS         6     /* of a block, 192 bits */

static uint32_t block[WORDS];
static unsigned left; /* words of block that were not given out */

/* The reset takes a while, in which registers do not keep their values. */
static bool restart(void)
{
    left = 0;
    trng_hw->trng_sw_reset = 1;
    for (unsigned tries = 0; trng_hw->sample_cnt1 != SAMPLE_CYCLES; tries++) {
        if (tries == PATIENCE) {
            return false;
        }
        trng_hw->sample_cnt1 = SAMPLE_CYCLES;
    }
    trng_hw->rng_imr = TRNG_RNG_IMR_BITS; /* no interrupts: polled */
    trng_hw->trng_debug_control = 0;      /* nothing is bypassed */
    trng_hw->trng_config = 0;
    trng_hw->rng_icr = TRNG_RNG_ICR_BITS;
    trng_hw->rnd_source_enable = 1;
    return true;
}

/* Waits for 192 bits. 0: none in time; else what the TRNG says of them. */
static uint32_t await_block(void)
{
    const uint32_t since = time_us_32();
    uint32_t state = 0;
    while (state == 0 && time_us_32() - since < BLOCK_US) {
        state = trng_hw->rng_isr;
    }
    return state;
}

static bool take_block(void)
{
    for (unsigned tries = 0; tries < TRIES; tries++) {
        const uint32_t state = await_block();
        if (state == TRNG_RNG_ISR_EHR_VALID_BITS) {
            for (unsigned i = 0; i < WORDS; i++) {
                block[i] = trng_hw->ehr_data[i]; /* reading the last one clears them */
            }
            trng_hw->rng_icr = TRNG_RNG_ICR_BITS;
            left = WORDS;
            return true;
        }
        if (!restart()) { /* drops bits beside which a test failed */
            return false;
        }
    }
    return false;
}

static bool word(uint32_t *samples)
{
    if (left == 0 && !take_block()) {
        return false;
    }
    *samples = block[--left];
    block[left] = 0;
    return true;
}

const struct entropy_source entropy_chip = {
    .start = restart, .word = word, .limits = NOISE_HALF, .words = 320 * 2 / 32};

#endif
