/* SPDX-License-Identifier: MIT */
/*
 * Three tests, each on every sample:
 *
 *     repetition count (4.4.1)      a source that is stuck
 *     adaptive proportion (4.4.2)   a source that prefers one value
 *     lags (not in the standard)    a source that repeats with a period of up to 16 samples, as a
 *                                   ring that is locked to the clock that samples it
 *
 * The lags have the limit of the adaptive proportion: a source of min-entropy H is predicted
 * correctly with 2^-H at most, also by its own past.
 */
#include "noise.h"

void noise_start(struct noise_test *test, struct noise_limits limits)
{
    *test = (struct noise_test){.limits = limits};
}

static bool is_repeating(struct noise_test *test, uint32_t word)
{
    bool found = false;
    unsigned before = test->past >> 31;
    unsigned repeats = test->begun ? test->repeats : 0;
    for (unsigned i = 0; i < 32; i++) {
        const unsigned bit = word >> i & 1;
        repeats = bit == before ? repeats + 1 : 1;
        before = bit;
        found = found || repeats >= test->limits.repeats;
    }
    test->repeats = (uint16_t)(found ? test->limits.repeats : repeats);
    return found;
}

static void begin_window(struct noise_test *test, uint32_t word)
{
    test->at = 0;
    test->ones = 0;
    test->first = word & 1;
    for (unsigned lag = 0; lag < NOISE_LAGS; lag++) {
        test->agree[lag] = 0;
    }
}

static uint16_t count(uint32_t bits)
{
    return (uint16_t)__builtin_popcount(bits);
}

static bool is_uneven(struct noise_test *test, uint32_t word)
{
    test->ones = (uint16_t)(test->ones + count(word));
    test->at = (uint16_t)(test->at + 32);
    return (test->first ? test->ones : test->at - test->ones) >= test->limits.same;
}

static bool is_periodic(struct noise_test *test, uint32_t word)
{
    bool found = false;
    for (unsigned lag = 1; lag <= NOISE_LAGS && test->begun; lag++) {
        const uint32_t earlier = word << lag | test->past >> (32 - lag);
        test->agree[lag - 1] = (uint16_t)(test->agree[lag - 1] + count(~(word ^ earlier)));
        found = found || test->agree[lag - 1] >= test->limits.same;
    }
    return found;
}

bool noise_word(struct noise_test *test, uint32_t word)
{
    if (!test->begun || test->at == NOISE_WINDOW) {
        begin_window(test, word);
    }
    const bool repeating = is_repeating(test, word);
    const bool uneven = is_uneven(test, word);
    const bool periodic = is_periodic(test, word);
    test->failed = test->failed || repeating || uneven || periodic;
    test->past = word;
    test->begun = true;
    return !test->failed;
}
