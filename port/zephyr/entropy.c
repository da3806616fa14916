/* SPDX-License-Identifier: MIT */
/*
 * Random numbers: sys_csrand_get, Zephyr's cryptographic source, which an entropy driver feeds. Two
 * kinds of build have it without any randomness behind it, and get ENTROPY: with
 * CONFIG_TEST_RANDOM_GENERATOR it may be the system timer, and on native_sim the driver is the
 * host's random() with a fixed seed.
 */
#include <zephyr/kernel.h>
#include <zephyr/random/random.h>

#include "zephyr_port.h"

#if (defined(CONFIG_TEST_RANDOM_GENERATOR) || defined(CONFIG_ARCH_POSIX)) &&                       \
    !defined(CONFIG_MIDGE_ZEPHYR_TEST_ENTROPY)
#define HAS_ENTROPY 0
#elif defined(CONFIG_CSPRNG_ENABLED) || defined(CONFIG_MIDGE_ZEPHYR_TEST_ENTROPY)
#define HAS_ENTROPY 1
#else /* no entropy driver: sys_csrand_get does not link */
#define HAS_ENTROPY 0
#endif

int midge__zephyr_entropy(void *ctx, uint8_t *buf, size_t len)
{
    (void)ctx;
#if HAS_ENTROPY
    return sys_csrand_get(buf, len) == 0 ? MIDGE_OK : MIDGE_ERR_ENTROPY;
#else
    (void)buf, (void)len;
    return MIDGE_ERR_ENTROPY;
#endif
}
