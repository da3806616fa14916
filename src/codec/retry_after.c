/* SPDX-License-Identifier: MIT */
/* The answer's own date stands for the current time: the clock of a device may be wrong. */
#include "codec/retry_after.h"

#if MIDGE_WITH_RETRY_AFTER

#include "base/span.h"
#include "codec/http_date.h"

uint32_t midge__retry_after(struct midge_span value, struct midge_span date)
{
    uint64_t seconds = 0;
    int64_t then, now;
    if (!midge__span_u64(value, &seconds) && midge__http_date(value, &then) &&
        midge__http_date(date, &now) && then > now) {
        seconds = (uint64_t)(then - now);
    }
    return seconds < UINT32_MAX ? (uint32_t)seconds : UINT32_MAX;
}

#endif
