/* SPDX-License-Identifier: MIT */
/*
 * The one place that knows how mbedTLS 3.6 and 4.x differ, and how 3.6 differs when it is built for
 * PSA. midge's own mbedTLS is 3.6 with the functions on the left; an external one decides:
 *
 *     random numbers   CTR_DRBG, seeded from the port   psa_generate_random, MIDGE__PSA_RANDOM
 *     SHA-256          mbedtls_sha256_update            psa_hash_update, MIDGE__PSA_HASH
 *     sealed sessions  ChaCha20-Poly1305 or GCM         psa_aead_encrypt, MIDGE__PSA_AEAD
 *     public keys      pk, with a type for each         pk of 4.x: asked by algorithms of PSA
 *
 * mbedTLS 4.x has only the right column. Its TLS and pk functions take random numbers from PSA, so
 * they have no callback for them. The functions on the left moved to mbedtls/private/, which midge
 * does not include.
 */
#ifndef MIDGE_IO_MBEDTLS_COMPAT_H
#define MIDGE_IO_MBEDTLS_COMPAT_H

#include <mbedtls/build_info.h>

#include <mbedtls/oid.h>
#include <mbedtls/pk.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>

#include "io/mbedtls_needs.h"

#if MBEDTLS_VERSION_NUMBER >= 0x04000000
#define MIDGE__MBEDTLS_4 1
#else
#define MIDGE__MBEDTLS_4 0
#endif

#if !MIDGE__MBEDTLS_4 && defined(MBEDTLS_CTR_DRBG_C)
#define MIDGE__PSA_RANDOM 0
#include <mbedtls/ctr_drbg.h>
#else
#define MIDGE__PSA_RANDOM 1
#endif

#if !MIDGE__MBEDTLS_4 && defined(MBEDTLS_SHA256_C)
#define MIDGE__PSA_HASH 0
#else
#define MIDGE__PSA_HASH 1
#endif

#if !MIDGE__MBEDTLS_4 && (defined(MBEDTLS_CHACHAPOLY_C) || defined(MBEDTLS_GCM_C))
#define MIDGE__PSA_AEAD 0
#else
#define MIDGE__PSA_AEAD 1
#endif

/* PSA is there, in this program or in a secure partition. */
#if defined(MBEDTLS_PSA_CRYPTO_C) || defined(MBEDTLS_PSA_CRYPTO_CLIENT)
#define MIDGE__HAS_PSA 1
#include <mbedtls/psa_util.h>
#include <psa/crypto.h>
#else
#define MIDGE__HAS_PSA 0
#endif

/* --- random numbers for mbedTLS --- */

/* Two arguments: the callback for random numbers and its own argument. */
#if MIDGE__PSA_RANDOM
#define MIDGE__RNG(context) mbedtls_psa_get_random, MBEDTLS_PSA_RANDOM_STATE
#else
#define MIDGE__RNG(context) mbedtls_ctr_drbg_random, &(context)->drbg.ctr
#endif

#if MIDGE__MBEDTLS_4
#define midge__ssl_conf_rng(conf, context) ((void)0)
#else
#define midge__ssl_conf_rng(conf, context) mbedtls_ssl_conf_rng(conf, MIDGE__RNG(context))
#endif

/* --- keys --- */

#if MIDGE__MBEDTLS_4 || defined(MBEDTLS_USE_PSA_CRYPTO)
#define MIDGE__PK_IN_PSA 1 /* pk works with keys of PSA, opaque ones too */
#endif

#if MIDGE__MBEDTLS_4

#define midge__pk_parse_key(pk, der, len, password, password_len, context)                         \
    ((void)(context), mbedtls_pk_parse_key(pk, der, len, password, password_len))
#define midge__pk_check_pair(public, private, context)                                             \
    ((void)(context), mbedtls_pk_check_pair(public, private))
#define midge__pk_wrap_psa mbedtls_pk_wrap_psa
/* A SubjectPublicKeyInfo and nothing behind it. */
#define midge__pk_parse_public(pk, der, len) mbedtls_pk_parse_public_key(pk, der, len)
/* Of certificates' keys: can they verify such signatures? */
#define midge__pk_is_rsa(pk)                                                                       \
    (mbedtls_pk_can_do_psa(pk, PSA_ALG_RSA_PKCS1V15_SIGN(PSA_ALG_SHA_256),                         \
                           PSA_KEY_USAGE_VERIFY_HASH) != 0)
#define midge__pk_is_ecdsa(pk)                                                                     \
    (mbedtls_pk_can_do_psa(pk, PSA_ALG_ECDSA(PSA_ALG_SHA_256), PSA_KEY_USAGE_VERIFY_HASH) != 0)

#else

#define midge__pk_parse_key(pk, der, len, password, password_len, context)                         \
    mbedtls_pk_parse_key(pk, der, len, password, password_len, MIDGE__RNG(context))
