/* SPDX-License-Identifier: MIT */
/*
 * The headers of mbedTLS 3.6 turned into those of 4.x as far as midge's sources see them: other
 * signatures, one code for missing memory, and no name that 4.x does not have. The compiler reads
 * this file before each source. Headers that are gone say so behind it (tls.cmake).
 */
#define FOUR_READS
#include <mbedtls/bignum.h>
#include <mbedtls/cipher.h>
#include <mbedtls/ctr_drbg.h>
#include <mbedtls/ecp.h>
#include <mbedtls/md.h>
#include <mbedtls/oid.h>
#include <mbedtls/pk.h>
#include <mbedtls/platform.h>
#include <mbedtls/platform_time.h>
#include <mbedtls/psa_util.h>
#include <mbedtls/rsa.h>
#include <mbedtls/sha256.h>
#include <mbedtls/ssl.h>
#include <mbedtls/version.h>
#include <mbedtls/x509_crt.h>
#include <psa/crypto.h>
#undef FOUR_READS

#undef MBEDTLS_VERSION_NUMBER
#define MBEDTLS_VERSION_NUMBER 0x04000000

/* --- options: 4.x has PSA's only --- */

#undef MBEDTLS_CTR_DRBG_C
#undef MBEDTLS_SHA256_C
#undef MBEDTLS_CHACHAPOLY_C
#undef MBEDTLS_GCM_C
#undef MBEDTLS_RSA_C
#undef MBEDTLS_USE_PSA_CRYPTO
#undef MBEDTLS_ECP_DP_SECP256R1_ENABLED
#undef MBEDTLS_ECP_DP_SECP384R1_ENABLED
#undef MBEDTLS_ECP_DP_SECP521R1_ENABLED
#undef MBEDTLS_ECP_DP_CURVE25519_ENABLED

/* --- codes --- */

#undef MBEDTLS_ERR_SSL_ALLOC_FAILED
#undef MBEDTLS_ERR_X509_ALLOC_FAILED
#undef MBEDTLS_ERR_PK_ALLOC_FAILED
#undef MBEDTLS_ERR_MD_ALLOC_FAILED
#undef MBEDTLS_ERR_ASN1_ALLOC_FAILED
#define MBEDTLS_ERR_SSL_ALLOC_FAILED  PSA_ERROR_INSUFFICIENT_MEMORY
#define MBEDTLS_ERR_X509_ALLOC_FAILED PSA_ERROR_INSUFFICIENT_MEMORY
#define MBEDTLS_ERR_PK_ALLOC_FAILED   PSA_ERROR_INSUFFICIENT_MEMORY
#define MBEDTLS_ERR_MD_ALLOC_FAILED   PSA_ERROR_INSUFFICIENT_MEMORY
#define MBEDTLS_ERR_ASN1_ALLOC_FAILED PSA_ERROR_INSUFFICIENT_MEMORY

/* --- keys --- */

#define mbedtls_pk_parse_key  four_pk_parse_key
#define mbedtls_pk_check_pair four_pk_check_pair

int mbedtls_pk_parse_key(mbedtls_pk_context *pk, const unsigned char *der, size_t len,
                         const unsigned char *password, size_t password_len);
int mbedtls_pk_check_pair(const mbedtls_pk_context *public, const mbedtls_pk_context *private);
int mbedtls_pk_wrap_psa(mbedtls_pk_context *pk, const mbedtls_svc_key_id_t id);
int mbedtls_pk_can_do_psa(const mbedtls_pk_context *pk, psa_algorithm_t alg, psa_key_usage_t usage);

/* --- what is gone, or private --- */

#pragma GCC poison mbedtls_ssl_conf_rng
#pragma GCC poison mbedtls_pk_type_t mbedtls_pk_get_type mbedtls_pk_can_do mbedtls_pk_rsa
#pragma GCC poison mbedtls_pk_ec mbedtls_pk_setup_opaque mbedtls_pk_parse_subpubkey MBEDTLS_PK_RSA
#pragma GCC poison MBEDTLS_PK_ECDSA MBEDTLS_PK_NONE MBEDTLS_PK_RSASSA_PSS
#pragma GCC poison mbedtls_ctr_drbg_context mbedtls_ctr_drbg_random mbedtls_sha256_context
#pragma GCC poison mbedtls_rsa_context mbedtls_ecp_keypair mbedtls_ecp_set_max_ops mbedtls_mpi

#undef MBEDTLS_ERR_OID_NOT_FOUND
#undef MBEDTLS_ERR_ECP_FEATURE_UNAVAILABLE
#undef MBEDTLS_ERR_ECP_ALLOC_FAILED
#undef MBEDTLS_ERR_CIPHER_ALLOC_FAILED
#undef MBEDTLS_ERR_MPI_ALLOC_FAILED
