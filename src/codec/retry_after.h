/* SPDX-License-Identifier: MIT */
/* Retry-After, RFC 9110 10.2.3. */
#ifndef MIDGE__RETRY_AFTER_H
#define MIDGE__RETRY_AFTER_H

#include <stdint.h>

#include "midge/config.h"
#include "midge/span.h"

#if MIDGE_WITH_RETRY_AFTER
/* Seconds to wait: a number, or a date, counted from the answer's own Date field, so no clock is
 * needed. 0: there is no such time, or it has passed. At most UINT32_MAX. */
uint32_t midge__retry_after(struct midge_span value, struct midge_span date);
#else
static inline uint32_t midge__retry_after(struct midge_span value, struct midge_span date)
{
    (void)value;
    (void)date;
    return 0;
}
#endif

#endif
