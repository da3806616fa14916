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

static bool is_repeating(struct noise_test *test, unsigned bit)
{
    const bool equal = test->seen > 0 && (test->past & 1) == bit;
    test->repeats = equal ? (uint16_t)(test->repeats + 1) : 1;
    return test->repeats >= test->limits.repeats;
}

static void begin_window(struct noise_test *test, unsigned bit)
{
    test->at = 0;
    test->same = 0;
    test->first = (uint8_t)bit;
    for (unsigned lag = 0; lag < NOISE_LAGS; lag++) {
        test->agree[lag] = 0;
    }
}

static bool is_periodic(struct noise_test *test, unsigned bit)
{
    bool found = false;
    if (test->seen < NOISE_LAGS) {
        return false;
    }
    for (unsigned lag = 0; lag < NOISE_LAGS; lag++) {
        test->agree[lag] = (uint16_t)(test->agree[lag] + ((test->past >> lag & 1) == bit));
        found = found || test->agree[lag] >= test->limits.same;
    }
    return found;
}

static bool is_uneven(struct noise_test *test, unsigned bit)
{
    test->same = (uint16_t)(test->same + (bit == test->first));
    return test->same >= test->limits.same;
}

bool noise_sample(struct noise_test *test, unsigned bit)
{
    if (test->seen == 0 || test->at == NOISE_WINDOW) {
        begin_window(test, bit);
    }
    const bool repeating = is_repeating(test, bit);
    const bool uneven = is_uneven(test, bit);
    const bool periodic = is_periodic(test, bit);
    test->failed = test->failed || repeating || uneven || periodic;
    test->past = test->past << 1 | bit;
    test->seen += test->seen < NOISE_LAGS;
    test->at++;
    return !test->failed;
}
