/* SPDX-License-Identifier: MIT */
/*
 * SHA-256 by mbedTLS. Neither the software implementation nor the accelerated ones of 3.6 allocate,
 * so no memory of a client is needed. PSA's hash may be a driver's or a secure partition's.
 */
#include <midge/hash.h>

#include <string.h>

#include "io/mbedtls_compat.h"

#if !MIDGE__PSA_HASH
#include <mbedtls/sha256.h>
#define STATE mbedtls_sha256_context
#else
#define STATE psa_hash_operation_t
#endif

_Static_assert(sizeof(STATE) <= sizeof(struct midge_sha256),
               "struct midge_sha256 is too small for this mbedTLS: raise MIDGE_SHA256_WORDS");
_Static_assert(_Alignof(struct midge_sha256) >= _Alignof(STATE),
               "struct midge_sha256 is aligned too loosely for this mbedTLS");

#if !MIDGE__PSA_HASH

static mbedtls_sha256_context *state_of(struct midge_sha256 *hash)
{
    return (mbedtls_sha256_context *)(void *)hash->opaque;
}

void midge_sha256_init(struct midge_sha256 *hash)
{
    mbedtls_sha256_init(state_of(hash));
    /* Fails only for a bad second argument, or when hash hardware does not respond any more. */
    (void)mbedtls_sha256_starts(state_of(hash), 0);
}

void midge_sha256_update(struct midge_sha256 *hash, const void *data, size_t len)
{
    if (len > 0) {
        (void)mbedtls_sha256_update(state_of(hash), data, len);
    }
}

void midge_sha256_final(struct midge_sha256 *hash, uint8_t digest[32])
{
    /* When the digest could not be computed, the result must not look like one. */
    if (mbedtls_sha256_finish(state_of(hash), digest) != 0) {
        memset(digest, 0, 32);
    }
    mbedtls_sha256_free(state_of(hash));
}

#else

static psa_hash_operation_t *state_of(struct midge_sha256 *hash)
{
    return (psa_hash_operation_t *)(void *)hash->opaque;
}

/* A hash may be computed before a client is opened. What fails here fails in finish, too. */
void midge_sha256_init(struct midge_sha256 *hash)
{
    (void)psa_crypto_init();
    *state_of(hash) = psa_hash_operation_init();
    (void)psa_hash_setup(state_of(hash), PSA_ALG_SHA_256);
}

void midge_sha256_update(struct midge_sha256 *hash, const void *data, size_t len)
{
    if (len > 0) {
        (void)psa_hash_update(state_of(hash), data, len);
    }
}

void midge_sha256_final(struct midge_sha256 *hash, uint8_t digest[32])
{
    size_t len;
    if (psa_hash_finish(state_of(hash), digest, 32, &len) != PSA_SUCCESS) {
        memset(digest, 0, 32);
    }
    (void)psa_hash_abort(state_of(hash));
}

#endif
