/* SPDX-License-Identifier: MIT */
/* The clocks of the desktop port. */
#include "posix.h"

#include <time.h>

static uint64_t monotonic_us(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_nsec / 1000u;
}

uint32_t midge__posix_clock_ms(void *ctx)
{
    (void)ctx;
    return (uint32_t)(monotonic_us() / 1000u);
}

uint64_t midge__posix_clock_us(void *ctx)
{
    (void)ctx;
    return monotonic_us();
}

int64_t midge__posix_wall_time(void *ctx)
{
    struct timespec t;
    (void)ctx;
    if (clock_gettime(CLOCK_REALTIME, &t) != 0 || t.tv_sec < 0) {
        return MIDGE_ERR_PORT;
    }
    return (int64_t)t.tv_sec;
}
