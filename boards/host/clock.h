/* SPDX-License-Identifier: MIT */
/* A warning for users whose computer's clock is wrong. */
#ifndef MIDGE_HOST_CLOCK_H
#define MIDGE_HOST_CLOCK_H

#include <stdint.h>

/* The library ignores a clock below its floor, and then accepts wrong dates; this prints a
   warning. Both are seconds of Unix time. */
void clock_warn(int64_t now, int64_t floor);

#endif
