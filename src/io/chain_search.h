/* SPDX-License-Identifier: MIT */
/*
 * Finding a path among the certificates that a server sent, in whatever order and with others among
 * them (RFC 8446 4.4.2, for TLS 1.2 too). mbedTLS takes the next suitable name behind each
 * certificate and does not try another. Here each path is laid out for it and verified:
 *
 *     leaf, the issuer chosen for it, the issuer chosen for that one, …   | the others
 *     └ the list that mbedTLS sees                                        └ kept aside meanwhile
 *
 * When one fails, the next choice is made for the certificate whose issuer was wrong, then for
 * those below it. The number of paths tried is bounded; each takes at most
 * MBEDTLS_X509_MAX_INTERMEDIATE_CA + 1 signatures. Only for owned builds: mbedTLS's TLS files are
 * compiled to call this in place of mbedtls_x509_crt_verify_restartable (port/mbedtls.cmake).
 */
#ifndef MIDGE_IO_CHAIN_SEARCH_H
#define MIDGE_IO_CHAIN_SEARCH_H

#include <mbedtls/x509_crt.h>
#include <stdbool.h>
#include <stdint.h>

/* The result of verifying one path. */
struct midge__verdict {
    uint32_t flags;
    uint32_t cert_date; /* YYYYMMDD of the first date refused */
    bool no_san, self_signed;
    bool too_long;     /* more intermediates than mbedTLS takes */
    bool out_of_order; /* external builds: the missing issuer was sent, but too early */
};

struct midge__chain_search {
    /* For each certificate of the path, which of those that may have issued it. */
    uint8_t choice[MBEDTLS_X509_MAX_INTERMEDIATE_CA + 1];
    uint8_t length; /* intermediates in the path */
    uint8_t failed; /* paths */
    bool running;   /* mbedTLS has interrupted itself */
    struct midge__verdict best;
};

/* As mbedtls_x509_crt_verify_restartable. f_vrfy tells midge's connections from others. */
int midge__x509_crt_verify_restartable(mbedtls_x509_crt *crt, mbedtls_x509_crt *trust_ca,
                                       mbedtls_x509_crl *ca_crl,
                                       const mbedtls_x509_crt_profile *profile, const char *cn,
                                       uint32_t *flags,
                                       int (*f_vrfy)(void *, mbedtls_x509_crt *, int, uint32_t *),
                                       void *p_vrfy, mbedtls_x509_crt_restart_ctx *rs_ctx);

#endif
