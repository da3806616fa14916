/* SPDX-License-Identifier: MIT */
/*
 * Times in milliseconds: 32 bits that wrap after 49.7 days, so only differences have a meaning. Two
 * times that are compared are less than 2^31 ms apart; an age is right up to 2^32 ms.
 */
#ifndef MIDGE_BASE_MILLIS_H
#define MIDGE_BASE_MILLIS_H

#include <stdbool.h>
#include <stdint.h>

#define MIDGE__MILLIS_MAX ((uint32_t)INT32_MAX) /* the longest duration */
/* An object that was not used for this long counts as expired: its age would wrap later. */
#define MIDGE__MILLIS_AGED (UINT32_C(1) << 30)

static inline bool midge__millis_before(uint32_t a, uint32_t b)
{
    return a - b > MIDGE__MILLIS_MAX;
}

/* A valid duration from outside: up to 2^31 - 1, or UINT32_MAX for none (MIDGE_NO_TIMEOUT). */
static inline bool midge__millis_valid(uint32_t ms)
{
    return ms + 1 <= MIDGE__MILLIS_MAX + 1;
}

#endif
