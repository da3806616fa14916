/* SPDX-License-Identifier: MIT */
/*
 * Finds a path among the certificates that a server sent, in any order and mixed with others
 * (RFC 8446 4.4.2, for TLS 1.2 too). After each certificate, mbedTLS takes the next one with a
 * suitable name and does not try another. Here each possible path is laid out in the list and
 * verified:
 *
 *     leaf, the issuer chosen for it, the issuer chosen for that one, …   | the others
 *     └ the list that mbedTLS sees                                        └ kept aside meanwhile
 *
 * When a path fails, the next issuer is chosen for the certificate whose issuer was wrong, then for
 * those below it. The number of paths tried is bounded; each takes at most
 * MBEDTLS_X509_MAX_INTERMEDIATE_CA + 1 signatures. Only for owned builds: mbedTLS's TLS files are
 * compiled to call this in place of mbedtls_x509_crt_verify_restartable (port/mbedtls.cmake).
 */
#ifndef MIDGE_IO_CHAIN_SEARCH_H
#define MIDGE_IO_CHAIN_SEARCH_H

#include "io/cert_path.h"

struct midge__chain_search {
    /* For each certificate of the path: the number of the issuer chosen, among all possible
       issuers. */
    uint8_t choice[MBEDTLS_X509_MAX_INTERMEDIATE_CA + 1];
    uint8_t length; /* intermediates in the path */
    uint8_t failed; /* paths */
    bool running;   /* mbedTLS has interrupted the verification */
    struct midge__verdict best;
};

/* Same as mbedtls_x509_crt_verify_restartable. f_vrfy distinguishes midge's connections from
   others. */
int midge__x509_crt_verify_restartable(mbedtls_x509_crt *crt, mbedtls_x509_crt *trust_ca,
                                       mbedtls_x509_crl *ca_crl,
                                       const mbedtls_x509_crt_profile *profile, const char *cn,
                                       uint32_t *flags,
                                       int (*f_vrfy)(void *, mbedtls_x509_crt *, int, uint32_t *),
                                       void *p_vrfy, mbedtls_x509_crt_restart_ctx *rs_ctx);

#endif
