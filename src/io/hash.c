/* SPDX-License-Identifier: MIT */
/*
 * SHA-256 by mbedTLS. Neither the software implementation nor the accelerated ones of 3.6 allocate,
 * so no memory of a client is needed.
 */
#include <midge/hash.h>

#include <string.h>

#include <mbedtls/platform_util.h>
#include <mbedtls/sha256.h>

_Static_assert(sizeof(mbedtls_sha256_context) <= sizeof(struct midge_sha256),
               "struct midge_sha256 is too small for this mbedTLS: raise opaque[]");
_Static_assert(_Alignof(struct midge_sha256) >= _Alignof(mbedtls_sha256_context),
               "struct midge_sha256 is aligned too loosely for this mbedTLS");

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
