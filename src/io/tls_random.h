/* SPDX-License-Identifier: MIT */
/* The random generator of a client: mbedTLS's CTR_DRBG, seeded from the port's entropy. */
#ifndef MIDGE_IO_TLS_RANDOM_H
#define MIDGE_IO_TLS_RANDOM_H

#include <mbedtls/ctr_drbg.h>

#include "midge/port.h"

/* Seeds an initialised generator; returns mbedTLS's code. */
int midge__tls_random_seed(mbedtls_ctr_drbg_context *drbg, struct midge_port *port);

/* As mbedtls_ctr_drbg_random, for any number of bytes: TLS needs fewer at once than mbedTLS's limit
   of 1,024, but PSA's users may ask for more. */
int midge__tls_random(mbedtls_ctr_drbg_context *drbg, unsigned char *out, size_t len);

#endif