#define midge__pk_check_pair(public, private, context)                                             \
    mbedtls_pk_check_pair(public, private, MIDGE__RNG(context))
#define midge__pk_wrap_psa mbedtls_pk_setup_opaque
#define midge__pk_parse_public(pk, der, len)                                                       \
    mbedtls_pk_parse_subpubkey(&(unsigned char *){der}, (der) + (len), pk)
#define midge__pk_is_rsa(pk)   (mbedtls_pk_can_do(pk, MBEDTLS_PK_RSA) != 0)
#define midge__pk_is_ecdsa(pk) (mbedtls_pk_can_do(pk, MBEDTLS_PK_ECDSA) != 0)

#endif

/* --- curves --- */

#if defined(MBEDTLS_ECP_DP_SECP384R1_ENABLED) || defined(PSA_WANT_ECC_SECP_R1_384)
#define MIDGE__HAS_P384
#endif
#if defined(MBEDTLS_ECP_DP_SECP521R1_ENABLED) || defined(PSA_WANT_ECC_SECP_R1_521)
#define MIDGE__HAS_P521
#endif
#if defined(MBEDTLS_ECP_DP_CURVE25519_ENABLED) || defined(PSA_WANT_ECC_MONTGOMERY_255)
#define MIDGE__HAS_X25519
#endif

/* Bytes that a parsed key has beside its numbers, of midge's memory in owned builds. */
#if MIDGE__MBEDTLS_4
#define MIDGE__RSA_KEY ((size_t)0)
#define MIDGE__EC_KEY  ((size_t)0)
#else
#include <mbedtls/ecp.h>
#include <mbedtls/rsa.h>
#define MIDGE__RSA_KEY sizeof(mbedtls_rsa_context)
#define MIDGE__EC_KEY  sizeof(mbedtls_ecp_keypair)
#endif

/* --- ECC in steps --- */

#if !defined(MBEDTLS_ECP_RESTARTABLE)
#define midge__ecc_max_ops(operations) ((void)(operations))
#elif MIDGE__MBEDTLS_4
#define midge__ecc_max_ops(operations) psa_interruptible_set_max_ops(operations)
#else
#define midge__ecc_max_ops(operations) mbedtls_ecp_set_max_ops(operations)
#endif

/* --- codes --- */

#if MIDGE__MBEDTLS_4

/* All modules have PSA's code for missing memory. A code is never a sum: the lower module's is
   reported alone. */
#define MIDGE__ALLOC_CODES         MBEDTLS_ERR_SSL_ALLOC_FAILED
#define MIDGE__ERR_UNKNOWN_PSS     MBEDTLS_ERR_X509_UNKNOWN_OID
#define MIDGE__ERR_UNKNOWN_SIG_ALG MBEDTLS_ERR_X509_UNKNOWN_OID
#define MIDGE__ERR_UNKNOWN_CURVE   (-0x4E80)                       /* of 3.6; no code of 4.x */
#define MIDGE__ERR_CRITICAL        MBEDTLS_ERR_ASN1_UNEXPECTED_TAG /* also of malformed DER */
#define MIDGE__TEXT_CRITICAL       "malformed certificate, or one with a critical extension"

#else

#include <mbedtls/asn1.h>
#include <mbedtls/bignum.h>
#include <mbedtls/cipher.h>
#include <mbedtls/md.h>

#define MIDGE__ALLOC_CODES                                                                         \
    MBEDTLS_ERR_SSL_ALLOC_FAILED, MBEDTLS_ERR_X509_ALLOC_FAILED, MBEDTLS_ERR_PK_ALLOC_FAILED,      \
        MBEDTLS_ERR_MD_ALLOC_FAILED, MBEDTLS_ERR_ECP_ALLOC_FAILED,                                 \
        MBEDTLS_ERR_CIPHER_ALLOC_FAILED, MBEDTLS_ERR_MPI_ALLOC_FAILED,                             \
        MBEDTLS_ERR_ASN1_ALLOC_FAILED
#define MIDGE__ERR_UNKNOWN_PSS     (MBEDTLS_ERR_X509_INVALID_ALG + MBEDTLS_ERR_OID_NOT_FOUND)
#define MIDGE__ERR_UNKNOWN_SIG_ALG MBEDTLS_ERR_X509_UNKNOWN_SIG_ALG
#define MIDGE__ERR_UNKNOWN_CURVE   MBEDTLS_ERR_ECP_FEATURE_UNAVAILABLE
#define MIDGE__ERR_CRITICAL        (MBEDTLS_ERR_X509_INVALID_EXTENSIONS + MBEDTLS_ERR_ASN1_UNEXPECTED_TAG)
#define MIDGE__TEXT_CRITICAL       "critical extension in certificate, maybe name constraints,"

#endif

#endif
