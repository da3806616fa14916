/* SPDX-License-Identifier: MIT */
/* A fake of Zephyr's header for tests: the few names that port/zephyr and its sample use, written
   from Zephyr's documentation. On Linux the functions work; elsewhere they are declared only. */
#ifndef FAKE_ZEPHYR_KERNEL_H
#define FAKE_ZEPHYR_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define ARRAY_SIZE(array)        (sizeof(array) / sizeof((array)[0]))
#define BUILD_ASSERT(cond, text) _Static_assert(cond, text)

#ifndef __aligned
#define __aligned(n) __attribute__((aligned(n)))
#endif

/* 1 if the macro is defined as 1, else 0. */
#define FAKE_SECOND(ignored, value, ...) value
#define FAKE_COMMA_1                     0,
#define FAKE_PICK(comma)                 FAKE_SECOND(comma 1, 0, 0)
#define FAKE_PASTE(value)                FAKE_PICK(FAKE_COMMA_##value)
#define FAKE_EXPAND(value)               FAKE_PASTE(value)
#define IS_ENABLED(macro)                FAKE_EXPAND(macro)

typedef struct {
    int64_t ticks;
} k_timeout_t;
#define K_FOREVER ((k_timeout_t){-1})

struct k_mutex {
    int locked;
};

#if defined(__linux__)
#include <time.h>

static inline uint64_t k_ticks_to_us_floor64(uint64_t ticks)
{
    return ticks;
}

static inline int64_t k_uptime_ticks(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static inline uint32_t k_uptime_get_32(void)
{
    return (uint32_t)(k_uptime_ticks() / 1000);
}

static inline int k_mutex_lock(struct k_mutex *mutex, k_timeout_t timeout)
{
    (void)timeout;
    mutex->locked++;
    return 0;
}

static inline int k_mutex_unlock(struct k_mutex *mutex)
{
    mutex->locked--;
    return 0;
}
#else
uint64_t k_ticks_to_us_floor64(uint64_t ticks);
int64_t k_uptime_ticks(void);
uint32_t k_uptime_get_32(void);
int k_mutex_lock(struct k_mutex *mutex, k_timeout_t timeout);
int k_mutex_unlock(struct k_mutex *mutex);
#endif

#endif
