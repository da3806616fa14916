/* SPDX-License-Identifier: MIT */
/* Rates as text, of the programs and of the host's --rate. */
#ifndef MIDGE_APPS_RATE_H
#define MIDGE_APPS_RATE_H

#include <stdbool.h>
#include <midge/rate.h>

/* "N/U": N requests in a second, minute, hour or day (s, m, h, d), or in K of them, "N/KU"; "N": in
   an hour. Sets rate->requests and interval_ms. False: the text is not so, or is longer than 24
   days. */
bool app_rate_read(const char *text, struct midge_rate *rate);

#endif
