/* SPDX-License-Identifier: MIT */
/* The answer's own date stands for the current time: the clock of a device may be wrong. */
#include "codec/retry_after.h"

#if MIDGE_WITH_RETRY_AFTER

#include "base/span.h"
#include "codec/http_date.h"

/* A number of any length is one (RFC 9110 10.2.3): beyond 32 bits it is UINT32_MAX, not 0. */
static bool read_number(struct midge_span value, uint32_t *seconds)
{
    uint32_t n = 0;
    for (size_t i = 0; i < value.len; i++) {
        const uint32_t digit = (uint32_t)(unsigned char)value.ptr[i] - '0';
        if (digit > 9) {
            return false;
        }
        n = n <= UINT32_MAX / 10 && n * 10 <= UINT32_MAX - digit ? n * 10 + digit : UINT32_MAX;
    }
    *seconds = n;
    return value.len > 0;
}

uint32_t midge__retry_after(struct midge_span value, struct midge_span date)
{
    uint32_t seconds;
    int64_t then, now;
    if (read_number(value, &seconds)) {
        return seconds;
    }
    if (midge__http_date(value, &then) && midge__http_date(date, &now) && then > now) {
        return then - now < UINT32_MAX ? (uint32_t)(then - now) : UINT32_MAX;
    }
    return 0;
}

#endif
