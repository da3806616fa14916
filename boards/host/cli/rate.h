/* SPDX-License-Identifier: MIT */
/* --rate: how often requests begin. */
#ifndef MIDGE_CLI_RATE_H
#define MIDGE_CLI_RATE_H

#include <midge/rate.h>

/* "10/s", "5/15m", "100" (in an hour). 0, or EXIT_USAGE after a line. */
int rate_parse(const char *text, struct midge_rate *rate);

#endif
