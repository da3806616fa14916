/* SPDX-License-Identifier: MIT */
#include "io/tls_random.h"

#include "midge/err.h"

#if MIDGE__PSA_RANDOM

/* psa_crypto_init fails if PSA's generator cannot be seeded. */
int midge__tls_random_seed(struct midge__tls_drbg *drbg, struct midge_port *port)
{
    unsigned char bytes[16];
    (void)drbg;
    return port->entropy(port->ctx, bytes, sizeof bytes);
}

#else

static int entropy(void *p, unsigned char *out, size_t len)
{
    struct midge_port *port = p;
    return port->entropy(port->ctx, out, len) == MIDGE_OK
               ? 0
               : MBEDTLS_ERR_CTR_DRBG_ENTROPY_SOURCE_FAILED;
}

int midge__tls_random_seed(struct midge__tls_drbg *drbg, struct midge_port *port)
{
    return mbedtls_ctr_drbg_seed(&drbg->ctr, entropy, port, NULL, 0);
}

int midge__tls_random(struct midge__tls_drbg *drbg, unsigned char *out, size_t len)
{
    int ret = 0;
    while (len > 0 && ret == 0) {
        size_t n = len < MBEDTLS_CTR_DRBG_MAX_REQUEST ? len : MBEDTLS_CTR_DRBG_MAX_REQUEST;
        ret = mbedtls_ctr_drbg_random(&drbg->ctr, out, n);
        out += n;
        len -= n;
    }
    return ret;
}

#endif
