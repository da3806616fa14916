/* SPDX-License-Identifier: MIT */
/* The application's own choice among the cipher suites that midge offers. */
#include "io/tls_internal.h"

#if MIDGE_WITH_CIPHERS

const int midge_ciphers_chacha20[] = {MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
                                      MBEDTLS_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
#if defined(MBEDTLS_SSL_PROTO_TLS1_3)
                                      MBEDTLS_TLS1_3_CHACHA20_POLY1305_SHA256,
#endif
                                      0};

static bool is_of_midge(int suite)
{
    const int *at = midge__tls_ciphersuites;
    while (*at != 0 && *at != suite) {
        at++;
    }
    return *at != 0;
}

/* The suites of TLS 1.3 are 0x1301 to 0x1305 (RFC 8446 B.4). */
static bool is_of_tls13(int suite)
{
    return suite >> 8 == 0x13;
}

/* A version that is offered without a suite would fail at each server that chooses it. */
bool midge__tls_ciphers_legal(const struct midge__tls_config *config, const int *ciphers)
{
    bool has12 = config->min_version > MIDGE_TLS_1_2;
    bool has13 = config->max_version < MIDGE_TLS_1_3;
    for (const int *at = ciphers; at != NULL && *at != 0; at++) {
        bool built = mbedtls_ssl_ciphersuite_from_id(*at) != NULL; /* mbedTLS skips others */
        has12 = has12 || (built && !is_of_tls13(*at));
        has13 = has13 || (built && is_of_tls13(*at));
        if (!is_of_midge(*at)) {
            return false;
        }
    }
    return ciphers == NULL || (has12 && has13);
}

#endif
