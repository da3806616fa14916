/* SPDX-License-Identifier: MIT */
/*
 * The parts of the servers' mbedTLS that exist once in a process: clock, PSA's generator and key
 * store. They take time and chance from the scope of the call. This copy of mbedTLS has them apart
 * from the client's (tls.cmake).
 */
#include <string.h>

#include <mbedtls/platform.h>
#include <mbedtls/platform_time.h>
#include <psa/crypto.h>

#include "server.h"

static const struct sim_tls_scope *scope;
static bool ready;

static mbedtls_time_t date(mbedtls_time_t *out)
{
    mbedtls_time_t now =
        scope != NULL && scope->sim != NULL ? (mbedtls_time_t)midge__sim_date(scope->sim) : 0;
    if (out != NULL) {
        *out = now;
    }
    return now;
}

mbedtls_ms_time_t mbedtls_ms_time(void)
{
    return scope != NULL && scope->sim != NULL
               ? (mbedtls_ms_time_t)(midge__sim_now_ns(scope->sim) / SIM_NS_PER_MS)
               : 0;
}

int midge__sim_tls_chance(void *unused, unsigned char *out, size_t len)
{
    int ret = scope != NULL ? 0 : MBEDTLS_ERR_CTR_DRBG_ENTROPY_SOURCE_FAILED;
    (void)unused;
    while (len > 0 && ret == 0) {
        size_t n = len < MBEDTLS_CTR_DRBG_MAX_REQUEST ? len : MBEDTLS_CTR_DRBG_MAX_REQUEST;
        ret = mbedtls_ctr_drbg_random(scope->drbg, out, n);
        out += n;
        len -= n;
    }
    return ret;
}

psa_status_t mbedtls_psa_external_get_random(mbedtls_psa_external_random_context_t *unused,
                                             uint8_t *output, size_t output_size,
                                             size_t *output_length)
{
    (void)unused;
    *output_length = output_size;
    return midge__sim_tls_chance(NULL, output, output_size) == 0 ? PSA_SUCCESS
                                                                 : PSA_ERROR_INSUFFICIENT_ENTROPY;
}

const struct sim_tls_scope *midge__sim_tls_enter(const struct sim_tls_scope *inner)
{
    const struct sim_tls_scope *outer = scope;
    scope = inner;
    if (!ready) {
        ready = true;
        (void)mbedtls_platform_set_time(date);
        (void)psa_crypto_init();
    }
    return outer;
}

void midge__sim_tls_leave(const struct sim_tls_scope *outer)
{
    scope = outer;
}

/* --- a generator with a seed --- */

struct seed {
    const uint8_t *bytes;
    size_t len, used;
};

static int take_seed(void *p, unsigned char *out, size_t len)
{
    struct seed *seed = p;
    for (size_t i = 0; i < len; i++) {
        out[i] = seed->bytes[seed->used++ % seed->len];
    }
    return 0;
}

/* It never seeds itself again, so the seed may go. */
int midge__sim_tls_seed(mbedtls_ctr_drbg_context *drbg, const uint8_t *bytes, size_t len)
{
    struct seed seed = {.bytes = bytes, .len = len};
    int ret = mbedtls_ctr_drbg_seed(drbg, take_seed, &seed, NULL, 0);
    mbedtls_ctr_drbg_set_reseed_interval(drbg, INT32_MAX);
    return ret;
}
