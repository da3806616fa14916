/* SPDX-License-Identifier: MIT */
/*
 * Dates of header fields, RFC 9110 5.6.7, in each of the three forms that a recipient accepts:
 *
 *     Sun, 06 Nov 1994 08:49:37 GMT     IMF-fixdate
 *     Sunday, 06-Nov-94 08:49:37 GMT    of RFC 850
 *     Sun Nov  6 08:49:37 1994          of C's asctime
 */
#ifndef MIDGE__HTTP_DATE_H
#define MIDGE__HTTP_DATE_H

#include <stdbool.h>
#include <stdint.h>

#include "midge/config.h"
#include "midge/span.h"

#if MIDGE_WITH_RETRY_DATES || MIDGE_WITH_DATE_HINT
/* Seconds since 1970 UTC of a date from 1970 to 9999. A year of two digits is one from 1970 to
 * 2069. False: not such a date. The name of the weekday is ignored. */
bool midge__http_date(struct midge_span text, int64_t *seconds);
#else
static inline bool midge__http_date(struct midge_span text, int64_t *seconds)
{
    (void)text;
    *seconds = 0;
    return false;
}
#endif

#endif
