/* SPDX-License-Identifier: MIT */
#include "codec/calendar.h"

#include "base/span.h"

unsigned midge__month_of(struct midge_span name)
{
    static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    for (unsigned i = 0; name.len == 3 && i < 12; i++) {
        if (midge__span_eq_nocase(name, midge__span(names + 3 * (size_t)i, 3))) {
            return i + 1;
        }
    }
    return 0;
}

/* March is counted as the first month, so that a leap day is a year's last; 146097 days are 400
   years. */
int64_t midge__days_of(unsigned year, unsigned month, unsigned day)
{
    unsigned y = month > 2 ? year : year - 1;
    unsigned of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    return (int64_t)(y * 365 + y / 4 - y / 100 + y / 400 + of_year) - 719468;
}
