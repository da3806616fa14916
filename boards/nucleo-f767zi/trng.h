/* SPDX-License-Identifier: MIT */
/*
 * Random bytes from the random number generator of an STM32F7 (RM0410, chapter "True random number
 * generator"): its words are tested, and hashed down.
 *
 *     RNG_DR -> errors of the RNG, equal words -> tests by bytes -> SHA-256 of 20 words -> 32 bytes
 *
 * The assumption: a byte of RNG_DR has 4 bits of min-entropy at least, half of those that ST
 * claims. Then 20 words have 320 bits, 64 more than a block of output (SP 800-90C). The limits of
 * the tests (SP 800-90B 4.4) follow from it, for one false alarm in 2^20 samples of a source that
 * is no better; with the entropy that ST claims there is none in practice.
 */
#ifndef MIDGE_F767_TRNG_H
#define MIDGE_F767_TRNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TRNG_WORDS       20u  /* for a block of 32 bytes */
#define TRNG_START_WORDS 256u /* tested and not used: 1,024 samples (4.3, requirement 12) */
#define TRNG_REPEATS     6u   /* equal bytes in a row fail: 1 + 20 / 4 (4.4.1) */
#define TRNG_WINDOW      512u /* bytes (4.4.2) */
#define TRNG_SAME        62u /* of these equal to the first fail: 1 + critbinom(512, 1/16, 1 - 2^-20) */
#define TRNG_STARTS      3u /* attempts in the life of the program */

enum trng_fault {
    TRNG_GOOD,
    TRNG_NO_CLOCK, /* CECS: the 48 MHz are missing or too slow */
    TRNG_SEED,     /* SECS: the RNG's own test of its noise */
    TRNG_SILENT,   /* no word in time */
    TRNG_STUCK,    /* two equal words in a row, or equal bytes */
    TRNG_BIASED,   /* one byte comes too often */
    TRNG_HASH      /* SHA-256 gives nothing */
};

struct trng {
    bool running;
    uint8_t starts;
    enum trng_fault fault; /* the last one */
    uint32_t last;         /* word */
    uint16_t repeats;      /* of the newest byte */
    uint16_t at, same;     /* of this window: bytes, and those equal to its first one */
    uint8_t newest, first; /* bytes */
};

/* Fills buf. The first call starts the RNG, which takes less than a millisecond; a call after a
   fault starts it again, TRNG_STARTS times at most. False: buf is zeros, and the fault is in
   trng->fault. trng begins as zeros. */
bool trng_read(struct trng *trng, uint8_t *buf, size_t len);

/* "the RNG's clock is missing", for the console. */
const char *trng_fault_text(enum trng_fault fault);

#endif
