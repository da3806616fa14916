/* SPDX-License-Identifier: MIT */
/* After mbedTLS's default configuration: PSA for all, with HMAC_DRBG, and SHA-256 and AEAD as a
   driver's, whose modules midge does not see: only midge's own sources define MIDGE_TLS_EXTERNAL.
 */
#define MBEDTLS_USE_PSA_CRYPTO
#undef MBEDTLS_CTR_DRBG_C
#if defined(MIDGE_TLS_EXTERNAL)
#define PSA_WANT_ALG_SHA_256           1
#define PSA_WANT_ALG_CHACHA20_POLY1305 1
#define PSA_WANT_ALG_GCM               1
#define MBEDTLS_PSA_ACCEL_ALG_SHA_256  1
#define MBEDTLS_PSA_ACCEL_ALG_GCM      1
#undef MBEDTLS_SHA224_C
#undef MBEDTLS_SHA256_C
#undef MBEDTLS_CHACHAPOLY_C
#undef MBEDTLS_GCM_C
#endif
