/* SPDX-License-Identifier: MIT */
/* The trusted roots of a client, parsed once. Private to src/io, as it includes mbedTLS's
   headers. */
#ifndef MIDGE_IO_TRUST_H
#define MIDGE_IO_TRUST_H

#include <mbedtls/x509_crt.h>
#include <stddef.h>

#include "base/memory.h"
#include <midge/hash.h>

struct midge__trust {
    mbedtls_x509_crt roots; /* the first of a chain; empty when count is 0 */
    unsigned count;
};

/* Parses PEM (other text between the certificates is skipped), or DER certificates one after the
   other. The caller is in a scope of memory's owner 0. On error nothing is kept: CA: none can
   be used; NO_MEMORY. ca_len 0: no roots, MIDGE_OK. */
int midge__trust_open(struct midge__trust *trust, struct midge__memory *memory, const void *ca,
                      size_t ca_len);
void midge__trust_close(struct midge__trust *trust);

/* Most bytes of memory that open keeps. Its scratch (a decoded certificate, one use of an RSA key)
   is less than a handshake's and freed before the first handshake, so it is not counted. */
size_t midge__trust_bytes(const void *ca, size_t ca_len);

/* Adds all that is trusted to the hash, in the same way at each start. */
void midge__trust_digest(const struct midge__trust *trust, struct midge_sha256 *hash);

#endif
