/* SPDX-License-Identifier: MIT */
/*
 * Random bytes from a noise source: its samples are tested (noise.h) and conditioned by SHA-256.
 * The source is the chip's (rosc.c, trng.c), or one of a test.
 *
 *     pool   = SHA-256("midge pico pool" + pool + samples)
 *     output = SHA-256("midge pico out" + pool)             32 bytes; the next ones have new
 * samples
 */
#ifndef MIDGE_PICO_ENTROPY_H
#define MIDGE_PICO_ENTROPY_H

#include <stddef.h>

#include "noise.h"

#define ENTROPY_BLOCK 32 /* bytes of output, from `words` words of samples */

struct entropy_source {
    bool (*start)(void);          /* before the start-up test; false: the source is not there */
    bool (*word)(uint32_t *word); /* 32 samples, the oldest in bit 0; false: it gave none in time */
    struct noise_limits limits;
    uint16_t words; /* for a block: 320 bits of the assumed min-entropy */
};

struct entropy {
    const struct entropy_source *source;
    struct noise_test test;
    bool started;
    uint8_t pool[32];
};

/* MIDGE_OK or MIDGE_ERR_ENTROPY, then buf holds zeros. */
int entropy_read(struct entropy *entropy, uint8_t *buf, size_t len);

/* The chip's source. */
extern const struct entropy_source entropy_chip;

#endif
