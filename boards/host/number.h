/* SPDX-License-Identifier: MIT */
/* Numbers of the command line: the whole text must be a number. */
#ifndef MIDGE_HOST_NUMBER_H
#define MIDGE_HOST_NUMBER_H

#include <stddef.h>
#include <stdint.h>

/* Decimal digits only; returns 1 if it is a number within min..max. */
int number_parse(const char *text, size_t len, uint64_t min, uint64_t max, uint64_t *number);
#define SECONDS_MAX (UINT32_MAX / 1000 - 1)

/* "1", "1.5", ".25", up to SECONDS_MAX and a fraction: milliseconds, rounded up. */
int seconds_parse(const char *text, uint64_t *ms);

#endif
