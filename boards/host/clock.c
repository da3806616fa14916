/* SPDX-License-Identifier: MIT */
#include "clock.h"

#include <stdio.h>

void clock_warn(int64_t now, int64_t floor)
{
    if (now < floor) {
        fputs("midge: warning: the clock is in the past: certificates' dates are not checked\n",
              stderr);
    }
}
