/* SPDX-License-Identifier: MIT */
/* The trusted roots of a client, parsed once. Private to src/io, as it includes mbedTLS's
   headers. */
#ifndef MIDGE_IO_TRUST_H
#define MIDGE_IO_TRUST_H

#include <mbedtls/x509_crt.h>
#include <stddef.h>

#include "base/memory.h"
#include "io/root_table.h"
#include "midge/tls.h"

struct midge__trust {
    mbedtls_x509_crt roots; /* the first of a chain; empty when count is 0 */
    unsigned count;
#if MIDGE_WITH_ROOT_TABLE
    struct midge__root_table table; /* count 0: none */
#endif
};

/* Parses settings->ca: PEM (other text between the certificates is skipped), or DER certificates
   one after the other; and checks settings->roots. The caller is in a scope of memory's owner 0. On
   error nothing is kept: CA: no certificate of ca can be used, or roots is damaged; NO_MEMORY;
   UNSUPPORTED: roots. No bytes: no roots, MIDGE_OK. */
int midge__trust_open(struct midge__trust *trust, struct midge__memory *memory,
                      const struct midge_tls *settings);
void midge__trust_close(struct midge__trust *trust);

/* Before a chain is verified, in the same scope: makes in memory what the roots' keys need at their
   first use. NO_MEMORY. open does it, unless sessions may come before a chain does
   (MIDGE_WITH_SESSION_STORE). */
int midge__trust_warm(struct midge__trust *trust, struct midge__memory *memory);

#if MIDGE_WITH_ROOT_TABLE
#define midge__trust_has_table(trust) ((trust)->table.count > 0)
#else
#define midge__trust_has_table(trust) ((void)(trust), false)
#endif

/* Is there a root? */
static inline bool midge__trust_any(const struct midge__trust *trust)
{
    return trust->count > 0 || midge__trust_has_table(trust);
}

/* Most bytes of memory that open keeps. Its scratch (a decoded certificate, one use of an RSA key)
   is less than a handshake's and freed before the first handshake, so it is not counted. */
size_t midge__trust_bytes(const void *ca, size_t ca_len);

/* trust_digest.c: SHA-256 of the trust set, for data that must not outlive it. The table's own
   digest counts, not its bytes; a bundle of ESP-IDF is hashed each time. */
void midge__trust_digest(const struct midge__trust *trust, uint8_t digest[32]);

#endif
