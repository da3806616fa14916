/* SPDX-License-Identifier: MIT */
/* After mbedTLS's default configuration, as pico-sdk's example and an RTOS's have it: no session
   tickets, mutexes, ECC in steps, and less of all that midge does without. */
#undef MBEDTLS_SSL_SESSION_TICKETS
#undef MBEDTLS_SSL_TICKET_C
#undef MBEDTLS_SSL_CACHE_C
#undef MBEDTLS_SSL_SRV_C
#undef MBEDTLS_SSL_RENEGOTIATION
#undef MBEDTLS_SSL_ALPN
#undef MBEDTLS_SSL_MAX_FRAGMENT_LENGTH
#undef MBEDTLS_PEM_PARSE_C
#undef MBEDTLS_PEM_WRITE_C
#undef MBEDTLS_ERROR_C
#define MBEDTLS_X509_REMOVE_INFO
#define MBEDTLS_DEPRECATED_REMOVED
#define MBEDTLS_ECP_RESTARTABLE
#define MBEDTLS_THREADING_C
#define MBEDTLS_THREADING_PTHREAD
