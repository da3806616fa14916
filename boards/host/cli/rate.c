/* SPDX-License-Identifier: MIT */
/*
 * --rate N/U, as curl has it: N requests in a second, minute, hour or day; N/KU in K of them; N in
 * an hour. They begin evenly. Unlike curl's, the rate counts each redirect and each repeat, and it
 * holds although transfers are parallel, and above 1000 in a second.
 */
#include "rate.h"

#include <string.h>

#include "failure.h"
#include "host/number.h"

#define MOST_MS INT32_MAX /* the library's: 24 days */

/* Milliseconds of one unit; 0: there is no such unit. */
static uint64_t unit_ms(char unit)
{
    switch (unit) {
    case 's':
        return 1000;
    case 'm':
        return 60000;
    case 'h':
        return 3600000;
    case 'd':
        return 86400000;
    default:
        return 0;
    }
}

/* "s", "15m". Returns 0 if it is no interval. */
static int interval_parse(const char *text, uint64_t *ms)
{
    const size_t len = strlen(text);
    const uint64_t unit = len > 0 ? unit_ms(text[len - 1]) : 0;
    uint64_t count = 1;

    if (unit == 0 || (len > 1 && !number_parse(text, len - 1, 1, MOST_MS / unit, &count))) {
        return 0;
    }
    *ms = count * unit;
    return 1;
}

int rate_parse(const char *text, struct midge_rate *rate)
{
    const char *slash = strchr(text, '/');
    const size_t len = slash != NULL ? (size_t)(slash - text) : strlen(text);
    uint64_t requests, ms = unit_ms('h');

    if (!number_parse(text, len, 1, UINT32_MAX, &requests) ||
        (slash != NULL && !interval_parse(slash + 1, &ms))) {
        return usage_error("option --rate: '%s' is not N/U, requests in a unit: s, m, h or d, up "
                           "to 24 days",
                           text);
    }
    rate->requests = (uint32_t)requests;
    rate->interval_ms = (uint32_t)ms;
    return 0;
}
