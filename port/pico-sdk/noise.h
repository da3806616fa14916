/* SPDX-License-Identifier: MIT */
/*
 * Health tests of a noise source whose samples are bits (SP 800-90B 4.4). The assumption about the
 * source, its min-entropy a sample, sets the limits. One false alarm in 2^20 samples (repetition
 * count) or windows (the others) of a source that has exactly this entropy; a better source has
 * fewer by far.
 */
#ifndef MIDGE_PICO_NOISE_H
#define MIDGE_PICO_NOISE_H

#include <stdbool.h>
#include <stdint.h>

#define NOISE_WINDOW 1024 /* samples; SP 800-90B 4.4.2, for a binary source */
#define NOISE_LAGS   16   /* distances at which samples are compared */

/* C = 1 + 20 / H (4.4.1); 1 + critbinom(1024, 2^-H, 1 - 2^-20) (4.4.2). */
struct noise_limits {
    uint16_t repeats; /* so many equal samples in a row fail */
    uint16_t same;    /* so many samples of a window equal to its first one fail */
};

/* H = 1/16 and 1/2 bit a sample. */
#define NOISE_SIXTEENTH                                                                            \
    {                                                                                              \
        321, 1009                                                                                  \
    }
#define NOISE_HALF                                                                                 \
    {                                                                                              \
        41, 793                                                                                    \
    }

struct noise_test {
    struct noise_limits limits;
    uint32_t past;              /* the word before */
    uint16_t repeats;           /* of the newest sample, in a row */
    uint16_t at;                /* samples of this window */
    uint16_t ones;              /* of these */
    uint16_t agree[NOISE_LAGS]; /* of these, equal to the one that many samples before, from 1 */
    bool first;                 /* the window's first sample is a 1 */
    bool begun, failed;         /* failed stays until the next start */
};

void noise_start(struct noise_test *test, struct noise_limits limits);

/* Takes 32 samples, the oldest in bit 0. False: a test has failed, now or before. */
bool noise_word(struct noise_test *test, uint32_t word);

#endif
