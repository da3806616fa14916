/* SPDX-License-Identifier: MIT */
/* Numbers by chance that a seed repeats, for the tests that make worlds of requests. */
#ifndef CHANCE_H
#define CHANCE_H

#include <stdbool.h>
#include <stdint.h>

static uint64_t seed;

/* 0 to n-1 (xorshift64*) */
static inline unsigned chance(unsigned n)
{
    seed ^= seed >> 12;
    seed ^= seed << 25;
    seed ^= seed >> 27;
    return (unsigned)((seed * 0x2545f4914f6cdd1dULL) >> 33) % n;
}

static inline bool one_in(unsigned n)
{
    return chance(n) == 0;
}

#endif
