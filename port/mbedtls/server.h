/* SPDX-License-Identifier: MIT */
/*
 * mbedTLS of the simulated servers (port/sim/tls), a second copy beside the client's: mbedTLS's own
 * default configuration, so that a server may offer what midge does not support. Never on a board.
 */
#ifndef MIDGE_MBEDTLS_SERVER_H
#define MIDGE_MBEDTLS_SERVER_H

#include "mbedtls/mbedtls_config.h"

/* Clocks and chance are the simulation's. */
#define MBEDTLS_NO_PLATFORM_ENTROPY
#define MBEDTLS_PLATFORM_TIME_ALT
#define MBEDTLS_PLATFORM_MS_TIME_ALT
#define MBEDTLS_PSA_CRYPTO_EXTERNAL_RNG
#define MBEDTLS_PSA_KEY_STORE_DYNAMIC /* four keys a connection of TLS 1.3 */
#undef MBEDTLS_PSA_CRYPTO_STORAGE_C
#undef MBEDTLS_PSA_ITS_FILE_C

/* Unlike the default, records of servers can be limited by the client (RFC 8449). */
#define MBEDTLS_SSL_RECORD_SIZE_LIMIT

#undef MBEDTLS_SELF_TEST
#undef MBEDTLS_DEBUG_C
#undef MBEDTLS_NET_C
#undef MBEDTLS_TIMING_C
#undef MBEDTLS_FS_IO

#endif
