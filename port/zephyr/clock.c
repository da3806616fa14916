/* SPDX-License-Identifier: MIT */
/*
 * Zephyr's clocks. The kernel's uptime is the monotonic one. The real-time clock is that of
 * sys/clock.h (Zephyr 4.2 and later), or of the POSIX timers before that; a build that has neither
 * has no trusted clock.
 */
#include <time.h>

#include <zephyr/kernel.h>
#include <zephyr/sys/clock.h>

#include "zephyr_port.h"

uint32_t midge__zephyr_clock_ms(void *ctx)
{
    (void)ctx;
    return k_uptime_get_32();
}

/* Of the resolution of CONFIG_SYS_CLOCK_TICKS_PER_SEC. */
uint64_t midge__zephyr_clock_us(void *ctx)
{
    (void)ctx;
    return k_ticks_to_us_floor64((uint64_t)k_uptime_ticks());
}

int64_t midge__zephyr_wall_time(void *ctx)
{
    (void)ctx;
#if defined(SYS_CLOCK_REALTIME)
    struct timespec now;

    return sys_clock_gettime(SYS_CLOCK_REALTIME, &now) == 0 ? (int64_t)now.tv_sec
                                                            : MIDGE_ERR_UNSUPPORTED;
#elif defined(CONFIG_POSIX_TIMERS)
    struct timespec now;

    return clock_gettime(CLOCK_REALTIME, &now) == 0 ? (int64_t)now.tv_sec : MIDGE_ERR_UNSUPPORTED;
#else
    return MIDGE_ERR_UNSUPPORTED;
#endif
}
