/* SPDX-License-Identifier: MIT */
/* As kernel.h: Zephyr 4.2's real-time clock; without FAKE_SYS_CLOCK the series before, which have
   POSIX' clock_gettime only. */
#ifndef FAKE_ZEPHYR_SYS_CLOCK_H
#define FAKE_ZEPHYR_SYS_CLOCK_H

#include <time.h>

#if defined(FAKE_SYS_CLOCK)
#define SYS_CLOCK_REALTIME 1

#if defined(__linux__)
static inline int sys_clock_gettime(int clock, struct timespec *now)
{
    (void)clock;
    return clock_gettime(CLOCK_REALTIME, now);
}
#else
int sys_clock_gettime(int clock, struct timespec *now);
#endif
#elif !defined(__linux__)
#ifndef CLOCK_REALTIME
#define CLOCK_REALTIME 1
#endif
int clock_gettime(clockid_t clock, struct timespec *now);
#endif

#endif
