/* SPDX-License-Identifier: MIT */
/* The Gregorian calendar, for dates of header fields. */
#ifndef MIDGE__CALENDAR_H
#define MIDGE__CALENDAR_H

#include <stdint.h>

#include "midge/span.h"

/* 1 to 12 for "Jan" to "Dec" in any case, 0 for anything else. */
unsigned midge__month_of(struct midge_span name);

/* Days since 1970-01-01. month: 1 to 12; day: 1 to 31. */
int64_t midge__days_of(unsigned year, unsigned month, unsigned day);

#endif
