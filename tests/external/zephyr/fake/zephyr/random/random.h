/* SPDX-License-Identifier: MIT */
/* As kernel.h. */
#ifndef FAKE_ZEPHYR_RANDOM_H
#define FAKE_ZEPHYR_RANDOM_H

#include <stddef.h>

#if defined(__linux__)
#include <sys/random.h>

/* Fails when the test says so. */
extern int fake_csrand_fails;

static inline int sys_csrand_get(void *to, size_t len)
{
    return !fake_csrand_fails && getrandom(to, len, 0) == (ssize_t)len ? 0 : -5;
}
#else
int sys_csrand_get(void *to, size_t len);
#endif

#endif
