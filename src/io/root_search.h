/* SPDX-License-Identifier: MIT */
/*
 * Verifies a chain with the roots of a table (root_table.h). Only for owned builds, see
 * chain_search.h: mbedTLS's callback for roots cannot be interrupted, so here the root is found
 * first, then mbedTLS verifies with it as with one of config.tls.ca, in slices where it can. An
 * external mbedTLS asks by that callback (root_callback.c).
 */
#ifndef MIDGE_IO_ROOT_SEARCH_H
#define MIDGE_IO_ROOT_SEARCH_H

#include "io/cert_path.h"
#include "io/root_table.h"

struct midge__tls_impl;

#if MIDGE_WITH_ROOT_TABLE && !defined(MIDGE_TLS_EXTERNAL)

struct midge__root_search {
    mbedtls_x509_crt *root; /* the one that mbedTLS verifies with, beside those of config.tls.ca */
    uint32_t next;          /* number in the table to look from */
    uint8_t level;          /* the certificate whose issuer is looked for; 0: the server's */
    uint8_t parsed;         /* roots, for all paths */
    uint8_t failed;         /* roots of this path */
    bool running;           /* mbedTLS has interrupted the verification */
    unsigned wrong;         /* the highest certificate that a failed root's path blamed */
    struct midge__verdict best;
};

/* Same as mbedtls_x509_crt_verify_restartable with midge__tls_verify, for the connection `impl`. */
int midge__path_verify(struct midge__tls_impl *impl, mbedtls_x509_crt *crt,
                       mbedtls_x509_crt *trust_ca, mbedtls_x509_crl *ca_crl,
                       const mbedtls_x509_crt_profile *profile, const char *cn, uint32_t *flags,
                       mbedtls_x509_crt_restart_ctx *rs_ctx);
/* Frees the root of a verification that did not end. */
void midge__roots_drop(struct midge__tls_impl *impl);

#else

#define midge__path_verify(impl, crt, trust_ca, ca_crl, profile, cn, flags, rs_ctx)                \
    mbedtls_x509_crt_verify_restartable(crt, trust_ca, ca_crl, profile, cn, flags,                 \
                                        midge__tls_verify, impl, rs_ctx)
#define midge__roots_drop(impl) ((void)(impl))

#endif

#endif
