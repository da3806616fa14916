/* SPDX-License-Identifier: MIT */
/* The functions by which ESP-IDF's mbedTLS gets memory, time and entropy (mbedtls_as_esp.h). */
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

#include <mbedtls/entropy.h>
#include <mbedtls/platform_time.h>

void *esp_mbedtls_mem_calloc(size_t n, size_t size)
{
    return calloc(n, size);
}

void esp_mbedtls_mem_free(void *p)
{
    free(p);
}

mbedtls_ms_time_t mbedtls_ms_time(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (mbedtls_ms_time_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int mbedtls_hardware_poll(void *data, unsigned char *output, size_t len, size_t *olen);
int mbedtls_hardware_poll(void *data, unsigned char *output, size_t len, size_t *olen)
{
    (void)data;
    *olen = len;
    return getrandom(output, len, 0) == (ssize_t)len ? 0 : -1;
}
