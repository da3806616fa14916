/* SPDX-License-Identifier: MIT */
/*
 * Pre-shared keys: a configuration with one offers only suites and modes that prove it, so a server
 * without the key gets no request, whatever certificate it has (RFC 9257 4: no fall-back). With TLS
 * 1.2 forward secrecy comes first (RFC 7905), then what constrained servers have (RFC 5487, RFC
 * 7925 4.2); with TLS 1.3 a key exchange is always part of it. The key's hash is SHA-256 there (RFC
 * 8446 4.2.11).
 */
#include "io/psk.h"

#if MIDGE_WITH_PSK

#include "io/tls_internal.h"

#if !defined(MBEDTLS_SSL_HANDSHAKE_WITH_PSK_ENABLED)
#error                                                                                             \
    "MIDGE_WITH_PSK needs an mbedTLS with a key exchange of PSK: MBEDTLS_KEY_EXCHANGE_PSK_ENABLED"
#endif

#define LEAST_KEY     16U
#define MOST_IDENTITY 128U

static const int suites[] = {
#if defined(MBEDTLS_SSL_PROTO_TLS1_3)
    MBEDTLS_TLS1_3_AES_128_GCM_SHA256,
    MBEDTLS_TLS1_3_CHACHA20_POLY1305_SHA256,
    MBEDTLS_TLS1_3_AES_128_CCM_SHA256,
#endif
    MBEDTLS_TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256,
    MBEDTLS_TLS_PSK_WITH_AES_128_GCM_SHA256,
    MBEDTLS_TLS_PSK_WITH_CHACHA20_POLY1305_SHA256,
    MBEDTLS_TLS_PSK_WITH_AES_128_CCM,
    MBEDTLS_TLS_PSK_WITH_AES_128_CCM_8,
    0};

static int use(mbedtls_ssl_config *conf, const void *key, size_t key_len, const void *identity,
               size_t identity_len)
{
    mbedtls_ssl_conf_ciphersuites(conf, suites);
#if defined(MBEDTLS_SSL_PROTO_TLS1_3)
    mbedtls_ssl_conf_tls13_key_exchange_modes(conf,
                                              MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_PSK_EPHEMERAL);
#endif
    return mbedtls_ssl_conf_psk(conf, key, key_len, identity, identity_len);
}

int midge__psk_open(mbedtls_ssl_config *conf, const struct midge_psk *psk)
{
    if (psk == NULL) {
        return MIDGE_OK;
    }
    if (psk->key == NULL || psk->key_len < LEAST_KEY || psk->key_len > MBEDTLS_PSK_MAX_LEN ||
        psk->identity == NULL || psk->identity_len == 0 || psk->identity_len > MOST_IDENTITY) {
        return MIDGE_ERR_CREDENTIAL;
    }
    return use(conf, psk->key, psk->key_len, psk->identity, psk->identity_len) == 0
               ? MIDGE_OK
               : MIDGE_ERR_NO_MEMORY;
}

int midge__psk_share(mbedtls_ssl_config *conf, const mbedtls_ssl_config *clients)
{
    return conf != clients && midge__psk_is_in(clients)
               ? use(conf, clients->MBEDTLS_PRIVATE(psk), clients->MBEDTLS_PRIVATE(psk_len),
                     clients->MBEDTLS_PRIVATE(psk_identity),
                     clients->MBEDTLS_PRIVATE(psk_identity_len))
               : 0;
}

size_t midge__psk_bytes(const struct midge_psk *psk)
{
    return psk != NULL ? MIDGE__MEMORY_COST(MBEDTLS_PSK_MAX_LEN) + MIDGE__MEMORY_COST(MOST_IDENTITY)
                       : 0;
}

#endif
