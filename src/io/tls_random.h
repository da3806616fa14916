/* SPDX-License-Identifier: MIT */
/*
 * The random generator of a client: mbedTLS's CTR_DRBG, seeded from the port's entropy. An external
 * mbedTLS without that has PSA's generator, which the firmware's own entropy seeds.
 */
#ifndef MIDGE_IO_TLS_RANDOM_H
#define MIDGE_IO_TLS_RANDOM_H

#include "io/mbedtls_compat.h"
#include "midge/port.h"

struct midge__tls_drbg {
#if MIDGE__PSA_RANDOM
    char unused;
#else
    mbedtls_ctr_drbg_context ctr;
#endif
};

/* seed: of an initialised generator; returns mbedTLS's code. A port without entropy is refused with
   PSA's generator too: names and sealed sessions need it. */
int midge__tls_random_seed(struct midge__tls_drbg *drbg, struct midge_port *port);

#if MIDGE__PSA_RANDOM
#define midge__tls_random_init(drbg) ((void)(drbg))
#define midge__tls_random_free(drbg) ((void)(drbg))
#else
#define midge__tls_random_init(drbg) mbedtls_ctr_drbg_init(&(drbg)->ctr)
#define midge__tls_random_free(drbg) mbedtls_ctr_drbg_free(&(drbg)->ctr)

/* As mbedtls_ctr_drbg_random, for any number of bytes: TLS needs fewer at once than mbedTLS's limit
   of 1,024, but PSA's users may ask for more. */
int midge__tls_random(struct midge__tls_drbg *drbg, unsigned char *out, size_t len);
#endif

#endif
