/* SPDX-License-Identifier: MIT */
/*
 * --rate N/U, as curl has it (apps/rate.h). The requests begin evenly. Unlike curl's, the rate
 * counts each redirect and each repeat, and it holds although transfers are parallel, and above
 * 1000 in a second.
 */
#include "rate.h"

#include "apps/rate.h"
#include "failure.h"

int rate_parse(const char *text, struct midge_rate *rate)
{
    struct midge_rate read = {.requests = 0};
    if (!app_rate_read(text, &read)) {
        return usage_error("option --rate: '%s' is not N/U, requests in a unit: s, m, h or d, up "
                           "to 24 days",
                           text);
    }
    rate->requests = read.requests;
    rate->interval_ms = read.interval_ms;
    return 0;
}
