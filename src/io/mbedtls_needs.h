/* SPDX-License-Identifier: MIT */
/*
 * The needs of midge for an mbedTLS that it did not configure, each with an error text that names
 * the options of 3.6 and, behind a slash, of 4.x. Options that are not named are free;
 * port/mbedtls/README.md says what is lost without them.
 */
#ifndef MIDGE_IO_MBEDTLS_NEEDS_H
#define MIDGE_IO_MBEDTLS_NEEDS_H

#include <mbedtls/build_info.h>
#if defined(MBEDTLS_PSA_CRYPTO_C) || defined(MBEDTLS_PSA_CRYPTO_CLIENT)
#include <psa/crypto.h>
#endif

#include "midge/config.h"

#if MBEDTLS_VERSION_NUMBER < 0x03060000
#error "midge needs mbedTLS 3.6 or later"
#endif

/* --- TLS --- */

#if !defined(MBEDTLS_SSL_TLS_C) || !defined(MBEDTLS_SSL_CLI_C)
#error "midge needs MBEDTLS_SSL_TLS_C and MBEDTLS_SSL_CLI_C: it is a TLS client"
#endif
#if !defined(MBEDTLS_SSL_PROTO_TLS1_2) && !defined(MBEDTLS_SSL_PROTO_TLS1_3)
#error "midge needs MBEDTLS_SSL_PROTO_TLS1_2 or MBEDTLS_SSL_PROTO_TLS1_3"
#endif
/* Not defined: mbedTLS has 16384, all records. */
#if MIDGE_WITH_HTTP2 && defined(MBEDTLS_SSL_IN_CONTENT_LEN)
#if MIDGE_HTTP2_RECORD > MBEDTLS_SSL_IN_CONTENT_LEN
#error                                                                                             \
    "midge needs MIDGE_HTTP2_RECORD of at most MBEDTLS_SSL_IN_CONTENT_LEN: servers fill records that long"
#endif
#endif
#if !defined(MBEDTLS_SSL_SERVER_NAME_INDICATION)
#error "midge needs MBEDTLS_SSL_SERVER_NAME_INDICATION: servers have many names at one address"
#endif
#if defined(MBEDTLS_SSL_PROTO_TLS1_2) && !defined(MBEDTLS_KEY_EXCHANGE_ECDHE_ECDSA_ENABLED) &&     \
    !defined(MBEDTLS_KEY_EXCHANGE_ECDHE_RSA_ENABLED)
#error                                                                                             \
    "midge needs MBEDTLS_KEY_EXCHANGE_ECDHE_ECDSA_ENABLED or MBEDTLS_KEY_EXCHANGE_ECDHE_RSA_ENABLED for TLS 1.2: it offers only forward secrecy"
#endif
#if defined(MBEDTLS_SSL_PROTO_TLS1_3) &&                                                           \
    !defined(MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_EPHEMERAL_ENABLED)
#error                                                                                             \
    "midge needs MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_EPHEMERAL_ENABLED for TLS 1.3: full handshakes"
#endif

/* --- certificates --- */

#if !defined(MBEDTLS_X509_CRT_PARSE_C)
#error "midge needs MBEDTLS_X509_CRT_PARSE_C: it verifies servers by their certificates"
#endif

/* --- cryptography: of mbedTLS's own modules, or of PSA, which may have drivers for it --- */

#if !defined(MBEDTLS_ECP_DP_SECP256R1_ENABLED) && !defined(PSA_WANT_ECC_SECP_R1_256)
#error                                                                                             \
    "midge needs MBEDTLS_ECP_DP_SECP256R1_ENABLED / PSA_WANT_ECC_SECP_R1_256: P-256, which every server has"
#endif
#if !defined(MBEDTLS_SHA256_C) && !defined(PSA_WANT_ALG_SHA_256)
#error "midge needs MBEDTLS_SHA256_C / PSA_WANT_ALG_SHA_256: for TLS, pins, sessions and downloads"
#endif
#if !defined(MBEDTLS_GCM_C) && !defined(MBEDTLS_CHACHAPOLY_C) && !defined(PSA_WANT_ALG_GCM) &&     \
    !defined(PSA_WANT_ALG_CHACHA20_POLY1305)
#error                                                                                             \
    "midge needs MBEDTLS_GCM_C or MBEDTLS_CHACHAPOLY_C / PSA_WANT_ALG_GCM or PSA_WANT_ALG_CHACHA20_POLY1305: it offers no CBC suite"
#endif
#if !defined(MBEDTLS_CTR_DRBG_C) && !defined(MBEDTLS_PSA_CRYPTO_C) &&                              \
    !defined(MBEDTLS_PSA_CRYPTO_CLIENT)
#error                                                                                             \
    "midge needs MBEDTLS_CTR_DRBG_C or MBEDTLS_PSA_CRYPTO_C: random numbers, by midge's port or by PSA"
#endif

#endif
